//! Responses on one connection, by outcome and in pieces.

use super::*;
use crate::expect::{Expectation, ExpectedBody};
use proptest::prelude::*;

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHello";

fn expecting(expect: Expectation) -> Vec<Request> {
    vec![Request::get(expect)]
}

fn body(body: &[u8]) -> Vec<Request> {
    expecting(Expectation { status: Some(200), body: ExpectedBody::Literal(body.into()) })
}

/// A connection with requests that were due at 10, 11, … and sent at 15.
fn waiting(requests: u64) -> Connection {
    let mut connection = Connection::default();
    for request in 0..requests {
        connection.push(0, 10 + request, 0);
    }
    assert_eq!(connection.sent(15).count() as u64, requests);
    connection
}

impl Connection {
    fn takes(&mut self, bytes: &[u8], now_ns: u64, requests: &[Request]) -> Received {
        self.receive(bytes, now_ns, requests, &mut HeadMemo::default())
    }
}

fn outcome(received: Received) -> Outcome {
    match received {
        Received::Ended { ended, .. } => ended.outcome,
        other => panic!("not ended: {other:?}"),
    }
}

#[test]
fn a_response_carries_all_three_times() {
    let received = waiting(1).takes(ANSWER, 20, &body(b"Hello"));
    let ended =
        Ended { request: 0, outcome: Outcome::Ok, due_ns: 10, sent_ns: Some(15), ended_ns: 20 };
    let consumed = ANSWER.len();
    assert_eq!(received, Received::Ended { consumed, ended, status: Some(200), reusable: true });
}

#[test]
fn another_status_body_or_length_is_wrong() {
    let other_status = Expectation { status: Some(404), body: ExpectedBody::Any };
    let other_length = Expectation { status: None, body: ExpectedBody::Length(4) };
    for (expect, wrong) in
        [(other_status, Outcome::WrongStatus), (other_length, Outcome::WrongBody)]
    {
        assert_eq!(outcome(waiting(1).takes(ANSWER, 20, &expecting(expect))), wrong);
    }
    for other in [&b"hello"[..], b"Hell", b"Hello!"] {
        assert_eq!(outcome(waiting(1).takes(ANSWER, 20, &body(other))), Outcome::WrongBody);
    }
}

#[test]
fn bytes_without_a_request_are_unsolicited() {
    let mut connection = waiting(1);
    connection.takes(ANSWER, 20, &body(b"Hello"));
    assert_eq!(connection.takes(ANSWER, 21, &body(b"Hello")), Received::Unsolicited);
}

#[test]
fn bytes_before_the_request_was_sent_are_unsolicited() {
    let mut connection = Connection::default();
    connection.push(0, 10, 0);
    assert_eq!(connection.takes(ANSWER, 21, &body(b"Hello")), Received::Unsolicited);
}

#[test]
fn pipelined_responses_end_their_requests_one_by_one_in_order() {
    let mut connection = waiting(3);
    let all = ANSWER.repeat(3);
    let mut rest = &all[..];
    for due_ns in [10, 11, 12] {
        let Received::Ended { consumed, ended, .. } = connection.takes(rest, 20, &body(b"Hello"))
        else {
            panic!("not ended");
        };
        assert_eq!(ended.due_ns, due_ns);
        rest = &rest[consumed..];
    }
    assert!(rest.is_empty() && connection.is_empty());
}

#[test]
fn a_response_to_head_has_no_body() {
    let requests = vec![Request::new("HEAD", "localhost", "/", &[], b"", Expectation::default())];
    let head = &ANSWER[..ANSWER.len() - 5];
    assert_eq!(outcome(waiting(1).takes(head, 20, &requests)), Outcome::Ok);
}

#[test]
fn a_close_in_the_middle_completes_no_response() {
    let mut connection = waiting(1);
    connection.takes(&ANSWER[..20], 20, &body(b"Hello"));
    assert_eq!(connection.peer_closed(25, &body(b"Hello")), None);
    assert_eq!(connection.abandon(Outcome::ClosedEarly, 25).unwrap().due_ns, 10);
}

#[test]
fn a_request_that_is_abandoned_is_not_to_be_sent_any_more() {
    let mut connection = Connection::default();
    connection.push(0, 10, 0);
    connection.abandon(Outcome::ConnectFailed, 11);
    assert_eq!((connection.unsent(), connection.len()), (0, 0));
}

proptest! {
    #[test]
    fn a_body_is_compared_alike_however_it_is_cut(
        cut in 0..ANSWER.len(),
        other in prop_oneof![Just(&b"Hello"[..]), Just(&b"Hellx"[..]), Just(&b"Hell"[..])],
    ) {
        let requests = body(other);
        let mut connection = waiting(1);
        connection.takes(&ANSWER[..cut], 20, &requests);
        let in_pieces = outcome(connection.takes(&ANSWER[cut..], 21, &requests));
        prop_assert_eq!(in_pieces, outcome(waiting(1).takes(ANSWER, 20, &requests)));
    }
}
