//! Slots of the generator, and the connections in them.

use super::*;

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
