//! Servers that break HTTP/2. Each ends a connection with its name, and the load at its end.

use std::thread;

use timetrial_engine::http2::Violation;
use timetrial_engine::load::{Drive, Model};
use timetrial_engine::outcome::Outcome;
use timetrial_engine::tally::Tally;

use crate::support::{
    at_rate, driven, frame, get, http2, scripted, setting, target, DATA, END_HEADERS, HEADERS, MS,
    PING, SETTINGS,
};

/// Drives a server for a tenth of a second that answers each request with the same frames. What has
/// not ended by then gets so much more time.
fn attacked(answer: Vec<u8>, streams: usize, is_open: bool, drain_ms: u64) -> Tally {
    let address = scripted(move |mut peer, _| {
        while peer.next_request().is_some() {
            peer.send(&answer);
        }
    });
    let rate = at_rate(200.0, 100);
    let drive = if is_open { rate } else { Drive { model: Model::Closed, ..rate } };
    let drive = Drive { drain_ns: drain_ms * MS, ..drive };
    driven(&target(address, get(b"hi")), &setting(2, streams), &drive)
}

#[test]
fn violations_are_named_and_fail_what_is_in_flight() {
    let head = frame(HEADERS, 0, 1, &[0x88]);
    // An entry of a table that was switched off, a thousand times.
    let bomb = frame(HEADERS, END_HEADERS, 1, &[0xbe; 1_000]);
    let cases = [
        (vec![0, 0x40, 1, DATA, 0, 0, 0, 0, 1], Violation::FrameSize),
        (frame(HEADERS, END_HEADERS, 2, &[0x88]), Violation::StreamId),
        (frame(HEADERS, END_HEADERS, 0x7fff_ffff, &[0x88]), Violation::StreamId),
        (frame(DATA, 0, 0, b"x"), Violation::StreamId),
        (frame(8, 0, 0, &[0x7f, 0xff, 0xff, 0xff]), Violation::FlowControl),
        (frame(SETTINGS, 0, 0, &[0, 4, 0xff, 0xff, 0xff, 0xff]), Violation::FlowControl),
        (frame(SETTINGS, 0, 0, &[0, 5, 0, 0, 0, 1]), Violation::Settings),
        (bomb, Violation::Compression),
        ([head.clone(), frame(PING, 0, 0, &[0; 8])].concat(), Violation::Continuation),
        ([head, frame(9, 0, 1, &[0; 16_384]).repeat(5)].concat(), Violation::HeadTooLarge),
        (frame(5, END_HEADERS, 1, &[0, 0, 0, 2, 0x82]), Violation::Push),
        (frame(PING, 0, 0, &[0; 8]).repeat(10_001), Violation::Flood),
    ];
    // Most of the time is waiting.
    thread::scope(|scope| {
        for (answer, violation) in cases {
            scope.spawn(move || {
                for (streams, is_open) in [(1, false), (4, true)] {
                    let tally = attacked(answer.clone(), streams, is_open, 30_000);
                    assert_eq!(http2(&tally).violation, Some(violation));
                    let counts = &tally.overall;
                    assert!(counts.of(Outcome::Malformed) > 0, "{violation:?}: {counts:?}");
                    assert_eq!(tally.completions, 0);
                }
            });
        }
    });
}

#[test]
fn answers_without_an_end_are_cut_off_by_the_end_of_the_load() {
    for answer in [vec![], frame(0x42, 0, 0, b"of a kind that is not known")] {
        let tally = attacked(answer, 2, true, 300);
        assert_eq!(tally.overall.of(Outcome::Censored), tally.overall.arrivals);
    }
}
