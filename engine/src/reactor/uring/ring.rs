//! The two queues that are shared with the kernel, and the memory that it works on.

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

const SUBMISSIONS: u32 = 256;

/// What came of an operation.
#[derive(Debug)]
pub struct Completion {
    pub token: Token,
    pub result: Result<usize, Errno>,
    /// The bytes, of a receive that brought some.
    pub filled: Option<Filled>,
    /// More completions of the same operation follow.
    pub more: bool,
}

/// Bytes that the kernel is sending.
struct Sending {
    slot: usize,
    bytes: Vec<u8>,
    sent: usize,
}

/// The ring, its buffers, and the bytes that are on their way.
///
/// It may be made in one thread and used in another one: it belongs to the first that submits.
pub struct Ring {
    uring: IoUring,
    /// None once they had to be left to the kernel.
    buffers: Option<Buffers>,
    sending: Vec<Option<Sending>>,
    vacant: Vec<usize>,
    /// Operations that the kernel may still touch memory for.
    in_flight: usize,
    enabled: bool,
    /// It has failed: what was queued then is never submitted, because its memory may be gone.
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

    /// Begins to receive whatever comes.
    pub fn receive(&mut self, socket: BorrowedFd, token: Token) {
        self.in_flight += 1;
        let receive = opcode::RecvMulti::new(Fd(socket.as_raw_fd()), GROUP).build();
        // SAFETY: the buffers are kept for as long as the operation is in flight.
        unsafe { self.push(&receive.user_data(token.pack())) };
    }

    /// Begins to connect.
    ///
    /// # Safety
    /// The address has to live until the next [`Ring::submit`] or [`Ring::wait`] has returned.
    pub unsafe fn connect(&mut self, socket: BorrowedFd, address: &SockAddr, token: Token) {
        let begin = address.as_ptr().cast();
        let connect = opcode::Connect::new(Fd(socket.as_raw_fd()), begin, address.len()).build();
        self.push(&connect.user_data(token.pack()));
    }

    /// Sends what the socket takes at once; there is a completion only if that is not all.
    ///
    /// # Safety
    /// The bytes have to live until the next [`Ring::submit`] or [`Ring::wait`] has returned.
    pub unsafe fn attempt(&mut self, socket: BorrowedFd, bytes: &[u8], token: Token) {
        // Success is the whole length when all is waited for. Because it must not wait, it has
        // ended when it is submitted.
        let flags = SendFlags::DONTWAIT.bits() | RecvFlags::WAITALL.bits();
        let send = send(socket, bytes, flags).flags(Flags::SKIP_SUCCESS);
        self.push(&send.user_data(token.pack()));
    }

    /// Sends all of the bytes; tells the token of the completion.
    pub fn send(
        &mut self,
        socket: BorrowedFd,
        bytes: Vec<u8>,
        slot: usize,
        generation: u32,
    ) -> Token {
        let index = self.vacant.pop().unwrap_or(self.sending.len());
        if index == self.sending.len() {
            self.sending.push(None);
        }
        self.sending[index] = Some(Sending { slot, bytes, sent: 0 });
        let token = Token { kind: Kind::Rest, index, generation };
        self.push_sending(socket, token);
        token
    }

    /// The slot whose bytes are being sent.
    pub fn sender(&self, token: Token) -> Option<usize> {
        self.sending.get(token.index)?.as_ref().map(|sending| sending.slot)
    }

    /// A send has ended; it is begun again if only a part was sent. Has it come to its end?
    pub fn send_ended(&mut self, socket: Option<BorrowedFd>, completion: &Completion) -> bool {
        let token = completion.token;
        let Some(sending) = self.sending.get_mut(token.index).and_then(Option::as_mut) else {
            return true;
        };
        sending.sent += completion.result.unwrap_or(0);
        let failed = !matches!(completion.result, Ok(1..) | Err(Errno::INTR | Errno::AGAIN));
        if let (Some(socket), false) = (socket, failed || sending.sent >= sending.bytes.len()) {
            self.push_sending(socket, token);
            return false;
        }
        self.sending[token.index] = None;
        self.vacant.push(token.index);
        true
    }

