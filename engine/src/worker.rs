//! One thread of the generator: the state machine, its sockets, and the clock between them.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use crate::clock::now_ns;
use crate::generator::{Action, Generator, Shape};
use crate::load::{Drive, Target};
use crate::reactor::{Event, Reactor};
use crate::shared::Shared;
use crate::tally::Tally;
use crate::tls::{TakenIn, TlsStream};

/// The longest sleep, so that a cancelled drive ends soon.
const LONGEST_WAIT_NS: u64 = 50_000_000;
/// Before a request is due, the thread stays awake for so long: sleeping would end too late.
const AWAKE_BEFORE_ARRIVAL_NS: u64 = 60_000;

pub struct Worker<R> {
    generator: Generator,
    reactor: R,
    targets: Vec<Target>,
    slots_per_target: usize,
    shared: Arc<Shared>,
    /// Of connections that are encrypted, by slot.
    streams: Vec<Option<TlsStream>>,
    outgoing: Vec<u8>,
    wire: Vec<u8>,
    /// Asks the kernel again and again instead of sleeping.
    spin: bool,
}

impl<R: Reactor> Worker<R> {
    pub fn new(
        reactor: R,
        targets: Vec<Target>,
        shape: Shape,
        shared: Arc<Shared>,
        spin: bool,
    ) -> Self {
        let shape_slots = shape.slots_per_target;
        Self {
            slots_per_target: shape_slots,
            generator: Generator::new(shape, Arc::clone(&shared)),
            reactor,
            streams: (0..targets.len() * shape_slots).map(|_| None).collect(),
            targets,
            shared,
            outgoing: vec![],
            wire: vec![],
            spin,
        }
    }

    /// Drives one target: lead-in, window, drain. Connections are kept for the next drive.
    pub fn drive(&mut self, drive: &Drive, started_ns: u64) -> io::Result<Tally> {
        self.notice_idle_connections(drive.target)?;
        let mut now = now_ns();
        self.generator.start(drive, started_ns, now);
        self.act(now);
        loop {
            now = now_ns();
            self.generator.advance(now);
            if self.shared.is_cancelled() {
                self.generator.cancel(now);
            }
            self.act(now);
            if self.generator.is_finished(now) {
                // Carries out what was done last: a reactor may put it off until it waits.
                self.reactor.wait(0)?;
                return Ok(self.generator.finish(now));
            }
            let span_ns = if self.spin { 0 } else { self.span_ns(now) };
            self.reactor.wait(span_ns)?;
            self.handle_events();
        }
    }

    /// Learns what happened to connections since the last drive.
    fn notice_idle_connections(&mut self, target: usize) -> io::Result<()> {
        self.generator.prepare(target);
        self.act(now_ns());
        loop {
            self.reactor.wait(0)?;
            if !self.handle_events() {
                return Ok(());
            }
        }
    }

    /// Handles all events that the last wait brought; were there any?
    fn handle_events(&mut self) -> bool {
        let mut any = false;
        while let Some(event) = self.reactor.next() {
            let now = now_ns();
            if self.target(event.slot()).tls.is_some() {
                self.handle_encrypted(event, now);
            } else {
                self.generator.handle(event, self.reactor.received(), now);
            }
            self.act(now);
            any = true;
        }
        any
    }

    /// Lets a connection count as open once its handshake is done, and passes plain bytes on.
    fn handle_encrypted(&mut self, event: Event, now: u64) {
        let slot = event.slot();
        let taken_in = match event {
            Event::Connected { .. } => self.begin_handshake(slot),
            Event::Received { .. } => self.take_in(slot),
            Event::ConnectFailed { .. } | Event::Closed { .. } | Event::Reset { .. } => {
                let ready = self.streams[slot].take().is_some_and(|stream| stream.is_ready());
                let event = if ready { event } else { Event::ConnectFailed { slot } };
                self.generator.handle(event, &[], now);
                return;
            }
        };
        let Ok(taken_in) = taken_in else {
            let ready = self.streams[slot].take().is_some_and(|stream| stream.is_ready());
            let event = if ready { Event::Reset { slot } } else { Event::ConnectFailed { slot } };
            self.generator.handle(event, &[], now);
            return;
        };
        if taken_in.became_ready {
            self.generator.handle(Event::Connected { slot }, &[], now);
        }
        let Some(stream) = &self.streams[slot] else { return };
        if !stream.plain().is_empty() {
            let event = Event::Received { slot, closing: taken_in.ended };
            self.generator.handle(event, stream.plain(), now);
        } else if taken_in.ended {
            self.generator.handle(Event::Closed { slot }, &[], now);
        }
    }

    fn begin_handshake(&mut self, slot: usize) -> io::Result<TakenIn> {
        let stream = self.target(slot).tls.as_ref().map(TlsStream::new).transpose()?;
        self.streams[slot] = stream;
        self.take_in_bytes(slot, false)
    }

    fn take_in(&mut self, slot: usize) -> io::Result<TakenIn> {
        self.take_in_bytes(slot, true)
    }

    fn take_in_bytes(&mut self, slot: usize, received: bool) -> io::Result<TakenIn> {
        let Some(stream) = &mut self.streams[slot] else {
            return Err(io::ErrorKind::NotConnected.into());
        };
        let bytes = if received { self.reactor.received() } else { &[] };
        let taken_in = stream.take_in(bytes)?;
        stream.outgoing(&mut self.wire)?;
        if !self.wire.is_empty() {
            self.reactor.send(slot, &self.wire);
        }
        Ok(taken_in)
    }

    fn act(&mut self, now: u64) {
        while let Some(action) = self.generator.next_action() {
            match action {
                Action::Connect(slot) => self.connect(slot, now),
                Action::Send(slot) => {
                    self.generator.outgoing(slot, now, &mut self.outgoing);
                    self.send(slot);
                }
                Action::Close(slot) => {
                    self.reactor.close(slot);
                    self.streams[slot] = None;
                }
            }
        }
    }

    fn send(&mut self, slot: usize) {
        let Some(stream) = &mut self.streams[slot] else {
            self.reactor.send(slot, &self.outgoing);
            return;
        };
        // What goes wrong here is told by the peer's alert or by the connection's end.
        if stream.send(&self.outgoing).and_then(|()| stream.outgoing(&mut self.wire)).is_ok() {
            self.reactor.send(slot, &self.wire);
        }
    }

    fn connect(&mut self, slot: usize, now: u64) {
        let target = self.target(slot);
        let source = source(&target.sources, slot);
        let address = target.address.clone();
        if self.reactor.connect(slot, &address, source).is_err() {
            self.generator.handle(Event::ConnectFailed { slot }, &[], now);
        }
    }

    fn target(&self, slot: usize) -> &Target {
        &self.targets[slot / self.slots_per_target]
    }

    fn span_ns(&mut self, now: u64) -> u64 {
        let (mark, is_arrival) = self.generator.next_mark(now);
        let span_ns = mark.map_or(LONGEST_WAIT_NS, |mark| mark.saturating_sub(now));
        let awake_ns = if is_arrival { AWAKE_BEFORE_ARRIVAL_NS } else { 0 };
        span_ns.saturating_sub(awake_ns).min(LONGEST_WAIT_NS)
    }
}

fn source(sources: &[IpAddr], slot: usize) -> Option<IpAddr> {
    (!sources.is_empty()).then(|| sources[slot % sources.len()])
}
