//! Slots of the generator, and the connections in them.

use super::*;
use crate::websocket::{Kind, Upgrade};

#[test]
fn a_connection_with_room_stands_in_the_queue_once() {
    let mut world = World::new(shape(2, 4, S), after(|_| 3 * MS));
    let tally = world.drive(&drive(constant(1_000.0), S));
    assert_eq!(tally.window.of(Outcome::Ok), 1_000);
    assert!(world.generator.free.len() <= 2, "{} in the queue", world.generator.free.len());
}

#[test]
fn refused_connects_are_tried_again_after_pauses_that_double() {
    let mut world = World::new(shape(1, 1, S), after(|_| MS));
    world.refuses = true;
    let tally = world.drive(&drive(Model::Closed, S));
    // After 0, 10, 30, 70, 150, 310 and 630 ms. The next one would be after the window.
    assert_eq!(tally.overall.of(Outcome::ConnectFailed), 7);
}

#[test]
fn a_wrong_response_is_no_completion_of_its_connection() {
    let answer = |now_ns: u64, number: u64| {
        let what = if number == 3 { Happening::AnsweredWrongly } else { Happening::Answered };
        (now_ns + MS, what)
    };
    let mut world = World::new(shape(1, 1, S), answer);
    let tally = world.drive(&Drive { max_requests: Some(8), ..drive(Model::Closed, S) });
    assert_eq!(tally.overall.of(Outcome::Ok), 7);
    assert_eq!(tally.completions_per_connection, [7]);
}

/// A page, a message, and another page, on so many pairs of connections.
fn pairs(connections: usize) -> Shape {
    let page = shape(1, 1, S).requests[0][0].clone();
    let upgrade = Upgrade::new("here", "/ws", &[]);
    let message = Request::message(Kind::Text, b"hi", upgrade, Expectation::default());
    let requests = vec![[page.clone(), message, page].into()];
    Shape { requests, ..shape(2 * connections, 1, 300 * MS) }
}

proptest! {
    /// The server of these tests makes no connection a WebSocket.
    #[test]
    fn requests_go_on_whatever_becomes_of_the_messages_among_them(
        answers in prop::collection::vec((0..4_u8, 1..20_u64), 1..40),
        connections in 1..4_usize,
        model in 0..3_usize,
    ) {
        let always = answers.iter().all(|&(what, _)| what > 1);
        let respond = move |now_ns: u64, number: u64| {
            let (what, delay) = answers[usize::try_from(number).unwrap() % answers.len()];
            let what = match what {
                0 => Happening::Broken,
                1 => Happening::Closed,
                _ => Happening::Answered,
            };
            (now_ns + delay * MS, what)
        };
        let users = Model::Users { think: vec![ThinkTime::None; 3], seed: 1 };
        let model = [constant(100.0), Model::Closed, users][model].clone();
        let mut world = World::new(pairs(connections), respond);
        for _ in 0..2 {
            // `World::drive` checks the tally.
            let tally = world.drive(&Drive { drain_ns: 500 * MS, ..drive(model.clone(), 300 * MS) });
            prop_assert_eq!(tally.by_request[1].counts.of(Outcome::Ok), 0);
            prop_assert!(!always || tally.overall.of(Outcome::Ok) > 0);
        }
    }
}
