//! The generator in virtual time, against a server whose response times are known exactly.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::expect::{Expectation, ExpectedBody};
use crate::schedule::{Arrival, Stage};
use crate::users::ThinkTime;

#[path = "generator_slots_tests.rs"]
mod slots;

const US: u64 = 1_000;
const MS: u64 = 1_000_000;
const S: u64 = 1_000_000_000;
const RESPONSE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const WRONG_RESPONSE: &[u8] = b"HTTP/1.1 500 No\r\nContent-Length: 2\r\n\r\nno";

/// An event that is scheduled in virtual time.
#[derive(Clone, Copy, Debug)]
enum Happening {
    Connected,
    Refused,
    Answered,
    AnsweredWrongly,
    Broken,
    Closed,
}

/// A server in virtual time.
struct World<Respond> {
    generator: Generator,
    now_ns: u64,
    connect_ns: u64,
    refuses: bool,
    /// From the time of a send and its number to the time and the kind of the response.
    respond: Respond,
    happenings: BTreeMap<(u64, u64), (usize, u64, Happening)>,
    generations: Vec<u64>,
    /// Whether each slot has a socket.
    occupied: Vec<bool>,
    /// When the last response on each slot is due. A connection responds in order.
    last_answer_ns: Vec<u64>,
    sent: u64,
    counter: u64,
}

fn shape(connections: usize, pipeline: usize, timeout_ns: u64) -> Shape {
    let expect = Expectation { status: Some(200), body: ExpectedBody::Literal((*b"ok").into()) };
    let requests = [Request::get(expect)];
    Shape {
        thread: 0,
        threads: 1,
        requests: vec![requests.into()],
        encrypted: vec![false],
        slots_per_target: connections,
        timeout_ns,
        pipeline,
        fresh_connections: false,
    }
}

fn constant(rate: f64) -> Model {
    let stages = vec![Stage { duration_ns: 3_600 * S, rate_from: rate, rate_to: rate }];
    Model::Open { stages, arrival: Arrival::Constant, seed: 1 }
}

fn drive(model: Model, window_ns: u64) -> Drive {
    Drive { target: 0, model, lead_in_ns: 0, window_ns, drain_ns: 60 * S, max_requests: None }
}

impl<Respond: FnMut(u64, u64) -> (u64, Happening)> World<Respond> {
    fn new(shape: Shape, respond: Respond) -> Self {
        let slots = shape.slots_per_target;
        Self {
            generator: Generator::new(shape, Arc::new(LiveProgress::new(1))),
            now_ns: S,
            connect_ns: 50 * US,
            refuses: false,
            respond,
            happenings: BTreeMap::new(),
            generations: vec![0; slots],
            occupied: vec![false; slots],
            last_answer_ns: vec![0; slots],
            sent: 0,
            counter: 0,
        }
    }

    fn drive(&mut self, drive: &Drive) -> Tally {
        self.generator.progress.reset(drive.max_requests);
        self.generator.prepare(drive.target);
        self.generator.start(drive, self.now_ns, self.now_ns);
        self.act();
        let mut steps = 0;
        while !self.generator.is_finished(self.now_ns) {
            self.step();
            steps += 1;
            assert!(steps < 1_000_000, "no end in sight at {} ns", self.now_ns);
        }
        let tally = self.generator.finish(self.now_ns);
        tally.check().unwrap();
        tally
    }

    /// Advances to the next event or mark.
    fn step(&mut self) {
        let (mark, _) = self.generator.next_mark(self.now_ns);
        let happening = self.happenings.first_key_value().map(|(&(at_ns, _), _)| at_ns);
        let next_ns = mark.into_iter().chain(happening).min().expect("something will happen");
        self.now_ns = self.now_ns.max(next_ns);
        self.generator.advance(self.now_ns);
        self.act();
        while let Some(entry) = self.happenings.first_entry() {
            if entry.key().0 > self.now_ns {
                return;
            }
            let (slot, generation, happening) = entry.remove();
            if generation == self.generations[slot] {
                self.happen(slot, happening);
                self.act();
            }
        }
    }

