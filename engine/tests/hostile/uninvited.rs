//! Unsolicited responses.

use std::io::Write;
use std::thread::sleep;
use std::time::Duration;

use timetrial_engine::outcome::Outcome;

use crate::support::{
    attack, drive, in_all_ways, read_some, read_to_end, serve, serve_bytes, session, OK, WAYS,
};

#[test]
fn a_response_before_any_request_is_noticed_on_an_idle_connection() {
    let address = serve(|mut stream, _| {
        if read_some(&mut stream) && stream.write_all(OK).is_ok() {
            sleep(Duration::from_millis(50));
            // A reset is fine too: the generator has closed.
            let _ = stream.write_all(OK);
            read_to_end(stream);
        }
    });
    for open in [false, true] {
        let mut session = session(address, 1, 1);
        let first = drive(&mut session, open, Some(1));
        assert_eq!(first.overall.of(Outcome::Ok), 1, "{:?}", first.overall);
        sleep(Duration::from_millis(150));
        let second = drive(&mut session, open, Some(1));
        assert_eq!(second.unsolicited, 1);
        assert_eq!(second.overall.of(Outcome::Ok), 1, "{:?}", second.overall);
    }
}

#[test]
fn a_response_right_after_the_connect_does_no_harm() {
    in_all_ways(|way| {
        let address = serve(|mut stream, _| {
            if stream.write_all(OK).is_ok() {
                read_to_end(stream);
            }
        });
        // It may count as the response to a request that was sent before it arrived, at most once
        // on each connection. No request waits for ever.
        let tally = attack(address, way);
        assert!(tally.overall.failed() > 0, "{way:?}: {:?}", tally.overall);
    });
}

#[test]
fn a_second_response_behind_the_first_one_is_noticed() {
    // In a pipeline one read of this server may take several requests.
    for way in WAYS.into_iter().filter(|way| way.pipeline == 1) {
        let tally = attack(serve_bytes([OK, OK].concat()), way);
        assert!(tally.unsolicited > 0, "{way:?}: {:?}", tally.overall);
    }
}

#[test]
fn garbage_behind_a_response_is_noticed() {
    for way in WAYS {
        let tally = attack(serve_bytes([OK, b"\0garbage"].concat()), way);
        let malformed = tally.overall.of(Outcome::Malformed);
        assert!(tally.unsolicited + malformed > 0, "{way:?}: {:?}", tally.overall);
    }
}

#[test]
fn more_responses_than_requests_in_a_pipeline_are_noticed() {
    for way in WAYS {
        let tally = attack(serve_bytes(OK.repeat(6)), way);
        assert!(tally.unsolicited > 0, "{way:?}: {:?}", tally.overall);
    }
}
