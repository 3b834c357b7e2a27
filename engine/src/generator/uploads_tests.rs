//! Uploads in virtual time: what arrives is what was asked for, and every request is in one place.

use std::sync::Arc;

use proptest::prelude::*;

use super::super::Shape;
use super::*;
use crate::expect::Expectation;
use crate::load::{Drive, Model};
use crate::outcome::Outcome;
use crate::progress::LiveProgress;
use crate::reactor::Event;
use crate::request::Request;
use crate::tally::Tally;
use crate::upload::{generated_block, Content, Manner, Upload};
use crate::upload_tally::UploadTally;

const MS: u64 = 1_000_000;
const TIMEOUT_NS: u64 = 3_000 * MS;
const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const TOO_LARGE: &[u8] = b"HTTP/1.1 413 No\r\nContent-Length: 0\r\n\r\n";
const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";
const BYTES: u64 = 3_000_000;

struct World {
    generator: Generator,
    is_open: bool,
    /// What the server has received on this connection.
    arrived: Vec<u8>,
    /// A piece is on its way.
    flies: bool,
    now_ns: u64,
}

impl World {
    fn new(waits: bool, window_ns: u64) -> Self {
        let manner = Manner { waits, ..Manner::default() };
        let upload = Upload::new(&Content::Generated(BYTES), &manner);
        let expect = Expectation { status: Some(200), ..Expectation::default() };
        let request = Request::uploading("POST", "here", "/", &[], upload, expect);
        let shape = Shape {
            thread: 0,
            threads: 1,
            requests: vec![[request].into()],
            encrypted: vec![false],
            slots_per_target: 1,
            timeout_ns: TIMEOUT_NS,
            pipeline: 1,
            fresh_connections: false,
        };
        let progress = LiveProgress::new(1);
        progress.reset(Some(1));
        let mut world = Self {
            generator: Generator::new(shape, Arc::new(progress)),
            is_open: false,
            arrived: vec![],
            flies: false,
            now_ns: 1_000 * MS,
        };
        let model = Model::Closed;
        let (target, max_requests) = (0, Some(1));
        let drive =
            Drive { target, model, lead_in_ns: 0, window_ns, drain_ns: TIMEOUT_NS, max_requests };
        world.generator.prepare(0);
        world.generator.start(&drive, world.now_ns, world.now_ns);
        world.act();
        world
    }

    fn act(&mut self) {
        while let Some(action) = self.generator.next_action() {
            match action {
                Action::Connect(slot) => {
                    self.is_open = true;
                    self.arrived.clear();
                    self.generator.handle(Event::Connected { slot }, &[], self.now_ns);
                }
                Action::Send(slot) => {
                    let mut bytes = vec![];
                    let piece = self.generator.outgoing(slot, self.now_ns, &mut bytes);
                    assert!(!self.flies || (bytes.is_empty() && piece.is_none()), "one at a time");
                    self.arrived.extend_from_slice(&bytes);
                    if let Some(piece) = piece {
                        self.arrived.extend_from_slice(piece.rest());
                        self.flies = true;
                    }
                }
                Action::Close(_) => {
                    self.is_open = false;
                    self.flies = false;
                }
            }
        }
    }

    fn happen(&mut self, event: Event, bytes: &[u8]) {
        if self.is_open {
            self.generator.handle(event, bytes, self.now_ns);
            self.act();
        }
    }

    fn answer(&mut self, bytes: &[u8]) {
        self.happen(Event::Received { slot: 0, closing: false }, bytes);
    }

    /// The socket accepts a piece. Returns whether there was one.
    fn drain(&mut self) -> bool {
        let flew = std::mem::take(&mut self.flies);
        if flew {
            self.happen(Event::Drained { slot: 0 }, &[]);
        }
        flew
    }

    fn pass(&mut self, span_ns: u64) {
        self.now_ns += span_ns;
        self.generator.advance(self.now_ns);
        self.act();
    }

    /// The body that has arrived; None before the end of a head.
    fn body(&self) -> Option<&[u8]> {
        let head = memchr::memmem::find(&self.arrived, b"\r\n\r\n")?;
        Some(&self.arrived[head + 4..])
    }