    fn happen(&mut self, slot: usize, happening: Happening) {
        let (event, bytes) = match happening {
            Happening::Connected => (Event::Connected { slot }, &[][..]),
            Happening::Refused => (Event::ConnectFailed { slot }, &[][..]),
            Happening::Answered => (Event::Received { slot, closing: false }, RESPONSE),
            Happening::AnsweredWrongly => {
                (Event::Received { slot, closing: false }, WRONG_RESPONSE)
            }
            Happening::Broken => (Event::Reset { slot }, &[][..]),
            Happening::Closed => (Event::Closed { slot }, &[][..]),
        };
        self.generator.handle(event, bytes, self.now_ns);
    }

    fn act(&mut self) {
        while let Some(action) = self.generator.next_action() {
            match action {
                Action::Connect(slot) => {
                    assert!(!self.occupied[slot], "connects empty slots alone");
                    self.occupied[slot] = true;
                    let outcome =
                        if self.refuses { Happening::Refused } else { Happening::Connected };
                    self.later(self.now_ns + self.connect_ns, slot, outcome);
                }
                Action::Send(slot) => {
                    let mut bytes = vec![];
                    self.generator.outgoing(slot, self.now_ns, &mut bytes);
                    for _ in 0..memchr::memmem::find_iter(&bytes, b"\r\n\r\n").count() {
                        let (at_ns, what) = (self.respond)(self.now_ns, self.sent);
                        self.sent += 1;
                        let at_ns = at_ns.max(self.last_answer_ns[slot]);
                        self.last_answer_ns[slot] = at_ns;
                        self.later(at_ns, slot, what);
                    }
                }
                Action::Close(slot) => {
                    self.occupied[slot] = false;
                    self.generations[slot] += 1;
                    self.last_answer_ns[slot] = 0;
                }
            }
        }
    }

    fn later(&mut self, at_ns: u64, slot: usize, what: Happening) {
        self.counter += 1;
        let generation = self.generations[slot];
        self.happenings.insert((at_ns, self.counter), (slot, generation, what));
    }
}

/// Responds after a time that depends only on the number of the request.
fn after(delay_ns: impl Fn(u64) -> u64) -> impl FnMut(u64, u64) -> (u64, Happening) {
    move |now_ns, number| (now_ns + delay_ns(number), Happening::Answered)
}

/// Is `actual` equal to `expected` within the resolution of the histogram?
fn is_close(actual: u64, expected: u64) -> bool {
    actual.abs_diff(expected) as f64 <= 1.0 + expected as f64 / 1000.0
}

#[test]
fn closed_load_gives_one_response_a_response_time_on_each_connection() {
    let mut world = World::new(shape(10, 1, S), after(|_| 5 * MS));
    world.drive(&drive(Model::Closed, 10 * MS));
    let tally = world.drive(&drive(Model::Closed, S));
    assert_eq!(tally.window.arrivals, 10 * 200);
    assert!(is_close(tally.response_time.quantile(0.5), 5 * MS));
    assert_eq!(tally.completions_per_connection, [200; 10]);
}

#[test]
fn open_load_keeps_its_schedule_whatever_the_server_does() {
    let mut world = World::new(shape(50, 1, 10 * S), after(|_| 3 * MS));
    let tally = world.drive(&drive(constant(1_000.0), 2 * S));
    assert_eq!(tally.window.arrivals, 2_000);
    assert_eq!(tally.window.of(Outcome::Ok), 2_000);
    assert!(tally.connections_reached <= 5, "{} connections", tally.connections_reached);
    assert_eq!(tally.lateness.max_ns(), 0);
}

#[test]
fn a_server_that_freezes_for_two_seconds_is_seen_by_all_who_came_meanwhile() {
    let frozen = 2 * S..4 * S;
    let respond = move |now_ns: u64, _: u64| {
        let ready_ns = if frozen.contains(&now_ns) { frozen.end } else { now_ns };
        (ready_ns + 100 * US, Happening::Answered)
    };
    let mut world = World::new(shape(50, 1, 10 * S), respond);
    let tally = world.drive(&drive(constant(1_000.0), 5 * S));
    assert_eq!(tally.window.of(Outcome::Ok), 5_000);
    let quantile = |q| tally.response_time.quantile(q);
    assert!(quantile(0.5) < MS);
    for (q, truth_ms) in [(0.75, 750), (0.9, 1_500), (0.99, 1_950)] {
        let off_ns = quantile(q).abs_diff(truth_ms * MS);
        assert!(off_ns < 6 * MS, "p{q} is {off_ns} ns off");
    }
    // The service time, which starts at the send, hides nearly all of it.
    assert!(tally.service_time.quantile(0.98) < MS);
}

