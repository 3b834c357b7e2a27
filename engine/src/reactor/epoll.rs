//! The epoll reactor. It is edge-triggered: a socket is registered once, not for each request.

use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::mem::MaybeUninit;
use std::net::IpAddr;
use std::os::fd::OwnedFd;

use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use socket2::Socket;

use super::{Event, Reactor};
use crate::address::Address;
use crate::clock::timespec;
use crate::socket::begin_connect;
use crate::upload::Piece;

const EVENTS_AT_ONCE: usize = 256;
const READ_BYTES: usize = 64 * 1024;

#[derive(Default)]
struct Slot {
    socket: Option<Socket>,
    connecting: bool,
    /// Bytes that the socket has not accepted yet.
    unsent: Vec<u8>,
    /// What follows them. None once it is accepted.
    piece: Option<Piece>,
    /// A piece was accepted, which is still to be told.
    is_drained: bool,
    /// Changes with every socket in the slot.
    generation: u32,
}

/// A socket that is ready, until its events are taken.
#[derive(Clone, Copy)]
struct Ready {
    slot: usize,
    generation: u32,
    flags: EventFlags,
}

/// One epoll instance and its sockets.
pub struct Epoll {
    instance: OwnedFd,
    slots: Vec<Slot>,
    /// The next one last.
    ready: Vec<Ready>,
    /// Slots whose piece was accepted since the last wait.
    drained: Vec<usize>,
    /// Those of before: others have their turn between two pieces of one socket.
    to_tell: Vec<usize>,
    buffer: Box<[u8]>,
    received: usize,
    connect_error: Option<i32>,
}

impl Epoll {
    pub fn new(slots: usize) -> io::Result<Self> {
        Ok(Self {
            instance: epoll::create(CreateFlags::CLOEXEC)?,
            slots: (0..slots).map(|_| Slot::default()).collect(),
            ready: Vec::with_capacity(EVENTS_AT_ONCE),
            drained: vec![],
            to_tell: vec![],
            buffer: vec![0; READ_BYTES].into(),
            received: 0,
            connect_error: None,
        })
    }

    fn connect_ended(&mut self, index: usize) -> Option<Event> {
        let slot = &mut self.slots[index];
        let outcome = slot.socket.as_ref()?.take_error();
        slot.connecting = false;
        if matches!(outcome, Ok(None)) {
            return Some(Event::Connected { slot: index });
        }
        self.connect_error = match outcome {
            Ok(error) => error.and_then(|error| error.raw_os_error()),
            Err(error) => error.raw_os_error(),
        };
        Some(Event::ConnectFailed { slot: index })
    }

    fn flush(&mut self, index: usize) {
        let slot = &mut self.slots[index];
        let Some(socket) = &slot.socket else { return };
        if let Some(piece) = &mut slot.piece {
            match write_both(socket, &mut slot.unsent, piece) {
                Progress::Partial => return,
                Progress::Accepted => {
                    slot.is_drained = true;
                    self.drained.push(index);
                }
                Progress::Broken => {}
            }
            slot.piece = None;
        } else if !slot.unsent.is_empty() {
            let written = write(socket, &slot.unsent);
            slot.unsent.drain(..written);
        }
    }

    /// Tells that a piece was accepted, once.
    fn tell_drained(&mut self, index: usize) -> Option<Event> {
        let was_drained = std::mem::take(&mut self.slots[index].is_drained);
        was_drained.then_some(Event::Drained { slot: index })
    }

    /// Reads once. The socket stays ready as long as there may be more bytes.
    fn read(&mut self, ready: Ready) -> Option<Event> {
        let closing = ready.flags.intersects(EventFlags::RDHUP | EventFlags::HUP | EventFlags::ERR);
        let slot = ready.slot;
        let mut socket = self.slots[slot].socket.as_ref()?;
        loop {
            match socket.read(&mut self.buffer) {
                Ok(0) => return Some(Event::Closed { slot }),
                Ok(bytes) => {
                    self.received = bytes;
                    // After a short read the socket is empty, and more bytes cause a new event. A
                    // close does not: it has to be read now.
                    if bytes == self.buffer.len() || closing {
                        self.ready.push(ready);
                    }
                    return Some(Event::Received { slot, closing });
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return None,
                Err(_) => return Some(Event::Reset { slot }),
            }
        }
    }
}

impl Reactor for Epoll {
    fn connect(
        &mut self,
        slot: usize,
        address: &Address,
        source: Option<IpAddr>,
    ) -> io::Result<()> {
        let socket = begin_connect(address, source)?;
        let entry = &mut self.slots[slot];
        entry.generation = entry.generation.wrapping_add(1);
        let token = (u64::from(entry.generation) << 32) | slot as u64;
        let interest = EventFlags::IN | EventFlags::OUT | EventFlags::RDHUP | EventFlags::ET;
        epoll::add(&self.instance, &socket, EventData::new_u64(token), interest)?;
        entry.socket = Some(socket);
        entry.connecting = true;
        Ok(())
    }

