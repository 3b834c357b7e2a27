//! The `io_uring` reactor: one system call submits all queued operations and waits for completions.

mod buffers;
mod probe;
mod ring;
mod slot;
mod token;

use std::collections::VecDeque;
use std::io;
use std::net::IpAddr;
use std::os::fd::AsFd;

use rustix::io::Errno;

pub use self::probe::probe;

use self::buffers::Filled;
use self::ring::{Completion, Ring};
use self::slot::{Slot, Stage};
use self::token::{Kind, Token};
use super::{Event, Reactor};
use crate::address::Address;
use crate::socket::unconnected;
use crate::upload::Piece;

/// This many slots with operations to start are not delayed until the next wait.
const START_AT_ONCE: usize = 32;
const LARGE_BUFFER_BYTES: usize = 16 * 1024;
const SMALL_BUFFER_BYTES: usize = 4 * 1024;
const FEWEST_BUFFERS: usize = 64;
const MOST_LARGE_BUFFERS: usize = 1024;
const MOST_BUFFERS: usize = 4096;

/// One ring and its sockets.
pub struct Uring {
    ring: Ring,
    slots: Vec<Slot>,
    /// Slots with operations to start.
    listed: Vec<usize>,
    /// Slots whose bytes are being submitted.
    attempted: Vec<usize>,
    /// Slots that stopped receiving for lack of buffers, and their generations.
    starved: VecDeque<(usize, u32)>,
    connect_error: Option<i32>,
    completions: Vec<Completion>,
    /// Completions of connects and receives, the next one first.
    batch: VecDeque<Completion>,
    /// The bytes of the last event.
    received: Option<Filled>,
}

impl Uring {
    pub fn new(slots: usize) -> io::Result<Self> {
        if slots > Token::CAPACITY {
            return Err(io::Error::other("too many sockets for one io_uring"));
        }
        let buffers = (2 * slots).next_power_of_two().clamp(FEWEST_BUFFERS, MOST_BUFFERS);
        let buffer_bytes =
            if buffers > MOST_LARGE_BUFFERS { SMALL_BUFFER_BYTES } else { LARGE_BUFFER_BYTES };
        let completions = u32::try_from(2 * buffers).unwrap_or(u32::MAX);
        let buffers = u16::try_from(buffers).unwrap_or(u16::MAX);
        Ok(Self {
            ring: Ring::new(completions, buffers, buffer_bytes)?,
            slots: (0..slots).map(|_| Slot::default()).collect(),
            listed: vec![],
            attempted: vec![],
            starved: VecDeque::new(),
            completions: vec![],
            batch: VecDeque::new(),
            received: None,
            connect_error: None,
        })
    }

    fn list(&mut self, index: usize) {
        let slot = &mut self.slots[index];
        if !slot.listed {
            slot.listed = true;
            self.listed.push(index);
        }
    }

    /// Lists a slot, and does not wait where many are.
    fn start_soon(&mut self, index: usize) {
        self.list(index);
        if self.listed.len() >= START_AT_ONCE {
            // If the ring fails now, the next wait reports it.
            let _ = self.turn(None);
        }
    }

    /// Starts the operations of listed slots and takes completions. Waits for `wait_ns` at most, or
    /// not at all.
    fn turn(&mut self, wait_ns: Option<u64>) -> io::Result<()> {
        for index in std::mem::take(&mut self.listed) {
            // SAFETY: no slot changes before `submit` or `wait` below has returned.
            unsafe { self.start(index) };
        }
        match wait_ns {
            Some(span_ns) => self.ring.wait(span_ns)?,
            None => self.ring.submit()?,
        }
        let mut completions = std::mem::take(&mut self.completions);
        self.ring.complete(&mut completions)?;
        for completion in completions.drain(..) {
            self.take(completion);
        }
        self.completions = completions;
        // Unsent bytes have been moved to another operation.
        for index in self.attempted.drain(..) {
            self.slots[index].unsent.clear();
        }
        Ok(())
    }