#[test]
fn requests_that_find_no_connection_wait_with_their_due_time() {
    let mut world = World::new(shape(1, 1, 100 * S), after(|_| 10 * MS));
    world.connect_ns = 0;
    let tally = world.drive(&drive(constant(200.0), S));
    assert_eq!(tally.window.of(Outcome::Ok), 200);
    // One request arrives every 5 ms and one ends every 10 ms: the last one waits for 199 × 5 ms.
    assert!(is_close(tally.response_time.max_ns(), 1_005 * MS));
    assert_eq!(tally.connections_reached, 1);
}

#[test]
fn each_pipelined_request_has_a_time_of_its_own() {
    let mut world = World::new(shape(1, 4, S), after(|number| (1 + number % 4) * MS));
    let tally = world.drive(&Drive { max_requests: Some(4), ..drive(Model::Closed, S) });
    let all: Vec<u64> = tally.service_time.buckets().map(|bucket| bucket.high_ns).collect();
    assert_eq!(all.len(), 4);
    assert!(all.iter().zip(1..).all(|(&ns, ms)| is_close(ns, ms * MS)), "{all:?}");
}

#[test]
fn a_timeout_closes_the_connection_and_counts_at_its_elapsed_time() {
    let answer = |now_ns: u64, number: u64| {
        (now_ns + if number == 3 { 100 * S } else { MS }, Happening::Answered)
    };
    let mut world = World::new(shape(1, 1, 200 * MS), answer);
    let tally = world.drive(&drive(Model::Closed, S));
    assert_eq!(tally.window.of(Outcome::Timeout), 1);
    assert!(is_close(tally.response_time.max_ns(), 200 * MS));
    assert_eq!(tally.connect_time.count(), 2);
}

#[test]
fn a_broken_pipeline_fails_every_request_that_was_on_it() {
    let answer = |now_ns: u64, number: u64| match number {
        5 => (now_ns + MS, Happening::Broken),
        _ => (now_ns + MS, Happening::Answered),
    };
    let mut world = World::new(shape(1, 8, S), answer);
    let tally = world.drive(&Drive { max_requests: Some(8), ..drive(Model::Closed, S) });
    assert_eq!(tally.overall.of(Outcome::Ok), 5);
    assert_eq!(tally.overall.of(Outcome::Reset), 3);
}

#[test]
fn a_refused_connect_fails_one_request_that_waits_and_is_tried_again_later() {
    let mut world = World::new(shape(4, 1, S), after(|_| MS));
    world.refuses = true;
    let tally = world.drive(&Drive { drain_ns: S, ..drive(constant(100.0), S) });
    let refused = tally.window.of(Outcome::ConnectFailed);
    assert!(refused > 0);
    assert_eq!(refused + tally.window.of(Outcome::Censored), 100);
}

#[test]
fn nobody_waits_for_the_end_of_the_drain_if_all_connects_are_refused() {
    let mut world = World::new(shape(5, 1, S), after(|_| MS));
    world.refuses = true;
    let tally = world.drive(&drive(constant(100.0), S));
    assert_eq!(tally.overall.of(Outcome::ConnectFailed), 100);
    assert!(tally.timeline.drained_ns - tally.timeline.closed_ns <= LONGEST_BACKOFF_NS);
}

#[test]
fn fresh_connections_are_opened_for_every_request() {
    let fresh = Shape { fresh_connections: true, ..shape(2, 1, S) };
    let mut world = World::new(fresh, after(|_| MS));
    let tally = world.drive(&Drive { max_requests: Some(20), ..drive(Model::Closed, S) });
    assert_eq!(tally.connect_time.count(), 20);
    assert!(is_close(tally.response_time.quantile(0.5), MS + 50 * US));
}

