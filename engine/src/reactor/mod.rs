//! Non-blocking sockets of one thread, in numbered slots: operations in, events out. The interface
//! is completion-based, which suits both `io_uring` and epoll.

pub mod backend;
pub mod epoll;
pub mod uring;

use std::io;
use std::net::IpAddr;

use crate::address::Address;
use crate::upload::Piece;

/// An event of the socket in a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    Connected {
        slot: usize,
    },
    ConnectFailed {
        slot: usize,
    },
    /// [`Reactor::received`] returns the bytes until the next call of [`Reactor::next`].
    Received {
        slot: usize,
        /// The peer is known to have closed its side after these bytes.
        closing: bool,
    },
    /// The peer has closed its side, and all its bytes are received.
    Closed {
        slot: usize,
    },
    /// The connection is broken.
    Reset {
        slot: usize,
    },
    /// The socket has accepted all bytes of [`Reactor::send_piece`].
    Drained {
        slot: usize,
    },
}

impl Event {
    pub fn slot(self) -> usize {
        match self {
            Self::Connected { slot }
            | Self::ConnectFailed { slot }
            | Self::Received { slot, .. }
            | Self::Closed { slot }
            | Self::Reset { slot }
            | Self::Drained { slot } => slot,
        }
    }
}

/// Non-blocking sockets in numbered slots. Operations on an empty slot are ignored.
pub trait Reactor {
    /// Puts a new socket into an empty slot and starts to connect it.
    fn connect(&mut self, slot: usize, address: &Address, source: Option<IpAddr>)
        -> io::Result<()>;

    /// Sends all the bytes, at once or as soon as the socket accepts them.
    fn send(&mut self, slot: usize, bytes: &[u8]);

    /// Sends the bytes and then those of the piece, as soon as the socket accepts them.
    /// [`Event::Drained`] follows, unless the connection breaks; nothing else may be sent before.
    fn send_piece(&mut self, slot: usize, bytes: &[u8], piece: Piece);

    /// Starts what was sent, if that was delayed.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Closes the socket and empties the slot. No more events of the socket follow.
    fn close(&mut self, slot: usize);

    /// Starts all queued operations and waits for events, for `span_ns` at most.
    fn wait(&mut self, span_ns: u64) -> io::Result<()>;

    /// Takes the next event of the last [`Reactor::wait`].
    fn next(&mut self) -> Option<Event>;

    /// The bytes of the last [`Event::Received`].
    fn received(&self) -> &[u8];

    /// The error number of the last [`Event::ConnectFailed`]; None where the system named none.
    fn connect_error(&self) -> Option<i32>;
}