    /// Queues the next operations of a slot.
    ///
    /// # Safety
    /// The slot must not change before the ring has been submitted.
    unsafe fn start(&mut self, index: usize) {
        let slot = &mut self.slots[index];
        slot.listed = false;
        let Some(socket) = &slot.socket else { return };
        let token = |kind| Token { kind, index, generation: slot.generation };
        match (slot.stage, &slot.peer) {
            (Stage::Fresh, Some(peer)) => {
                slot.stage = Stage::Connecting;
                self.ring.connect(socket.as_fd(), peer, token(Kind::Connect));
                return;
            }
            (Stage::Connecting, _) => return,
            (Stage::Idle, _) => {
                slot.stage = Stage::Receiving;
                self.ring.receive(socket.as_fd(), token(Kind::Receive));
            }
            _ => {}
        }
        if slot.sending.is_some() {
            return;
        }
        if let Some(piece) = slot.piece.take() {
            let bytes = std::mem::take(&mut slot.unsent);
            let generation = slot.generation;
            slot.sending =
                Some(self.ring.send(socket.as_fd(), bytes, Some(piece), index, generation));
        } else if !slot.unsent.is_empty() {
            self.attempted.push(index);
            self.ring.attempt(socket.as_fd(), &slot.unsent, token(Kind::Attempt));
        }
    }

    fn take(&mut self, completion: Completion) {
        match completion.token.kind {
            Kind::Connect => self.connect_ended(completion),
            Kind::Receive => self.received_some(completion),
            Kind::Attempt => self.attempt_failed(&completion),
            Kind::Rest => self.rest_ended(&completion),
            Kind::Ignored => {}
        }
    }

    fn is_stale(&self, token: Token) -> bool {
        self.slots[token.index].generation != token.generation
    }

    fn connect_ended(&mut self, completion: Completion) {
        let Token { index, .. } = completion.token;
        if self.is_stale(completion.token) {
            return;
        }
        let slot = &mut self.slots[index];
        slot.peer = None;
        slot.stage = if completion.result.is_ok() { Stage::Idle } else { Stage::Ended };
        self.list(index);
        self.batch.push_back(completion);
    }

    fn received_some(&mut self, completion: Completion) {
        let Token { index, .. } = completion.token;
        if self.is_stale(completion.token) {
            self.drop_bytes(completion);
            return;
        }
        let slot = &mut self.slots[index];
        let is_open = match completion.result {
            Ok(bytes) => bytes > 0,
            Err(Errno::NOBUFS | Errno::INTR | Errno::AGAIN) => true,
            Err(_) => false,
        };
        slot.stage = match (is_open, completion.more) {
            (true, true) => Stage::Receiving,
            (true, false) => Stage::Idle,
            (false, _) => Stage::Ended,
        };
        if slot.stage == Stage::Idle {
            if completion.result == Err(Errno::NOBUFS) {
                self.starved.push_back((index, completion.token.generation));
            } else {
                self.list(index);
            }
        }
        if completion.result.is_ok() || !is_open {
            self.batch.push_back(completion);
        }
    }

    /// The socket has not accepted all bytes: the kernel sends the rest as soon as it can.
    fn attempt_failed(&mut self, completion: &Completion) {
        let Token { index, generation, .. } = completion.token;
        let slot = &mut self.slots[index];
        let Some(socket) = slot.socket.as_ref().filter(|_| slot.generation == generation) else {
            return;
        };
        let sent = match completion.result {
            Ok(sent) => sent,
            Err(Errno::AGAIN | Errno::INTR) => 0,
            Err(error) => {
                slot.broken |= error == Errno::CONNRESET;
                return;
            }
        };
        let mut rest = std::mem::take(&mut slot.unsent);
        rest.drain(..sent.min(rest.len()));
        slot.sending = Some(self.ring.send(socket.as_fd(), rest, None, index, slot.generation));
    }

    fn rest_ended(&mut self, completion: &Completion) {
        let token = completion.token;
        let owner = self.ring.sender(token).filter(|&slot| self.slots[slot].sending == Some(token));
        let socket = owner.and_then(|owner| self.slots[owner].socket.as_ref());
        let sent = self.ring.send_ended(socket.map(AsFd::as_fd), completion);
        if let (Some(owner), Some(mut sent)) = (owner, sent) {
            let slot = &mut self.slots[owner];
            slot.sending = None;
            slot.broken |= completion.result == Err(Errno::CONNRESET);
            if slot.unsent.is_empty() {
                sent.bytes.clear();
                slot.unsent = sent.bytes;
            }
            if sent.is_drained {
                let token = Token { index: owner, ..token };
                let result = Ok(0);
                self.batch.push_back(Completion { token, result, filled: None, more: false });
            }
            self.list(owner);
        }
    }

