//! Any sequence of events: the generator does not panic, its actions fit the state of the sockets,
//! and every request has exactly one outcome. The input is the shape of the load, then the events
//! of up to three drives.
#![no_main]

mod protocol;

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use timetrial_engine::expect::{Expectation, ExpectedBody};
use timetrial_engine::generator::{Action, Generator, Shape};
use timetrial_engine::load::{Drive, Model};
use timetrial_engine::outcome::Outcome;
use timetrial_engine::progress::LiveProgress;
use timetrial_engine::reactor::Event;
use timetrial_engine::schedule::{Arrival, Stage};
use timetrial_engine::stream::StreamKind;
use timetrial_engine::template::Template;
use timetrial_engine::users::ThinkTime;

use protocol::{upgraded, Protocol};

const MS: u64 = 1_000_000;
#[derive(Clone, Copy, Debug, PartialEq)]
enum Socket {
    None,
    Connecting,
    Open,
}

/// The input that is not decoded yet.
struct Tape<'a>(&'a [u8]);

impl Tape<'_> {
    fn next(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    /// One of `0..values`. 0 at the end of the tape.
    fn below(&mut self, values: u8) -> usize {
        usize::from(self.next().unwrap_or(0) % values)
    }

    fn ms(&mut self) -> u64 {
        u64::from(self.next().unwrap_or(0)) * 4 * MS
    }
}

struct World<'a> {
    generator: Generator,
    progress: Arc<LiveProgress>,
    tape: Tape<'a>,
    protocol: Protocol,
    sockets: Vec<Socket>,
    /// WebSocket: the answer to the last upgrade of each socket.
    upgrades: Vec<Vec<u8>>,
    slots_per_target: usize,
    target: usize,
    now_ns: u64,
    sent: u64,
    /// Connects that fail at once, as without a free port.
    refusals: usize,
}

impl World<'_> {
    fn act(&mut self) {
        while let Some(action) = self.generator.next_action() {
            match action {
                Action::Connect(slot) => {
                    assert_eq!(self.sockets[slot], Socket::None, "connects an empty slot");
                    assert_eq!(slot / self.slots_per_target, self.target, "of the driven target");
                    if self.refusals > 0 {
                        self.refusals -= 1;
                        let event = Event::ConnectFailed { slot };
                        self.generator.handle(event, &[], self.now_ns);
                    } else {
                        self.sockets[slot] = Socket::Connecting;
                    }
                }
                Action::Send(slot) => {
                    let mut bytes = vec![];
                    self.generator.outgoing(slot, self.now_ns, &mut bytes);
                    if !bytes.is_empty() {
                        assert_eq!(self.sockets[slot], Socket::Open, "sends on an open socket");
                    }
                    let requests = self.protocol.requests_in(&bytes);
                    if requests > 0 {
                        assert_eq!(slot / self.slots_per_target, self.target, "to this target");
                    }
                    self.sent += requests;
                    if let Some(answer) = upgraded(&bytes) {
                        self.upgrades[slot] = answer;
                    }
                }
                Action::Close(slot) => self.sockets[slot] = Socket::None,
            }
        }
    }

    fn handle(&mut self, event: Event, bytes: &[u8]) {
        let slot = event.slot();
        let allowed = match event {
            Event::Connected { .. } | Event::ConnectFailed { .. } => Socket::Connecting,
            _ => Socket::Open,
        };
        if self.sockets[slot] != allowed {
            return;
        }
        match event {
            Event::Connected { .. } => self.sockets[slot] = Socket::Open,
            Event::ConnectFailed { .. } | Event::Closed { .. } | Event::Reset { .. } => {
                self.generator.handle(event, bytes, self.now_ns);
                let closed = self.generator.next_action();
                assert_eq!(closed, Some(Action::Close(slot)), "what is over is closed first");
                self.sockets[slot] = Socket::None;
                self.act();
                return;
            }
            Event::Received { .. } | Event::Drained { .. } => {}
        }
        self.generator.handle(event, bytes, self.now_ns);
        self.act();
    }

    fn pass(&mut self, span_ns: u64) {
        self.now_ns += span_ns;
        self.generator.advance(self.now_ns);
        self.act();
    }

    /// Makes the next event happen. Returns false at the end of the tape.
    fn step(&mut self) -> bool {
        let Some(what) = self.tape.next() else { return false };
        let slot = usize::from(what >> 4) % self.sockets.len();
        match what & 15 {
            0 => {
                let span_ns = self.tape.ms();
                self.pass(span_ns);
            }
            1 => {
                let (mark, _) = self.generator.next_mark(self.now_ns);
                self.pass(mark.map_or(0, |mark| mark.saturating_sub(self.now_ns)));
            }
            2 | 3 => self.handle(Event::Connected { slot }, &[]),
            4 => self.handle(Event::ConnectFailed { slot }, &[]),
            5 => self.handle(Event::Closed { slot }, &[]),
            6 => self.handle(Event::Reset { slot }, &[]),
            7 => self.refusals = self.tape.below(4),
            8 => self.generator.cancel(self.now_ns),
            9 => {
                let bytes = self.tape.below(32).min(self.tape.0.len());
                let (raw, rest) = self.tape.0.split_at(bytes);
                self.tape.0 = rest;
                self.handle(Event::Received { slot, closing: false }, raw);
            }
            10 => {
                let response = self.response();
                let begin = self.tape.below(64).min(response.len());
                let end = begin + self.tape.below(64).min(response.len() - begin);
                self.handle(Event::Received { slot, closing: false }, &response[begin..end]);
            }
            15 if !self.upgrades[slot].is_empty() => {
                let answer = std::mem::take(&mut self.upgrades[slot]);
                self.handle(Event::Received { slot, closing: false }, &answer);
            }
            kind => {
                let response = self.response();
                self.handle(Event::Received { slot, closing: kind == 11 }, response);
            }
        }
        true
    }

    fn response(&mut self) -> &'static [u8] {
        let responses = self.protocol.responses();
        responses[self.tape.below(10) % responses.len()]
    }

    fn decode_drive(&mut self, targets: usize, requests: usize) -> Drive {
        let window_ns = self.tape.ms();
        let rate_from = self.tape.below(255) as f64 * 4.0;
        let rate_to = self.tape.below(255) as f64 * 4.0;
        let stages = vec![Stage { duration_ns: window_ns.max(MS), rate_from, rate_to }];
        let arrival = [Arrival::Constant, Arrival::Poisson][self.tape.below(2)];
        let low_ns = self.tape.ms();
        let think = [ThinkTime::None, ThinkTime::Uniform { low_ns, high_ns: 2 * low_ns }];
        let model = match self.tape.below(4) {
            0 => Model::Closed,
            // They have no meaning for the streams of HTTP/2.
            2 | 3 if self.protocol == Protocol::Http2 => Model::Closed,
            3 => Model::Idle { stages },
            1 => Model::Open { stages, arrival, seed: 1 },
            _ => Model::Users { think: vec![think[self.tape.below(2)]; requests], seed: 1 },
        };
        let limit = self.tape.below(64) as u64;
        Drive {
            target: self.tape.below(2) % targets,
            model,
            lead_in_ns: self.tape.ms(),
            window_ns,
            drain_ns: self.tape.ms(),
            max_requests: (limit > 0).then_some(limit),
        }
    }

    fn drive(&mut self, drive: &Drive) {
        self.target = drive.target;
        self.sent = 0;
        self.progress.reset(drive.max_requests);
        self.generator.prepare(drive.target);
        self.act();
        // Events of idle connections since the last drive.
        for _ in 0..self.tape.below(4) {
            if !self.step() {
                break;
            }
        }
        let started_ns = self.now_ns;
        self.generator.start(drive, started_ns, self.now_ns);
        self.act();
        while !self.generator.is_finished(self.now_ns) && self.step() {}
        if !self.generator.is_finished(self.now_ns) {
            let end_ns = started_ns + drive.lead_in_ns + drive.window_ns + drive.drain_ns;
            self.pass(end_ns.saturating_sub(self.now_ns));
        }
        assert!(self.generator.is_finished(self.now_ns), "ends with the drain");
        let tally = self.generator.finish(self.now_ns);
        tally.check().expect("every request ends in one place");
        assert!(drive.max_requests.is_none_or(|limit| tally.overall.arrivals <= limit));
        assert!(tally.window.arrivals <= tally.overall.arrivals);
        assert!(tally.overall.of(Outcome::Ok) <= self.sent, "no answer without a request");
        assert!(tally.service_time.count() <= self.sent);
    }
}