    fn finish(mut self) -> Tally {
        if !self.generator.is_finished(self.now_ns) {
            self.pass(100_000 * MS);
        }
        let tally = self.generator.finish(self.now_ns);
        tally.check().unwrap();
        assert_eq!(tally.overall.arrivals, 1);
        tally
    }
}

fn whole() -> Vec<u8> {
    generated_block().iter().copied().cycle().take(usize::try_from(BYTES).unwrap()).collect()
}

#[test]
fn all_bytes_are_sent_and_the_response_counts() {
    let mut world = World::new(false, 60_000 * MS);
    while world.drain() {}
    assert!(world.body() == Some(&whole()[..]));
    world.answer(OK);
    assert!(world.is_open, "a connection is kept");
    let sent = world.arrived.len() as u64;
    let tally = world.finish();
    assert_eq!((tally.overall.of(Outcome::Ok), tally.bytes_sent), (1, sent));
    assert_eq!(tally.uploads, UploadTally::default());
}

#[test]
fn a_body_that_waits_is_sent_after_100() {
    let mut world = World::new(true, 60_000 * MS);
    assert_eq!(world.body(), Some(&b""[..]));
    world.pass(CONTINUE_NS - MS);
    assert_eq!(world.body(), Some(&b""[..]));
    world.answer(CONTINUE);
    while world.drain() {}
    world.answer(OK);
    assert!(world.body() == Some(&whole()[..]));
    let tally = world.finish();
    assert_eq!(tally.uploads, UploadTally { invited: 1, ..UploadTally::default() });
    assert_eq!(tally.overall.of(Outcome::Ok), 1);
}

#[test]
fn a_body_that_waits_is_sent_after_a_second_without_an_answer() {
    let mut world = World::new(true, 60_000 * MS);
    let (mark, is_arrival) = world.generator.next_mark(world.now_ns);
    assert_eq!((mark, is_arrival), (Some(world.now_ns + CONTINUE_NS), false));
    world.pass(CONTINUE_NS);
    while world.drain() {}
    assert!(world.body() == Some(&whole()[..]));
    // A late invitation changes nothing.
    world.answer(CONTINUE);
    world.answer(OK);
    assert!(world.body() == Some(&whole()[..]) && world.is_open);
    let tally = world.finish();
    assert_eq!(tally.uploads, UploadTally { uninvited: 1, ..UploadTally::default() });
    assert_eq!(tally.overall.of(Outcome::Ok), 1);
}

#[test]
fn a_final_answer_in_place_of_100_is_judged_and_the_body_is_not_sent() {
    let mut world = World::new(true, 60_000 * MS);
    world.answer(TOO_LARGE);
    assert!(world.body() == Some(&b""[..]) && !world.is_open);
    let tally = world.finish();
    assert_eq!(tally.overall.of(Outcome::WrongStatus), 1);
    assert_eq!(tally.uploads, UploadTally { cut_short: 1, ..UploadTally::default() });
}

#[test]
fn an_answer_in_the_middle_is_judged_and_the_rest_is_not_sent() {
    for (answer, outcome) in [(TOO_LARGE, Outcome::WrongStatus), (OK, Outcome::Ok)] {
        let mut world = World::new(false, 60_000 * MS);
        world.drain();
        world.answer(answer);
        assert!(!world.is_open && !world.drain());
        let tally = world.finish();
        assert_eq!((tally.overall.of(outcome), tally.uploads.cut_short), (1, 1));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Pieces that are accepted, invitations, answers, ends and time, in any order.
    #[test]
    fn every_upload_is_in_one_place_and_never_has_other_bytes(
        waits in any::<bool>(), steps in prop::collection::vec(0..8_u8, 0..24)
    ) {
        let mut world = World::new(waits, 10_000 * MS);
        for step in steps {
            match step {
                0..=2 => { world.drain(); }
                3 => world.answer(CONTINUE),
                4 => world.pass(400 * MS),
                5 => world.happen(Event::Closed { slot: 0 }, &[]),
                6 => world.happen(Event::Reset { slot: 0 }, &[]),
                _ => world.answer(OK),
            }
        }
        // That of the last connection, or what it has of it.
        let sent = world.body().map_or(0, <[u8]>::len);
        prop_assert!(world.body().is_none_or(|body| body == &whole()[..sent]));
        let tally = world.finish();
        prop_assert!(tally.overall.of(Outcome::Malformed) == 0);
    }
}
