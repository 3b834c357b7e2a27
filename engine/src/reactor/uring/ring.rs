//! The submission and completion queues, and the memory that operations of the kernel use.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, IntoRawFd, OwnedFd};
use std::time::Duration;

use io_uring::squeue::{Entry, Flags};
use io_uring::types::{CancelBuilder, Fd, SubmitArgs, Timespec};
use io_uring::{cqueue, opcode, EnterFlags, IoUring};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags};
use socket2::SockAddr;

use super::buffers::{Buffers, Filled, GROUP};
use super::token::{Kind, Token};
use crate::upload::Piece;

const SUBMISSIONS: u32 = 256;

/// The result of an operation.
#[derive(Debug)]
pub struct Completion {
    pub token: Token,
    pub result: Result<usize, Errno>,
    /// The received bytes, if there are any.
    pub filled: Option<Filled>,
    /// More completions of the same operation follow.
    pub more: bool,
}

/// Bytes that the kernel is sending, and the piece that follows them.
struct Sending {
    slot: usize,
    bytes: Vec<u8>,
    /// So many of the bytes are sent.
    sent: usize,
    piece: Option<Piece>,
}

impl Sending {
    fn rest(&self) -> &[u8] {
        match &self.piece {
            Some(piece) if self.sent == self.bytes.len() => piece.rest(),
            _ => &self.bytes[self.sent..],
        }
    }

    /// Does a piece follow the rest of the bytes?
    fn has_more(&self) -> bool {
        self.sent < self.bytes.len() && self.piece.as_ref().is_some_and(|piece| !piece.is_empty())
    }

    fn advance(&mut self, bytes: usize) {
        let of_bytes = bytes.min(self.bytes.len() - self.sent);
        self.sent += of_bytes;
        if let Some(piece) = &mut self.piece {
            piece.advance(bytes - of_bytes);
        }
    }
}

/// A send that has ended.
pub struct Sent {
    /// The vector of its bytes, to be used again.
    pub bytes: Vec<u8>,
    /// It had a piece, all of which is accepted.
    pub is_drained: bool,
}

/// The ring, its receive buffers, and the bytes that are being sent.
///
/// It may be created in one thread and used in another one: it belongs to the first that submits.
pub struct Ring {
    uring: IoUring,
    /// None only while the ring is dropped.
    buffers: Option<Buffers>,
    sending: Vec<Option<Sending>>,
    vacant: Vec<usize>,
    /// Operations for which the kernel may still access memory.
    in_flight: usize,
    enabled: bool,
    /// The ring has failed. Queued operations are not submitted, because their memory may be gone.
    broken: bool,
}

impl Ring {
    pub fn new(completions: u32, buffers: u16, buffer_bytes: usize) -> io::Result<Self> {
        let uring = IoUring::builder()
            .setup_single_issuer()
            .setup_defer_taskrun()
            .setup_taskrun_flag()
            .setup_submit_all()
            .setup_r_disabled()
            .setup_cqsize(completions.max(2 * SUBMISSIONS))
            .build(SUBMISSIONS)?;
        let mut buffers = Buffers::new(buffers, buffer_bytes);
        buffers.register(&uring.submitter())?;
        Ok(Self {
            uring,
            buffers: Some(buffers),
            sending: vec![],
            vacant: vec![],
            in_flight: 0,
            enabled: false,
            broken: false,
        })
    }

    pub fn uring(&self) -> &IoUring {
        &self.uring
    }

    /// Starts to receive, repeatedly.
    pub fn receive(&mut self, socket: BorrowedFd, token: Token) {
        self.in_flight += 1;
        let receive = opcode::RecvMulti::new(Fd(socket.as_raw_fd()), GROUP).build();
        // SAFETY: the buffers live as long as the operation is in flight.
        unsafe { self.push(&receive.user_data(token.pack())) };
    }

    /// Starts a connect.
    ///
    /// # Safety
    /// The address has to live until the next [`Ring::submit`] or [`Ring::wait`] has returned.
    pub unsafe fn connect(&mut self, socket: BorrowedFd, address: &SockAddr, token: Token) {
        let start = address.as_ptr().cast();
        let connect = opcode::Connect::new(Fd(socket.as_raw_fd()), start, address.len()).build();
        self.push(&connect.user_data(token.pack()));
    }

