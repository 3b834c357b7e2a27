//! Readiness by edge-triggered epoll, with timeouts in nanoseconds. Unlike the generator's reactor
//! it asks for writability only after a socket was full: a Unix socket would report it after every
//! response.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};

use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};

use crate::clock::timespec;

const EVENTS_AT_ONCE: usize = 256;

/// A change of the socket that is registered under `key`.
#[derive(Clone, Copy, Debug)]
pub struct Readiness {
    pub key: u64,
    pub readable: bool,
    /// The peer has closed its side, or the connection is broken: reads will reach the end.
    pub closing: bool,
}

/// One epoll instance.
pub struct Poller {
    instance: OwnedFd,
}

impl Poller {
    pub fn new() -> io::Result<Self> {
        Ok(Self { instance: epoll::create(CreateFlags::CLOEXEC)? })
    }

    /// Registers a socket until it is closed.
    pub fn add(&self, socket: impl AsFd, key: u64) -> io::Result<()> {
        let interest = EventFlags::IN | EventFlags::RDHUP | EventFlags::ET;
        Ok(epoll::add(&self.instance, socket, EventData::new_u64(key), interest)?)
    }

    /// From now on also reports when the socket becomes writable.
    pub fn await_writable(&self, socket: impl AsFd, key: u64) -> io::Result<()> {
        let interest = EventFlags::IN | EventFlags::OUT | EventFlags::RDHUP | EventFlags::ET;
        Ok(epoll::modify(&self.instance, socket, EventData::new_u64(key), interest)?)
    }

    /// Waits, for `span_ns` at most if given, and replaces `ready` by the sockets that are ready.
    ///
    /// # Panics
    /// Never: epoll does not fail once it is created.
    pub fn wait(&self, span_ns: Option<u64>, ready: &mut Vec<Readiness>) {
        ready.clear();
        let mut events = [const { MaybeUninit::uninit() }; EVENTS_AT_ONCE];
        let span = span_ns.map(timespec);
        match epoll::wait(&self.instance, &mut events[..], span.as_ref()) {
            Ok((events, _)) => ready.extend(events.iter().map(|&event| readiness(event))),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => panic!("epoll: {error}"),
        }
    }
}

fn readiness(event: Event) -> Readiness {
    // Copied because the kernel's structure is packed.
    let (flags, data) = (event.flags, event.data);
    let ending = EventFlags::RDHUP | EventFlags::HUP | EventFlags::ERR;
    Readiness {
        key: data.u64(),
        readable: flags.intersects(EventFlags::IN | ending),
        closing: flags.intersects(ending),
    }
}