fuzz_target!(|input: &[u8]| {
    let mut tape = Tape(input);
    let targets = 1 + tape.below(2);
    let requests = 1 + tape.below(2);
    let slots_per_target = 1 + tape.below(4);
    let body = match tape.below(3) {
        0 => ExpectedBody::Literal((*b"ok").into()),
        1 => ExpectedBody::Template(Template::new("{*}k").into()),
        _ => ExpectedBody::Template(Template::new("{token}").into()),
    };
    let expect = Expectation { status: Some(200), body };
    let mut pipeline = 1 + tape.below(4);
    let protocol = match tape.below(4) {
        0 => Protocol::Http1,
        1 => Protocol::WebSocket { deflates: tape.below(2) == 1 },
        2 => Protocol::Http2,
        _ => {
            let kind = [StreamKind::Sse, StreamKind::Chunks][tape.below(2)];
            Protocol::Streams { kind, events: [None, Some(2)][tape.below(2)] }
        }
    };
    if matches!(protocol, Protocol::WebSocket { .. } | Protocol::Streams { .. }) {
        pipeline = 1;
    }
    let request = protocol.request(expect);
    let shape = Shape {
        thread: 0,
        threads: 1,
        requests: vec![vec![request; requests].into(); targets],
        encrypted: vec![false; targets],
        slots_per_target,
        timeout_ns: MS + tape.ms(),
        pipeline,
        fresh_connections: tape.below(2) == 1 && (pipeline == 1 || protocol == Protocol::Http1),
    };
    let progress = Arc::new(LiveProgress::new(1));
    let mut world = World {
        sockets: vec![Socket::None; targets * slots_per_target],
        upgrades: vec![vec![]; targets * slots_per_target],
        generator: Generator::new(shape, Arc::clone(&progress)),
        progress,
        tape,
        protocol,
        slots_per_target,
        target: 0,
        now_ns: 1_000 * MS,
        sent: 0,
        refusals: 0,
    };
    for _ in 0..3 {
        let drive = world.decode_drive(targets, requests);
        world.drive(&drive);
    }
});