    /// Sends what the socket accepts at once. Completes only if these are not all bytes.
    ///
    /// # Safety
    /// The bytes have to live until the next [`Ring::submit`] or [`Ring::wait`] has returned.
    pub unsafe fn attempt(&mut self, socket: BorrowedFd, bytes: &[u8], token: Token) {
        // WAITALL makes the whole length the only success. DONTWAIT makes the operation end when it
        // is submitted.
        let flags = SendFlags::DONTWAIT.bits() | RecvFlags::WAITALL.bits();
        let send = send(socket, bytes, flags).flags(Flags::SKIP_SUCCESS);
        self.push(&send.user_data(token.pack()));
    }

    /// Sends all of the bytes, and the piece behind them. Returns the token of the completion.
    pub fn send(
        &mut self,
        socket: BorrowedFd,
        bytes: Vec<u8>,
        piece: Option<Piece>,
        slot: usize,
        generation: u32,
    ) -> Token {
        let index = self.vacant.pop().unwrap_or(self.sending.len());
        if index == self.sending.len() {
            self.sending.push(None);
        }
        self.sending[index] = Some(Sending { slot, bytes, sent: 0, piece });
        let token = Token { kind: Kind::Rest, index, generation };
        self.push_sending(socket, token);
        token
    }

    /// The slot whose bytes are being sent.
    pub fn sender(&self, token: Token) -> Option<usize> {
        self.sending.get(token.index)?.as_ref().map(|sending| sending.slot)
    }

    /// Handles the completion of a send, which continues if only a part was sent. None if it does.
    pub fn send_ended(
        &mut self,
        socket: Option<BorrowedFd>,
        completion: &Completion,
    ) -> Option<Sent> {
        let token = completion.token;
        let sending = self.sending.get_mut(token.index)?.as_mut()?;
        sending.advance(completion.result.unwrap_or(0));
        let failed = !matches!(completion.result, Ok(1..) | Err(Errno::INTR | Errno::AGAIN));
        let is_done = sending.rest().is_empty();
        if let (Some(socket), false) = (socket, failed || is_done) {
            self.push_sending(socket, token);
            return None;
        }
        self.vacant.push(token.index);
        let ended = self.sending[token.index].take()?;
        Some(Sent { bytes: ended.bytes, is_drained: is_done && ended.piece.is_some() })
    }

    /// Cancels an operation, which then completes with an error.
    pub fn cancel(&mut self, token: Token) {
        let cancel = opcode::AsyncCancel::new(token.pack()).build().flags(Flags::SKIP_SUCCESS);
        // SAFETY: the operation accesses no memory.
        unsafe { self.push(&cancel.user_data(Token::IGNORED.pack())) };
    }

    /// Closes a socket, after the operations that were queued before.
    pub fn close(&mut self, socket: OwnedFd) {
        if self.broken {
            return;
        }
        let close = opcode::Close::new(Fd(socket.into_raw_fd())).build();
        let close = close.flags(Flags::SKIP_SUCCESS).user_data(Token::IGNORED.pack());
        // SAFETY: the operation accesses no memory.
        unsafe { self.push(&close) };
    }

    /// Submits all queued operations.
    pub fn submit(&mut self) -> io::Result<()> {
        self.enter(None)
    }

    /// Submits all queued operations and waits for a completion, for `span_ns` at most.
    pub fn wait(&mut self, span_ns: u64) -> io::Result<()> {
        if span_ns > 0 {
            return self.enter(Some(span_ns));
        }
        let queue = self.uring.submission();
        if queue.is_empty() && !queue.taskrun() && !queue.cq_overflow() && self.enabled {
            return Ok(());
        }
        drop(queue);
        self.enter(None)
    }

    /// Takes all completions.
    pub fn complete(&mut self, completions: &mut Vec<Completion>) -> io::Result<()> {
        loop {
            for entry in self.uring.completion() {
                let token = Token::unpack(entry.user_data());
                let result = result(entry.result());
                let more = cqueue::more(entry.flags());
                if matches!(token.kind, Kind::Receive | Kind::Rest) && !more {
                    self.in_flight -= 1;
                }
                let filled = cqueue::buffer_select(entry.flags())
                    .zip(self.buffers.as_mut())
                    .and_then(|(id, buffers)| buffers.take(id, result.unwrap_or(0)));
                completions.push(Completion { token, result, filled, more });
            }
            if !self.uring.submission().cq_overflow() {
                return Ok(());
            }
            self.enter(None)?;
        }
    }

    pub fn bytes(&self, filled: &Filled) -> &[u8] {
        self.buffers.as_ref().map_or(&[], |buffers| buffers.bytes(filled))
    }

    /// How many buffers the kernel has, as far as its completions show.
    pub fn vacant_buffers(&self) -> usize {
        self.buffers.as_ref().map_or(0, Buffers::vacant)
    }