    pub fn cancel(&mut self, token: Token) {
        let cancel = opcode::AsyncCancel::new(token.pack()).build().flags(Flags::SKIP_SUCCESS);
        // SAFETY: it works on no memory.
        unsafe { self.push(&cancel.user_data(Token::IGNORED.pack())) };
    }

    /// Closes a socket after what was queued before.
    pub fn close(&mut self, socket: OwnedFd) {
        if self.broken {
            return;
        }
        let close = opcode::Close::new(Fd(socket.into_raw_fd())).build();
        let close = close.flags(Flags::SKIP_SUCCESS).user_data(Token::IGNORED.pack());
        // SAFETY: it works on no memory.
        unsafe { self.push(&close) };
    }

    /// Hands over what is queued.
    pub fn submit(&mut self) -> io::Result<()> {
        self.enter(None)
    }

    /// Hands over what is queued; waits at most so long for a completion.
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

    /// Takes the completions that are there.
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

    /// Buffers that are lent to the kernel, as far as is known.
    pub fn vacant_buffers(&self) -> usize {
        self.buffers.as_ref().map_or(0, Buffers::vacant)
    }

    pub fn give_back(&mut self, filled: Filled) {
        if let Some(buffers) = &mut self.buffers {
            buffers.give_back(filled);
        }
    }

    fn push_sending(&mut self, socket: BorrowedFd, token: Token) {
        let Some(Sending { bytes, sent, .. }) = &self.sending[token.index] else { return };
        let entry = send(socket, &bytes[*sent..], RecvFlags::WAITALL.bits());
        self.in_flight += 1;
        // SAFETY: the bytes are kept, unchanged, until the completion.
        unsafe { self.push(&entry.user_data(token.pack())) };
    }

    /// # Safety
    /// The memory that the operation works on has to live for as long as the kernel may use it.
    unsafe fn push(&mut self, entry: &Entry) {
        if self.uring.submission().is_full() && self.submit().is_err() {
            return;
        }
        // It cannot be full: all that was in it has been submitted.
        let _ = self.uring.submission().push(entry);
    }

    /// Returns when all that was queued is submitted, or the ring is broken.
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
            // SAFETY: it works on no memory.
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
            // The kernel has not let go of this memory: better lost than overwritten.
            std::mem::forget(self.buffers.take());
            std::mem::forget(std::mem::take(&mut self.sending));
        }
    }
}

/// Submits all, and waits for a completion. That is no wait for a disk, although a kernel before
/// Linux 6.15 counts it as one in what it tells of the pressure on them.
fn submit_and_wait(uring: &mut IoUring, span: &Timespec) -> io::Result<usize> {
    let queued = u32::try_from(uring.submission().len()).unwrap_or(u32::MAX);
    let mut flags = EnterFlags::GETEVENTS | EnterFlags::EXT_ARG;
    flags.set(EnterFlags::NO_IOWAIT, uring.params().is_feature_no_iowait());
    let arguments = SubmitArgs::new().timespec(span);
    // SAFETY: the arguments live until the call has returned.
    unsafe { uring.submitter().enter(queued, 1, flags.bits(), Some(&arguments)) }
}

/// Submits all, and lets those operations end that can. (Without a wish to wait, the library does
/// not ask for the latter.)
fn submit_and_look(uring: &mut IoUring) -> io::Result<usize> {
    let queued = u32::try_from(uring.submission().len()).unwrap_or(u32::MAX);
    // SAFETY: no argument is handed over.
    unsafe { uring.submitter().enter::<()>(queued, 0, EnterFlags::GETEVENTS.bits(), None) }
}

fn send(socket: BorrowedFd, bytes: &[u8], flags: u32) -> Entry {
    let flags = (flags | SendFlags::NOSIGNAL.bits()).cast_signed();
    // The kernel takes 2³¹ bytes at most at once; what it did not take is sent again.
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
