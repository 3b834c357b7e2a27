//! Readiness by epoll, edge-triggered: a socket is registered once, no call a request.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};

use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};

use crate::clock::timespec;

const EVENTS_AT_ONCE: usize = 256;

/// Something has changed on the socket that was registered under `token`.
#[derive(Clone, Copy, Debug)]
pub struct Readiness {
    pub token: usize,
    pub readable: bool,
    pub writable: bool,
    /// The peer has closed its side: after what can be read comes the end.
    pub closing: bool,
}

pub struct Epoll {
    instance: OwnedFd,
}

impl Epoll {
    pub fn new() -> io::Result<Self> {
        Ok(Self { instance: epoll::create(CreateFlags::CLOEXEC)? })
    }

    /// Registers a socket until it is closed. Its readiness is told once for each change, so it
    /// has to be read until it is empty.
    pub fn add(&self, socket: impl AsFd, token: usize) -> io::Result<()> {
        let interest = EventFlags::IN | EventFlags::OUT | EventFlags::RDHUP | EventFlags::ET;
        epoll::add(&self.instance, socket, EventData::new_u64(token as u64), interest)?;
        Ok(())
    }

    /// Waits at most `span_ns`, rounded up to milliseconds, and puts what is ready into `ready`.
    pub fn wait(&self, span_ns: u64, ready: &mut Vec<Readiness>) -> io::Result<()> {
        ready.clear();
        let mut events = [const { MaybeUninit::uninit() }; EVENTS_AT_ONCE];
        match epoll::wait(&self.instance, &mut events[..], Some(&timespec(span_ns))) {
            Ok((events, _)) => ready.extend(events.iter().map(|&event| readiness(event))),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }
}

fn readiness(event: Event) -> Readiness {
    // Copied out, because the kernel's structure is packed.
    let (flags, data) = (event.flags, event.data);
    let broken = EventFlags::HUP | EventFlags::ERR;
    Readiness {
        token: usize::try_from(data.u64()).unwrap_or(usize::MAX),
        readable: flags.intersects(EventFlags::IN | EventFlags::RDHUP | broken),
        writable: flags.intersects(EventFlags::OUT | broken),
        closing: flags.intersects(EventFlags::RDHUP | broken),
    }
}