    pub fn give_back(&mut self, filled: Filled) {
        if let Some(buffers) = &mut self.buffers {
            buffers.give_back(filled);
        }
    }

    fn push_sending(&mut self, socket: BorrowedFd, token: Token) {
        let Some(sending) = &self.sending[token.index] else { return };
        let more = if sending.has_more() { SendFlags::MORE.bits() } else { 0 };
        let entry = send(socket, sending.rest(), RecvFlags::WAITALL.bits() | more);
        self.in_flight += 1;
        // SAFETY: the bytes stay unchanged until the completion.
        unsafe { self.push(&entry.user_data(token.pack())) };
    }

    /// # Safety
    /// The memory of the operation has to live as long as the kernel may access it.
    unsafe fn push(&mut self, entry: &Entry) {
        if self.uring.submission().is_full() && self.submit().is_err() {
            return;
        }
        // The queue cannot be full: it was submitted if it was.
        let _ = self.uring.submission().push(entry);
    }

    /// Returns when all queued operations are submitted, or the ring is broken.
    fn enter(&mut self, span_ns: Option<u64>) -> io::Result<()> {
        if self.broken {
            return Err(io::Error::other("the io_uring has failed before"));
        }
        if !self.enabled {
            self.broken = true;
            self.uring.submitter().register_enable_rings()?;
            self.enabled = true;
        }
        let span = span_ns.map(|span_ns| Timespec::from(Duration::from_nanos(span_ns)));
        let outcome = match &span {
            Some(span) => submit_and_wait(&mut self.uring, span),
            None => submit_and_look(&mut self.uring),
        };
        let mut error = outcome.err().filter(|error| !is_harmless(error));
        while error.is_none() && !self.uring.submission().is_empty() {
            error = self.uring.submit().err().filter(|error| !is_harmless(error));
        }
        self.broken = error.is_some();
        error.map_or(Ok(()), Err)
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        const TRIES: usize = 50;
        const TRY_NS: u64 = 10_000_000;
        let mut completions = vec![];
        if self.in_flight > 0 {
            let cancel = opcode::AsyncCancel2::new(CancelBuilder::any().all()).build();
            // SAFETY: the operation accesses no memory.
            unsafe { self.push(&cancel.user_data(Token::IGNORED.pack())) };
        }
        let mut usable = !self.enabled || self.submit().is_ok();
        for _ in 0..TRIES {
            usable = usable && self.complete(&mut completions).is_ok();
            if self.in_flight == 0 || !usable {
                break;
            }
            usable = self.wait(TRY_NS).is_ok();
        }
        if self.in_flight > 0 {
            // The kernel may still write to this memory, so it is leaked.
            std::mem::forget(self.buffers.take());
            std::mem::forget(std::mem::take(&mut self.sending));
        }
    }
}

/// Submits all operations and waits for a completion. Before Linux 6.15 the kernel counts this as a
/// wait for input and output in its pressure figures.
fn submit_and_wait(uring: &mut IoUring, span: &Timespec) -> io::Result<usize> {
    let queued = u32::try_from(uring.submission().len()).unwrap_or(u32::MAX);
    let mut flags = EnterFlags::GETEVENTS | EnterFlags::EXT_ARG;
    flags.set(EnterFlags::NO_IOWAIT, uring.params().is_feature_no_iowait());
    let arguments = SubmitArgs::new().timespec(span);
    // SAFETY: the arguments live until the call has returned.
    unsafe { uring.submitter().enter(queued, 1, flags.bits(), Some(&arguments)) }
}

/// Submits all operations and takes their completions, which the library's `submit` does not.
fn submit_and_look(uring: &mut IoUring) -> io::Result<usize> {
    let queued = u32::try_from(uring.submission().len()).unwrap_or(u32::MAX);
    // SAFETY: there is no argument.
    unsafe { uring.submitter().enter::<()>(queued, 0, EnterFlags::GETEVENTS.bits(), None) }
}

fn send(socket: BorrowedFd, bytes: &[u8], flags: u32) -> Entry {
    let flags = (flags | SendFlags::NOSIGNAL.bits()).cast_signed();
    // The kernel accepts at most 2³¹ bytes at once. The rest is sent afterwards.
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    opcode::Send::new(Fd(socket.as_raw_fd()), bytes.as_ptr(), length).flags(flags).build()
}

fn result(code: i32) -> Result<usize, Errno> {
    usize::try_from(code).map_err(|_| Errno::from_raw_os_error(-code))
}

fn is_harmless(error: &io::Error) -> bool {
    [Errno::TIME, Errno::INTR]
        .iter()
        .any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}
