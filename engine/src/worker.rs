//! One thread of the generator: it connects the state machine, the sockets and the clock.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use crate::clock::{now_ns, real_ns, thread_cpu_ns};
use crate::generator::{Action, Generator, Shape};
use crate::heartbeat::Heartbeat;
use crate::load::{Drive, Target};
use crate::progress::LiveProgress;
use crate::reactor::{Event, Reactor};
use crate::tally::Tally;
use crate::tls::{Decrypted, Handshakes, Refusal, TlsStream, MOST_PLAIN_BYTES};
use crate::upload::Piece;

/// The longest sleep: a cancelled drive ends after it at the latest.
const LONGEST_WAIT_NS: u64 = 50_000_000;
/// How long before an arrival the thread stops sleeping, because a sleep can end late.
const AWAKE_BEFORE_ARRIVAL_NS: u64 = 60_000;
/// At least so many events come with a wait, if there are so many.
const EVENTS_OF_A_WAIT: usize = 64;

/// The generator of one thread, with its sockets and its TLS sessions.
pub struct Worker<R> {
    generator: Generator,
    reactor: R,
    targets: Vec<Target>,
    slots_per_target: usize,
    progress: Arc<LiveProgress>,
    /// The TLS session of each slot with an encrypted connection.
    streams: Vec<Option<TlsStream>>,
    /// What each slot is still to encrypt.
    pieces: Vec<Option<Piece>>,
    /// Plain bytes to send.
    outgoing: Vec<u8>,
    /// Encrypted bytes to send.
    wire: Vec<u8>,
    /// Polls instead of sleeping.
    spin: bool,
    heartbeat: Heartbeat,
    /// Why TLS refused a connection in this drive, for the first one.
    refusal: Option<Refusal>,
    /// Those of TLS in this drive.
    handshakes: Handshakes,
    /// The error number of the first connect of this drive that failed.
    connect_error: Option<i32>,
}

impl<R: Reactor> Worker<R> {
    pub fn new(
        reactor: R,
        targets: Vec<Target>,
        shape: Shape,
        progress: Arc<LiveProgress>,
        spin: bool,
    ) -> Self {
        let slots_per_target = shape.slots_per_target;
        Self {
            slots_per_target,
            generator: Generator::new(shape, Arc::clone(&progress)),
            reactor,
            streams: (0..targets.len() * slots_per_target).map(|_| None).collect(),
            pieces: vec![None; targets.len() * slots_per_target],
            targets,
            progress,
            outgoing: vec![],
            wire: vec![],
            spin,
            heartbeat: Heartbeat::default(),
            refusal: None,
            handshakes: Handshakes::default(),
            connect_error: None,
        }
    }

    /// Drives load at one target: lead-in, window, drain. Connections stay open for the next drive.
    pub fn drive(&mut self, drive: &Drive, started_ns: u64) -> io::Result<Tally> {
        self.heartbeat = Heartbeat::start(started_ns, thread_cpu_ns());
        self.refusal = None;
        self.handshakes = Handshakes::default();
        self.connect_error = None;
        self.notice_idle_connections(drive.target)?;
        let mut now = now_ns();
        self.generator.set_real_offset(real_ns().saturating_sub(now));
        self.generator.start(drive, started_ns, now);
        self.act(now);
        loop {
            now = now_ns();
            self.beat(now);
            if self.heartbeat.take_new() {
                // What came in meanwhile is read before the drive ends.
                self.catch_up()?;
                now = now_ns();
            }
            self.generator.advance(now);
            if self.progress.is_cancelled() {
                self.generator.cancel(now);
            }
            self.act(now);
            if self.generator.is_finished(now) {
                // A reactor may delay the last actions until it waits.
                self.reactor.wait(0)?;
                let mut tally = self.generator.finish(now);
                tally.gaps = self.heartbeat.gaps();
                tally.refusal = self.refusal.take();
                tally.handshakes = std::mem::take(&mut self.handshakes);
                tally.connect_error = self.connect_error;
                return Ok(tally);
            }
            let span_ns = if self.spin { 0 } else { self.span_ns(now) };
            self.heartbeat.sleeps(span_ns);
            self.reactor.wait(span_ns)?;
            self.handle_events();
        }
    }