    /// Lets as many starved slots receive again as there are buffers.
    fn feed_starved(&mut self) {
        let fed = self.starved.len().min(self.ring.vacant_buffers());
        for (index, generation) in self.starved.drain(..fed).collect::<Vec<_>>() {
            if self.slots[index].generation == generation {
                self.list(index);
            }
        }
    }

    fn drop_bytes(&mut self, completion: Completion) {
        if let Some(filled) = completion.filled {
            self.ring.give_back(filled);
        }
    }

    fn event(&mut self, completion: Completion) -> Event {
        let index = completion.token.index;
        let slot = &self.slots[index];
        match (completion.token.kind, completion.result) {
            (Kind::Rest, _) => Event::Drained { slot: index },
            (Kind::Connect, Ok(_)) => Event::Connected { slot: index },
            (Kind::Connect, Err(error)) => {
                self.connect_error = Some(error.raw_os_error());
                Event::ConnectFailed { slot: index }
            }
            (_, Ok(0)) if !slot.broken => Event::Closed { slot: index },
            (_, Ok(1..)) => {
                self.received = completion.filled;
                Event::Received { slot: index, closing: slot.stage == Stage::Ended }
            }
            _ => Event::Reset { slot: index },
        }
    }
}

impl Reactor for Uring {
    fn connect(
        &mut self,
        slot: usize,
        address: &Address,
        source: Option<IpAddr>,
    ) -> io::Result<()> {
        let (socket, peer) = unconnected(address, source)?;
        let entry = &mut self.slots[slot];
        entry.socket = Some(socket);
        entry.stage = Stage::Fresh;
        entry.peer = Some(Box::new(peer));
        self.list(slot);
        Ok(())
    }

    fn send(&mut self, slot: usize, bytes: &[u8]) {
        let entry = &mut self.slots[slot];
        if entry.socket.is_none() {
            return;
        }
        entry.unsent.extend_from_slice(bytes);
        self.start_soon(slot);
    }

    fn send_piece(&mut self, slot: usize, bytes: &[u8], piece: Piece) {
        let entry = &mut self.slots[slot];
        if entry.socket.is_none() {
            return;
        }
        debug_assert!(entry.piece.is_none(), "one piece after the other");
        entry.unsent.extend_from_slice(bytes);
        entry.piece = Some(piece);
        self.start_soon(slot);
    }

    fn flush(&mut self) -> io::Result<()> {
        self.turn(None)
    }

    fn close(&mut self, slot: usize) {
        let index = slot;
        let slot = &mut self.slots[index];
        let Some(socket) = slot.socket.take() else { return };
        let generation = slot.generation;
        let token = |kind| Token { kind, index, generation };
        match slot.stage {
            Stage::Connecting => self.ring.cancel(token(Kind::Connect)),
            Stage::Receiving => self.ring.cancel(token(Kind::Receive)),
            _ => {}
        }
        if let Some(token) = slot.sending {
            self.ring.cancel(token);
        }
        self.ring.close(socket.into());
        let mut unsent = std::mem::take(&mut slot.unsent);
        unsent.clear();
        let listed = slot.listed;
        let generation = generation.wrapping_add(1);
        *slot = Slot { generation, unsent, listed, ..Slot::default() };
    }

    fn wait(&mut self, span_ns: u64) -> io::Result<()> {
        self.feed_starved();
        self.turn(Some(if self.batch.is_empty() { span_ns } else { 0 }))
    }

    fn next(&mut self) -> Option<Event> {
        if let Some(filled) = self.received.take() {
            self.ring.give_back(filled);
        }
        while let Some(completion) = self.batch.pop_front() {
            if self.is_stale(completion.token) {
                self.drop_bytes(completion);
            } else {
                return Some(self.event(completion));
            }
        }
        None
    }

    fn received(&self) -> &[u8] {
        self.received.as_ref().map_or(&[], |filled| self.ring.bytes(filled))
    }

    fn connect_error(&self) -> Option<i32> {
        self.connect_error
    }
}
