//! The generator with HTTP/2, whatever servers do: every request ends in one place.

use std::sync::Arc;

use proptest::prelude::*;

use super::super::Shape;
use super::*;
use crate::expect::{Expectation, ExpectedBody};
use crate::http2::Scheme;
use crate::load::{Drive, Model};
use crate::progress::LiveProgress;
use crate::request::Request;
use crate::schedule::{Arrival, Stage};

const MS: u64 = 1_000_000;
const END_HEADERS: u8 = 4;
const END_STREAM: u8 = 1;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Settings that allow so many streams.
fn settings(streams: u8) -> Vec<u8> {
    frame(4, 0, 0, &[0, 3, 0, 0, 0, streams])
}

#[derive(Clone, Copy, PartialEq)]
enum Socket {
    None,
    Connecting,
    Open,
}

struct World {
    generator: Generator,
    sockets: Vec<Socket>,
    now_ns: u64,
}

impl World {
    fn new(slots: usize, streams: usize, fresh_connections: bool) -> Self {
        let body = ExpectedBody::Literal((*b"hi").into());
        let expect = Expectation { status: Some(200), body };
        let request = Request::with_http2(Scheme::Http, "POST", "here", "/", &[], b"body", expect);
        let shape = Shape {
            thread: 0,
            threads: 1,
            requests: vec![[request].into()],
            encrypted: vec![false],
            slots_per_target: slots,
            timeout_ns: 20 * MS,
            pipeline: streams,
            fresh_connections,
        };
        let generator = Generator::new(shape, Arc::new(LiveProgress::new(1)));
        Self { generator, sockets: vec![Socket::None; slots], now_ns: 1_000 * MS }
    }

    fn act(&mut self) {
        let mut bytes = vec![];
        while let Some(action) = self.generator.next_action() {
            match action {
                Action::Connect(slot) => {
                    assert!(self.sockets[slot] == Socket::None, "connects empty slots alone");
                    self.sockets[slot] = Socket::Connecting;
                }
                Action::Send(slot) => {
                    self.generator.outgoing(slot, self.now_ns, &mut bytes);
                }
                Action::Close(slot) => self.sockets[slot] = Socket::None,
            }
        }
    }

    fn handle(&mut self, event: Event, bytes: &[u8]) {
        self.generator.handle(event, bytes, self.now_ns);
        self.act();
    }

    /// Something happens to a slot; `stream` and `kind` say what.
    fn happen(&mut self, slot: usize, kind: u8, stream: u32) {
        match self.sockets[slot] {
            Socket::None => {}
            Socket::Connecting if kind == 0 => {
                self.sockets[slot] = Socket::None;
                self.handle(Event::ConnectFailed { slot }, &[]);
            }
            Socket::Connecting => {
                self.sockets[slot] = Socket::Open;
                self.handle(Event::Connected { slot }, &[]);
            }
            Socket::Open if kind == 0 => {
                self.handle(Event::Closed { slot }, &[]);
            }
            Socket::Open if kind == 1 => self.handle(Event::Reset { slot }, &[]),
            Socket::Open => {
                let closing = stream == 5;
                self.handle(Event::Received { slot, closing }, &said(kind, stream));
            }
        }
    }
}

/// What a server says. Most of it, on most streams, is an answer.
fn said(kind: u8, stream: u32) -> Vec<u8> {
    let head = frame(1, END_HEADERS, stream, &[0x88]);
    let reset = |code: u32| frame(3, 0, stream, &code.to_be_bytes());
    match kind {
        2 => settings(0),
        3 => reset(7),
        4 => reset(2),
        5 => frame(7, 0, 0, &[stream.to_be_bytes(), [0; 4]].concat()),
        6 => b"HTTP/1.1 200 OK".to_vec(),
        7 => head,
        8 => frame(0, END_STREAM, stream, b"hi"),
        9 => frame(1, END_HEADERS | END_STREAM, stream, &[0x8d]),
        10 => frame(6, 0, 0, &[0; 8]),
        11 => frame(8, 0, 0, &[0, 1, 0, 0]),
        12 => settings(2),
        13 => settings(100),
        _ => [head, frame(0, END_STREAM, stream, b"hi")].concat(),
    }
}

fn models(is_open: bool) -> Model {
    if !is_open {
        return Model::Closed;
    }
    let stages = vec![Stage { duration_ns: 100 * MS, rate_from: 900.0, rate_to: 900.0 }];
    Model::Open { stages, arrival: Arrival::Constant, seed: 1 }
}

proptest! {
    #[test]
    fn every_request_ends_in_one_place(
        (slots, streams, is_open, is_fresh) in (1..3_usize, 1..5_usize, any::<bool>(), any::<bool>()),
        steps in prop::collection::vec((0..3_usize, 0..22_u8, 0..12_u32, 0..4_u64), 0..120),
    ) {
        let streams = if is_fresh { 1 } else { streams };
        let mut world = World::new(slots, streams, is_fresh);
        for _ in 0..2 {
            let drive = Drive {
                target: 0,
                model: models(is_open),
                lead_in_ns: 0,
                window_ns: 60 * MS,
                drain_ns: 20 * MS,
                max_requests: None,
            };
            world.generator.progress.reset(None);
            world.generator.prepare(0);
            world.act();
            world.generator.start(&drive, world.now_ns, world.now_ns);
            world.act();
            for &(slot, kind, stream, ms) in &steps {
                world.happen(slot % slots, kind, 1 + 2 * stream);
                world.now_ns += ms * MS;
                world.generator.advance(world.now_ns);
                world.act();
            }
            world.now_ns += 100 * MS;
            world.generator.advance(world.now_ns);
            world.act();
            prop_assert!(world.generator.is_finished(world.now_ns));
            let tally = world.generator.finish(world.now_ns);
            prop_assert_eq!(tally.check(), Ok(()));
            prop_assert!(tally.http2.is_some());
        }
    }
}

#[test]
fn a_connection_is_asked_for_what_its_server_allows_and_no_more() {
    let mut world = World::new(1, 9, false);
    let drive = Drive {
        target: 0,
        model: Model::Closed,
        lead_in_ns: 0,
        window_ns: 60 * MS,
        drain_ns: 0,
        max_requests: None,
    };
    world.generator.progress.reset(None);
    world.generator.prepare(0);
    world.generator.start(&drive, world.now_ns, world.now_ns);
    world.act();
    world.happen(0, 20, 1);
    let in_flight = |world: &World| world.generator.slots[0].connection.in_flight();
    assert_eq!(in_flight(&world), 0, "before the settings have come");
    world.happen(0, 12, 1);
    assert_eq!(in_flight(&world), 2);
    world.happen(0, 13, 1);
    assert_eq!(in_flight(&world), 9);
    world.happen(0, 20, 3);
    assert_eq!((in_flight(&world), world.generator.drive.tally.overall.of(Outcome::Ok)), (9, 1));
}