    /// Prepares a drive and handles the events of idle connections since the last one.
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

    /// The thread runs. A time in which it did not, although it could have, is no server's.
    #[inline]
    fn beat(&mut self, now: u64) {
        let gap_ns = self.heartbeat.beat(now, thread_cpu_ns);
        if gap_ns > 0 {
            self.generator.postpone_timeouts(gap_ns);
        }
    }

    /// Handles all that sockets have by now, before anything times out.
    fn catch_up(&mut self) -> io::Result<()> {
        // A wait returns a limited number of events, and each event may cause others.
        for _ in 0..=self.streams.len() / EVENTS_OF_A_WAIT {
            self.reactor.wait(0)?;
            if !self.handle_events() {
                break;
            }
        }
        Ok(())
    }

    /// Handles all events of the last wait. Returns whether there were any.
    fn handle_events(&mut self) -> bool {
        let mut any = false;
        while let Some(event) = self.reactor.next() {
            let now = now_ns();
            self.beat(now);
            if matches!(event, Event::ConnectFailed { .. }) {
                self.connect_error = self.connect_error.or(self.reactor.connect_error());
            }
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

    /// Decrypts an event for the generator. A connection counts as open after its handshake.
    fn handle_encrypted(&mut self, event: Event, now: u64) {
        let slot = event.slot();
        let received = match event {
            Event::Connected { .. } => self.start_handshake(slot),
            Event::Received { .. } => self.decrypt(slot, true),
            Event::Drained { .. } => {
                self.send_encrypted(slot, now);
                return;
            }
            Event::ConnectFailed { .. } | Event::Closed { .. } | Event::Reset { .. } => {
                self.end_encrypted(event, now);
                return;
            }
        };
        let received = match received {
            Ok(received) => received,
            Err(error) => {
                self.refused(slot, &error);
                self.end_encrypted(Event::Reset { slot }, now);
                return;
            }
        };
        if received.became_ready {
            if let Some(stream) = &self.streams[slot] {
                if !stream.has_agreed() {
                    self.generator.refuse_protocol(slot, now);
                    return;
                }
                stream.count_in(&mut self.handshakes);
            }
            self.generator.handle(Event::Connected { slot }, &[], now);
        }
        let Some(stream) = &self.streams[slot] else { return };
        if !stream.plain().is_empty() {
            let event = Event::Received { slot, closing: received.ended };
            self.generator.handle(event, stream.plain(), now);
            self.act(now);
        }
        if received.ended && self.streams[slot].is_some() {
            // The peer may wait for our notification before it closes its socket.
            self.generator.handle(Event::Closed { slot }, &[], now);
        }
    }

    /// Keeps the reason why TLS refused a connection. What is refused by its certificate, or speaks
    /// no TLS, is refused again: the drive ends, unless a connection was opened.
    fn refused(&mut self, slot: usize, error: &io::Error) {
        let refusal = self.target(slot).tls.as_ref().and_then(|tls| tls.refusal(error));
        let was_open = self.streams[slot].as_ref().is_some_and(TlsStream::is_ready);
        if refusal.is_some() && !was_open && !self.generator.has_connected() {
            self.progress.cancel();
        }
        if self.refusal.is_none() {
            self.refusal = refusal;
        }
    }

    /// Ends a TLS session. An end before the handshake is complete is a failed connect.
    fn end_encrypted(&mut self, event: Event, now: u64) {
        let slot = event.slot();
        let was_open = self.streams[slot].take().is_some_and(|stream| stream.is_ready());
        let event = if was_open { event } else { Event::ConnectFailed { slot } };
        self.generator.handle(event, &[], now);
    }

    fn start_handshake(&mut self, slot: usize) -> io::Result<Decrypted> {
        let stream = self.target(slot).tls.as_ref().map(TlsStream::new).transpose()?;
        self.streams[slot] = stream;
        self.decrypt(slot, false)
    }

    /// Passes the received bytes, if there are any, to TLS and sends what TLS has to say.
    fn decrypt(&mut self, slot: usize, received: bool) -> io::Result<Decrypted> {
        let Some(stream) = &mut self.streams[slot] else {
            return Err(io::ErrorKind::NotConnected.into());
        };
        let bytes = if received { self.reactor.received() } else { &[] };
        let decrypted = stream.receive(bytes);
        if decrypted.as_ref().is_ok_and(|decrypted| decrypted.ended) {
            stream.say_close();
        }
        // Also after a failure: the peer is told why.
        stream.outgoing(&mut self.wire)?;
        if !self.wire.is_empty() {
            self.reactor.send(slot, &self.wire);
        }
        if !matches!(decrypted, Ok(Decrypted { ended: false, .. })) {
            // What is closed next would not be sent.
            self.reactor.flush()?;
        }
        decrypted
    }

    /// Carries out all actions of the generator.
    fn act(&mut self, now: u64) {
        while let Some(action) = self.generator.next_action() {
            match action {
                Action::Connect(slot) => self.connect(slot, now),
                Action::Send(slot) => {
                    match self.generator.outgoing(slot, now, &mut self.outgoing) {
                        Some(piece) => self.send_piece(slot, piece),
                        None => self.send(slot),
                    }
                }
                Action::Close(slot) => {
                    self.reactor.close(slot);
                    self.streams[slot] = None;
                    self.pieces[slot] = None;
                }
            }
        }
    }

    /// Sends the outgoing bytes and then those of a piece.
    fn send_piece(&mut self, slot: usize, piece: Piece) {
        let Some(stream) = &mut self.streams[slot] else {
            self.reactor.send_piece(slot, &self.outgoing, piece);
            return;
        };
        self.pieces[slot] = Some(piece);
        if stream.send(&self.outgoing, &mut self.wire).is_ok() {
            self.reactor.send_piece(slot, &self.wire, Piece::default());
        }
    }

    /// Encrypts and sends a part of what is left of a piece: no more than the session takes at once.
    fn send_encrypted(&mut self, slot: usize, now: u64) {
        let (Some(stream), Some(piece)) = (&mut self.streams[slot], &mut self.pieces[slot]) else {
            return;
        };
        if piece.is_empty() {
            self.pieces[slot] = None;
            self.generator.handle(Event::Drained { slot }, &[], now);
            return;
        }
        let part = &piece.rest()[..piece.len().min(MOST_PLAIN_BYTES)];
        let taken = part.len();
        // A failure here shows as an alert of the peer or as the end of the connection.
        if stream.send(part, &mut self.wire).is_ok() {
            piece.advance(taken);
            self.reactor.send_piece(slot, &self.wire, Piece::default());
        }
    }

    fn send(&mut self, slot: usize) {
        if self.outgoing.is_empty() {
            return;
        }
        let Some(stream) = &mut self.streams[slot] else {
            self.reactor.send(slot, &self.outgoing);
            return;
        };
        // A failure here shows as an alert of the peer or as the end of the connection.
        if stream.send(&self.outgoing, &mut self.wire).is_ok() {
            self.reactor.send(slot, &self.wire);
        }
    }

    fn connect(&mut self, slot: usize, now: u64) {
        let target = self.target(slot);
        let source = source(&target.sources, slot);
        let address = target.address.clone();
        if let Err(error) = self.reactor.connect(slot, &address, source) {
            self.connect_error = self.connect_error.or(error.raw_os_error());
            self.generator.handle(Event::ConnectFailed { slot }, &[], now);
        }
    }

    fn target(&self, slot: usize) -> &Target {
        &self.targets[slot / self.slots_per_target]
    }

    /// How long the thread may sleep.
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