#[test]
fn a_connect_that_came_too_late_for_one_drive_is_begun_anew_in_the_next() {
    let mut world = World::new(shape(2, 1, S), after(|_| 100 * US));
    world.connect_ns = 50 * MS;
    // A low rate at first, so that one connection is enough once both could be open.
    for (rate, window_ns, requests) in [(1_000.0, 3 * MS, 3), (100_000.0, MS, 100)] {
        let tally = world.drive(&drive(constant(rate), window_ns));
        assert_eq!(tally.overall.of(Outcome::Ok), requests);
    }
}

#[test]
fn a_cancelled_drive_censors_what_waits() {
    let mut world = World::new(shape(1, 1, 100 * S), after(|_| 50 * S));
    let open = drive(constant(1_000.0), 100 * S);
    world.generator.progress.reset(None);
    world.generator.prepare(0);
    world.generator.start(&open, world.now_ns, world.now_ns);
    world.act();
    while world.now_ns < 2 * S {
        world.step();
    }
    world.generator.cancel(world.now_ns);
    let tally = world.generator.finish(world.now_ns);
    tally.check().unwrap();
    assert_eq!(tally.window.of(Outcome::Censored), 1_001);
}

#[test]
fn users_go_through_their_steps_and_think_in_between() {
    let mut shape = shape(10, 1, S);
    let request = shape.requests[0][0].clone();
    shape.requests = vec![vec![request; 3].into()];
    let mut world = World::new(shape, after(|_| 5 * MS));
    world.connect_ns = 0;
    let think = vec![ThinkTime::Constant { think_ns: 100 * MS }, ThinkTime::None, ThinkTime::None];
    let tally = world.drive(&drive(Model::Users { think, seed: 1 }, 1_149 * MS));
    // An iteration takes 3 × 5 ms and 100 ms of thinking: the tenth ends after the window.
    assert_eq!(tally.iteration_time.count(), 10 * 9);
    assert!(is_close(tally.iteration_time.quantile(0.5), 115 * MS));
    assert!(is_close(tally.response_time.max_ns(), 5 * MS));
    let steps: Vec<u64> =
        tally.by_request.iter().map(|request| request.counts.of(Outcome::Ok)).collect();
    assert_eq!(steps, [100; 3]);
}

#[test]
fn a_user_whose_step_failed_goes_on_to_the_next() {
    let mut shape = shape(1, 1, S);
    let request = shape.requests[0][0].clone();
    shape.requests = vec![vec![request; 2].into()];
    let answer = |now_ns: u64, number: u64| {
        (now_ns + MS, if number == 0 { Happening::Broken } else { Happening::Answered })
    };
    let mut world = World::new(shape, answer);
    let model = Model::Users { think: vec![ThinkTime::None; 2], seed: 1 };
    let tally = world.drive(&Drive { max_requests: Some(2), ..drive(model, S) });
    assert_eq!(tally.by_request[0].counts.of(Outcome::Reset), 1);
    assert_eq!(tally.by_request[1].counts.of(Outcome::Ok), 1);
    assert_eq!(tally.connect_time.count(), 2);
}

proptest! {
    #[test]
    fn every_request_ends_in_exactly_one_place(
        behaviour in prop::collection::vec((0..6_u64, 1..400_u64), 1..40),
        connections in 1..6_usize,
        pipeline in 1..5_usize,
        model in 0..3_usize,
        limit in prop::option::of(1..200_u64),
    ) {
        let respond = move |now_ns: u64, number: u64| {
            let (kind, delay) = behaviour[usize::try_from(number).unwrap() % behaviour.len()];
            let what = match kind {
                0 => Happening::Broken,
                1 => Happening::Closed,
                _ => Happening::Answered,
            };
            (now_ns + delay * MS, what)
        };
        let open = model == 0;
        let think = vec![ThinkTime::Uniform { low_ns: 0, high_ns: 5 * MS }];
        let users = Model::Users { think, seed: 1 };
        let model = [constant(500.0), Model::Closed, users][model].clone();
        let mut world = World::new(shape(connections, pipeline, 300 * MS), respond);
        let drive = Drive { drain_ns: 500 * MS, max_requests: limit, ..drive(model, 300 * MS) };
        for _ in 0..2 {
            // `World::drive` checks the tally.
            let tally = world.drive(&drive);
            prop_assert!(limit.is_none_or(|limit| tally.overall.arrivals <= limit));
            if open && limit.is_none() {
                prop_assert_eq!(tally.window.arrivals, 150);
            }
        }
    }
}