    fn send(&mut self, slot: usize, bytes: &[u8]) {
        let slot = &mut self.slots[slot];
        let Some(socket) = &slot.socket else { return };
        let written = if slot.unsent.is_empty() { write(socket, bytes) } else { 0 };
        slot.unsent.extend_from_slice(&bytes[written..]);
    }

    fn send_piece(&mut self, slot: usize, bytes: &[u8], piece: Piece) {
        let entry = &mut self.slots[slot];
        if entry.socket.is_some() {
            debug_assert!(entry.piece.is_none(), "one piece after the other");
            entry.unsent.extend_from_slice(bytes);
            entry.piece = Some(piece);
            self.flush(slot);
        }
    }

    fn close(&mut self, slot: usize) {
        let slot = &mut self.slots[slot];
        slot.socket = None;
        slot.connecting = false;
        slot.unsent.clear();
        slot.piece = None;
        slot.is_drained = false;
    }

    fn wait(&mut self, span_ns: u64) -> io::Result<()> {
        let span_ns = if self.drained.is_empty() { span_ns } else { 0 };
        let mut events = [const { MaybeUninit::uninit() }; EVENTS_AT_ONCE];
        match epoll::wait(&self.instance, &mut events[..], Some(&timespec(span_ns))) {
            Ok((events, _)) => self.ready.extend(events.iter().rev().map(|&event| ready(event))),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        self.to_tell.append(&mut self.drained);
        Ok(())
    }

    fn next(&mut self) -> Option<Event> {
        while let Some(index) = self.to_tell.pop() {
            if let Some(event) = self.tell_drained(index) {
                return Some(event);
            }
        }
        while let Some(ready) = self.ready.pop() {
            let slot = &self.slots[ready.slot];
            if slot.generation != ready.generation || slot.socket.is_none() {
                continue;
            }
            let broken = EventFlags::HUP | EventFlags::ERR;
            let event = if slot.connecting {
                if !ready.flags.intersects(EventFlags::OUT | broken) {
                    continue;
                }
                let event = self.connect_ended(ready.slot);
                // The same edge may also stand for received bytes, and it is not repeated.
                if matches!(event, Some(Event::Connected { .. })) {
                    self.ready.push(ready);
                }
                event
            } else {
                self.flush(ready.slot);
                if !ready.flags.intersects(EventFlags::IN | EventFlags::RDHUP | broken) {
                    continue;
                }
                if let Some(event) = self.tell_drained(ready.slot) {
                    // Before what the peer answers to it.
                    self.ready.push(ready);
                    return Some(event);
                }
                self.read(ready)
            };
            if event.is_some() {
                return event;
            }
        }
        None
    }

    fn received(&self) -> &[u8] {
        &self.buffer[..self.received]
    }

    fn connect_error(&self) -> Option<i32> {
        self.connect_error
    }
}

/// Writes as much as the socket accepts. Errors are left to the next read.
fn write(mut socket: &Socket, bytes: &[u8]) -> usize {
    let mut written = 0;
    while written < bytes.len() {
        match socket.write(&bytes[written..]) {
            Ok(accepted) => written += accepted,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(_) => return bytes.len(),
        }
    }
    written
}

enum Progress {
    Partial,
    Accepted,
    Broken,
}

/// Writes bytes and then those of a piece, as much as the socket accepts. Errors are left to the
/// next read.
fn write_both(mut socket: &Socket, bytes: &mut Vec<u8>, piece: &mut Piece) -> Progress {
    while !bytes.is_empty() || !piece.is_empty() {
        let written = if bytes.is_empty() {
            socket.write(piece.rest())
        } else {
            socket.write_vectored(&[IoSlice::new(bytes), IoSlice::new(piece.rest())])
        };
        match written {
            Ok(accepted) => {
                let of_bytes = accepted.min(bytes.len());
                bytes.drain(..of_bytes);
                piece.advance(accepted - of_bytes);
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Progress::Partial,
            Err(_) => {
                bytes.clear();
                return Progress::Broken;
            }
        }
    }
    Progress::Accepted
}

fn ready(event: epoll::Event) -> Ready {
    // Copied because the kernel's structure is packed.
    let (flags, data) = (event.flags, event.data);
    let token = data.u64();
    Ready {
        slot: usize::try_from(token & 0xffff_ffff).unwrap_or(usize::MAX),
        generation: u32::try_from(token >> 32).unwrap_or(0),
        flags,
    }
}
