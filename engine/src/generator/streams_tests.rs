//! Streams and idle connections in virtual time: whatever comes, all that was due is in one place.

use std::sync::Arc;

use proptest::prelude::*;

use super::super::{Action, Shape};
use super::*;
use crate::expect::Expectation;
use crate::progress::LiveProgress;
use crate::reactor::Event;
use crate::request::Request;
use crate::schedule::{Arrival, Stage};
use crate::stream::{Numbers, Stream, StreamKind};
use crate::tally::Tally;

const MS: u64 = 1_000_000;
const TIMEOUT_NS: u64 = 100 * MS;
const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
/// What a server may send, whole or cut.
const PIECES: [&[u8]; 8] = [
    HEAD,
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"id: 1\ndata: a\n\n",
    b"c\r\nid: 7\ndata\n\n\r\n",
    b"0\r\n\r\n",
    b":\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    b"HTTP/1.1 500 No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
];

#[derive(Clone, Copy, Debug, PartialEq)]
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
    fn new(connections: usize, stream: Option<Stream>) -> Self {
        let expect = Expectation { status: Some(200), ..Expectation::default() };
        let request = Request::get(expect);
        let request = match stream {
            Some(stream) => request.streamed(stream),
            None => request,
        };
        let shape = Shape {
            thread: 0,
            threads: 1,
            requests: vec![[request].into()],
            encrypted: vec![false],
            slots_per_target: connections,
            timeout_ns: TIMEOUT_NS,
            pipeline: 1,
            fresh_connections: false,
        };
        let progress = LiveProgress::new(1);
        progress.reset(None);
        Self {
            generator: Generator::new(shape, Arc::new(progress)),
            sockets: vec![Socket::None; connections],
            now_ns: 1_000 * MS,
        }
    }

    fn start(&mut self, model: Model, window_ns: u64) {
        let drain_ns = 200 * MS;
        let drive =
            Drive { target: 0, model, lead_in_ns: 0, window_ns, drain_ns, max_requests: None };
        self.generator.prepare(0);
        self.generator.start(&drive, self.now_ns, self.now_ns);
        self.act();
    }

    fn act(&mut self) {
        while let Some(action) = self.generator.next_action() {
            match action {
                Action::Connect(slot) => {
                    assert_eq!(self.sockets[slot], Socket::None);
                    self.sockets[slot] = Socket::Connecting;
                }
                Action::Send(slot) => {
                    self.generator.outgoing(slot, self.now_ns, &mut vec![]);
                }
                Action::Close(slot) => self.sockets[slot] = Socket::None,
            }
        }
    }

    fn happen(&mut self, event: Event, bytes: &[u8]) {
        let begins = matches!(event, Event::Connected { .. } | Event::ConnectFailed { .. });
        let socket = &mut self.sockets[event.slot()];
        if *socket != if begins { Socket::Connecting } else { Socket::Open } {
            return;
        }
        if matches!(event, Event::Connected { .. }) {
            *socket = Socket::Open;
        }
        self.generator.handle(event, bytes, self.now_ns);
        self.act();
    }

    fn pass(&mut self, span_ns: u64) {
        self.now_ns += span_ns;
        self.generator.advance(self.now_ns);
        self.act();
    }

    fn receive(&mut self, slot: usize, bytes: &[u8]) {
        self.happen(Event::Received { slot, closing: false }, bytes);
    }

    fn connect(&mut self, slots: usize) {
        (0..slots).for_each(|slot| self.happen(Event::Connected { slot }, &[]));
    }

    /// Ends the drive, if need be with its drain.
    fn end(&mut self) -> Tally {
        self.pass(1_000 * MS);
        assert!(self.generator.is_finished(self.now_ns));
        let tally = self.generator.finish(self.now_ns);
        tally.check().unwrap();
        tally
    }
}

fn sse(events: Option<u64>) -> Stream {
    Stream { kind: StreamKind::Sse, numbers: Some(Numbers::Id), events }
}

fn of_one(events: u64, world: &mut World) {
    world.receive(0, HEAD);
    (0..events).for_each(|_| world.receive(0, b"data\n\n"));
}

