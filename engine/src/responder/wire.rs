//! The socket of one connection, and when its bytes were received.

use std::io::{self, IoSliceMut, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use nix::sys::socket::{recvmsg, setsockopt, sockopt, ControlMessageOwned, MsgFlags};
use nix::sys::time::TimeSpec;
use rustix::net::{self, RecvFlags, SendFlags};

use crate::clock::{now_ns, real_ns};

/// The moment at which a request counts as received.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Receipt {
    /// When the thread has read the last byte. Response times do not include the wake-up of the
    /// thread, or its work on other connections.
    #[default]
    Read,
    /// When the kernel has received the last byte. Response times include all delays after that.
    /// Unix sockets, and kernels without timestamps, behave as with [`Receipt::Read`].
    Kernel,
}

/// Room for one control message: its header (16 bytes) and a timestamp.
const CONTROL_BYTES: usize = 16 + size_of::<TimeSpec>();

/// The socket of one connection.
pub struct Wire {
    socket: OwnedFd,
    receipt: Receipt,
    /// When the bytes of the last read were received.
    pub received_ns: u64,
}

impl Wire {
    pub fn new(socket: OwnedFd, receipt: Receipt) -> Self {
        Self { socket, receipt, received_ns: 0 }
    }

    pub fn socket(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// Makes the kernel timestamp the bytes of all sockets that this listener accepts.
pub fn keep_timestamps(listener: &OwnedFd) -> io::Result<()> {
    Ok(setsockopt(listener, sockopt::ReceiveTimestampns, &true)?)
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let (bytes, received_ns) = match self.receipt {
            Receipt::Read => receive(&self.socket, buffer)?,
            Receipt::Kernel => receive_with_timestamp(&self.socket, buffer)?,
        };
        self.received_ns = received_ns;
        Ok(bytes)
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(net::send(&self.socket, bytes, SendFlags::NOSIGNAL)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn receive(socket: &OwnedFd, buffer: &mut [u8]) -> io::Result<(usize, u64)> {
    let (bytes, _) = net::recv(socket, buffer, RecvFlags::empty())?;
    Ok((bytes, now_ns()))
}

fn receive_with_timestamp(socket: &OwnedFd, buffer: &mut [u8]) -> io::Result<(usize, u64)> {
    let mut control = [0; CONTROL_BYTES];
    let mut buffers = [IoSliceMut::new(buffer)];
    let message =
        recvmsg::<()>(socket.as_raw_fd(), &mut buffers, Some(&mut control), MsgFlags::empty())?;
    let (now_ns, real_ns) = (now_ns(), real_ns());
    let stamp = message.cmsgs()?.find_map(|control| match control {
        ControlMessageOwned::ScmTimestampns(time) => nanoseconds(time),
        _ => None,
    });
    // The kernel stamps by the real-time clock, which may jump. Only the age is taken from it.
    let age_ns = stamp.map_or(0, |stamp_ns| real_ns.saturating_sub(stamp_ns));
    Ok((message.bytes, now_ns.saturating_sub(age_ns)))
}

fn nanoseconds(time: TimeSpec) -> Option<u64> {
    let seconds = u64::try_from(time.tv_sec()).ok()?;
    seconds.checked_mul(1_000_000_000)?.checked_add(u64::try_from(time.tv_nsec()).ok()?)
}
