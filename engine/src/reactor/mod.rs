//! Sockets of one thread, by slot: what they are asked to do, and what happens to them.
//!
//! The interface is that of completions, so that `io_uring` fits as well as epoll.

pub mod backend;
pub mod epoll;
pub mod uring;

use std::io;
use std::net::IpAddr;

use crate::address::Address;

/// Something has happened to the socket in a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    Connected {
        slot: usize,
    },
    ConnectFailed {
        slot: usize,
    },
    /// [`Reactor::received`] has the bytes until the next event is asked for.
    Received {
        slot: usize,
        /// The peer is known to have closed its side behind these bytes.
        closing: bool,
    },
    /// The peer has closed its side, and all that it had sent is received.
    Closed {
        slot: usize,
    },
    /// The connection is broken.
    Reset {
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
            | Self::Reset { slot } => slot,
        }
    }
}

/// Non-blocking sockets in numbered slots. What is asked of an empty slot is ignored.
pub trait Reactor {
    /// Puts a new socket into an empty slot and begins to connect it.
    fn connect(&mut self, slot: usize, address: &Address, source: Option<IpAddr>)
        -> io::Result<()>;

    /// Sends all the bytes, at once or as soon as the socket takes them.
    fn send(&mut self, slot: usize, bytes: &[u8]);

    /// Empties a slot; no event of its socket comes any more.
    fn close(&mut self, slot: usize);

    /// Waits at most so long for something to happen; carries out what is still to be begun.
    fn wait(&mut self, span_ns: u64) -> io::Result<()>;

    /// Takes the next event of those that the last [`Reactor::wait`] brought.
    fn next(&mut self) -> Option<Event>;

    /// The bytes of the last [`Event::Received`].
    fn received(&self) -> &[u8];
}