#[test]
fn each_event_gives_as_much_time_again_and_a_comment_only_behind_the_first() {
    let mut world = World::new(2, Some(sse(None)));
    world.start(Model::Closed, 10_000 * MS);
    world.connect(2);
    of_one(1, &mut world);
    world.receive(1, HEAD);
    for _ in 0..4 {
        world.pass(TIMEOUT_NS / 2);
        world.receive(0, b":\n");
        world.receive(1, b":\n");
    }
    assert_eq!(world.sockets[0], Socket::Open);
    world.pass(TIMEOUT_NS);
    world.generator.cancel(world.now_ns);
    let tally = world.end();
    let streams = tally.streams.unwrap();
    // Both streams, and the connect that followed the first of them.
    assert_eq!(tally.overall.of(Outcome::Timeout), 3);
    assert_eq!((streams.silent, streams.comments), (1, 5));
}

#[test]
fn a_stream_whose_first_event_comes_after_the_window_is_left_then() {
    let mut world = World::new(2, Some(sse(None)));
    world.start(Model::Closed, 50 * MS);
    world.connect(2);
    of_one(1, &mut world);
    world.receive(1, HEAD);
    world.pass(60 * MS);
    assert_eq!(world.sockets, [Socket::None, Socket::Open]);
    world.receive(1, b"data\n\n");
    assert_eq!(world.sockets, [Socket::None; 2]);
    assert!(world.generator.is_finished(world.now_ns));
    assert_eq!(world.end().overall.of(Outcome::Ok), 2);
}

#[test]
fn a_stream_that_is_to_have_more_events_is_censored_with_them() {
    let mut world = World::new(1, Some(sse(Some(5))));
    world.start(Model::Closed, 50 * MS);
    world.connect(1);
    of_one(2, &mut world);
    world.generator.cancel(world.now_ns);
    let tally = world.end();
    let events = tally.streams.unwrap().events;
    assert_eq!(tally.overall.of(Outcome::Censored), 1);
    assert_eq!((events.arrivals, events.wrong, events.censored), (5, 2, 3));
}

#[test]
fn an_idle_connection_has_no_other_request_and_its_end_is_dated_from_its_response() {
    let mut world = World::new(2, None);
    let stages = vec![Stage { duration_ns: 15 * MS, rate_from: 100.0, rate_to: 100.0 }];
    world.start(Model::Idle { stages }, 500 * MS);
    world.connect(1);
    world.receive(0, PIECES[6]);
    world.pass(10 * MS);
    assert_eq!(world.sockets[1], Socket::Connecting, "the second arrival has its own");
    world.connect(2);
    world.receive(1, PIECES[6]);
    world.pass(20 * MS);
    world.happen(Event::Closed { slot: 0 }, &[]);
    let tally = world.end();
    let idle = tally.idle.unwrap();
    assert_eq!((tally.overall.of(Outcome::Ok), idle.held), (2, 1));
    assert_eq!(idle.closed_after.count_between(29 * MS, 31 * MS), 1);
}

proptest! {
    #[test]
    fn every_stream_and_event_ends_in_one_place(
        happenings in prop::collection::vec((0..9_u8, 0..3_usize, 0..200_usize), 0..80),
        events in prop::option::of(1..4_u64),
        kind in 0..3_usize,
        model in 0..3_usize,
    ) {
        let stream = [
            Some(sse(events)),
            Some(Stream { kind: StreamKind::Chunks, numbers: None, events }),
            None,
        ][kind].clone();
        let is_numbered = kind == 0;
        let mut world = World::new(3, stream);
        let stages = vec![Stage { duration_ns: 100 * MS, rate_from: 90.0, rate_to: 90.0 }];
        let open = Model::Open { stages: stages.clone(), arrival: Arrival::Constant, seed: 1 };
        world.start([Model::Closed, open, Model::Idle { stages }][model].clone(), 150 * MS);
        for (what, slot, argument) in happenings {
            match what {
                0 => world.pass(argument as u64 * MS / 4),
                1 | 2 => world.happen(Event::Connected { slot }, &[]),
                3 => world.happen(Event::ConnectFailed { slot }, &[]),
                4 => world.happen(Event::Closed { slot }, &[]),
                5 => world.happen(Event::Reset { slot }, &[]),
                6 => {
                    let piece = PIECES[argument % PIECES.len()];
                    world.receive(slot, &piece[..=argument % piece.len()]);
                }
                _ => world.receive(slot, PIECES[argument % PIECES.len()]),
            }
        }
        // `World::end` checks the tally.
        let tally = world.end();
        prop_assert_eq!(tally.streams.is_some(), kind < 2);
        if let Some(streams) = tally.streams {
            prop_assert!(streams.left + streams.complete == tally.overall.of(Outcome::Ok));
            prop_assert!(streams.most_held <= 3);
            prop_assert!(is_numbered || streams.events.wrong == 0);
        }
    }
}
