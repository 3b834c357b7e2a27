//! One connection that carries one request after the other. No I/O, no clock: bytes and times
//! come in, what became of the request goes out.

use crate::http1::{Head, Malformed, Progress, ResponseParser};
use crate::load::{Expectation, ExpectedBody};
use crate::tally::{Ended, Outcome};

/// What has to be done so that a request gets on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    Connect,
    Send,
}

/// What some bytes have brought about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// The response goes on.
    Partial,
    /// The request has ended.
    Ended {
        ended: Ended,
        /// Of the response, if it could be read.
        status: Option<u16>,
        /// May the connection be used again? If not, it has to be closed.
        reusable: bool,
        /// More bytes came than belong to the response.
        surplus: bool,
    },
    /// Bytes that no request had asked for: the connection has to be closed.
    Unsolicited,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Closed,
    Connecting,
    Open,
}

#[derive(Clone, Copy, Debug)]
struct Request {
    due_ns: u64,
    sent_ns: Option<u64>,
}

/// The state of a connection and of the request on it.
#[derive(Clone, Debug)]
pub struct Connection {
    phase: Phase,
    request: Option<Request>,
    parser: ResponseParser,
    body: BodyCheck,
}

impl Default for Connection {
    fn default() -> Self {
        Self {
            phase: Phase::Closed,
            request: None,
            parser: ResponseParser::default(),
            body: BodyCheck::default(),
        }
    }
}

impl Connection {
    pub fn is_open(&self) -> bool {
        self.phase == Phase::Open
    }

    pub fn is_connecting(&self) -> bool {
        self.phase == Phase::Connecting
    }

    /// Is a request under way?
    pub fn is_busy(&self) -> bool {
        self.request.is_some()
    }

    /// Takes on a request; says what it needs.
    pub fn request(&mut self, due_ns: u64) -> Need {
        debug_assert!(!self.is_busy(), "one request at a time");
        self.request = Some(Request { due_ns, sent_ns: None });
        if self.is_open() {
            Need::Send
        } else {
            self.phase = Phase::Connecting;
            Need::Connect
        }
    }

    /// The connect that was asked for has come about.
    pub fn connected(&mut self) {
        self.phase = Phase::Open;
    }

    /// The request is being written.
    pub fn sent(&mut self, now_ns: u64) {
        if let Some(request) = &mut self.request {
            request.sent_ns = Some(now_ns);
        }
        self.body = BodyCheck::default();
    }

    /// Bytes have come.
    pub fn receive(&mut self, bytes: &[u8], now_ns: u64, expect: &Expectation) -> Received {
        let Some(request) = self.request.filter(|request| request.sent_ns.is_some()) else {
            return Received::Unsolicited;
        };
        let body = &mut self.body;
        let parsed = self.parser.feed(bytes, &mut |piece| body.take(piece, &expect.body));
        match parsed {
            Ok(Progress::Partial) => Received::Partial,
            Ok(Progress::Complete { consumed, head }) => {
                let surplus = consumed < bytes.len();
                self.request = None;
                Received::Ended {
                    ended: request.end(self.judge(head, expect), now_ns),
                    status: Some(head.status),
                    reusable: head.keep_alive && !surplus,
                    surplus,
                }
            }
            Err(Malformed) => {
                self.request = None;
                Received::Ended {
                    ended: request.end(Outcome::Malformed, now_ns),
                    status: None,
                    reusable: false,
                    surplus: false,
                }
            }
        }
    }

    /// The peer has closed its side: ends the request that was under way, if there was one.
    pub fn peer_closed(
        &mut self,
        now_ns: u64,
        expect: &Expectation,
    ) -> Option<(Ended, Option<u16>)> {
        let completed = self.parser.end_of_input();
        let request = self.request.take()?;
        Some(match completed {
            Some(head) => (request.end(self.judge(head, expect), now_ns), Some(head.status)),
            None => (request.end(Outcome::ClosedEarly, now_ns), None),
        })
    }

    /// Ends the request that is under way, if there is one, without an answer.
    pub fn abandon(&mut self, outcome: Outcome, now_ns: u64) -> Option<Ended> {
        self.request.take().map(|request| request.end(outcome, now_ns))
    }

    /// The socket is gone.
    pub fn closed(&mut self) {
        self.phase = Phase::Closed;
        self.parser.reset();
    }

    fn judge(&self, head: Head, expect: &Expectation) -> Outcome {
        if expect.status.is_some_and(|status| status != head.status) {
            Outcome::WrongStatus
        } else if !self.body.agrees(&expect.body) {
            Outcome::WrongBody
        } else {
            Outcome::Ok
        }
    }
}

impl Request {
    fn end(self, outcome: Outcome, ended_ns: u64) -> Ended {
        Ended { outcome, due_ns: self.due_ns, sent_ns: self.sent_ns, ended_ns }
    }
}

/// Compares a body, piece by piece, with the expected one.
#[derive(Clone, Copy, Debug, Default)]
struct BodyCheck {
    length: u64,
    differs: bool,
}

impl BodyCheck {
    fn take(&mut self, piece: &[u8], expected: &ExpectedBody) {
        if let ExpectedBody::Literal(literal) = expected {
            let same = usize::try_from(self.length)
                .ok()
                .and_then(|begin| literal.get(begin..begin + piece.len()))
                .is_some_and(|part| part == piece);
            self.differs |= !same;
        }
        self.length += piece.len() as u64;
    }

    fn agrees(&self, expected: &ExpectedBody) -> bool {
        match expected {
            ExpectedBody::Any => true,
            ExpectedBody::Length(length) => self.length == *length,
            ExpectedBody::Literal(literal) => !self.differs && self.length == literal.len() as u64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHello";

    fn expecting(body: &[u8]) -> Expectation {
        Expectation { status: Some(200), body: ExpectedBody::Literal(body.into()) }
    }

    fn waiting() -> Connection {
        let mut connection = Connection::default();
        assert_eq!(connection.request(10), Need::Connect);
        connection.connected();
        connection.sent(15);
        connection
    }

    fn outcome(received: Received) -> Outcome {
        match received {
            Received::Ended { ended, .. } => ended.outcome,
            other => panic!("not ended: {other:?}"),
        }
    }

    #[test]
    fn an_open_connection_sends_at_once() {
        let mut connection = waiting();
        connection.receive(ANSWER, 20, &expecting(b"Hello"));
        assert_eq!(connection.request(30), Need::Send);
    }

    #[test]
    fn a_response_carries_all_three_times() {
        let received = waiting().receive(ANSWER, 20, &expecting(b"Hello"));
        let ended = Ended { outcome: Outcome::Ok, due_ns: 10, sent_ns: Some(15), ended_ns: 20 };
        let expected = Received::Ended { ended, status: Some(200), reusable: true, surplus: false };
        assert_eq!(received, expected);
    }

    #[test]
    fn another_status_body_or_length_is_wrong() {
        let other_status = Expectation { status: Some(404), body: ExpectedBody::Any };
        let other_length = Expectation { status: None, body: ExpectedBody::Length(4) };
        assert_eq!(outcome(waiting().receive(ANSWER, 20, &other_status)), Outcome::WrongStatus);
        assert_eq!(outcome(waiting().receive(ANSWER, 20, &other_length)), Outcome::WrongBody);
        for body in [&b"hello"[..], b"Hell", b"Hello!"] {
            assert_eq!(
                outcome(waiting().receive(ANSWER, 20, &expecting(body))),
                Outcome::WrongBody
            );
        }
    }

    #[test]
    fn bytes_without_a_request_are_unsolicited() {
        let mut connection = waiting();
        let expect = expecting(b"Hello");
        connection.receive(ANSWER, 20, &expect);
        assert_eq!(connection.receive(ANSWER, 21, &expect), Received::Unsolicited);
    }

    #[test]
    fn a_second_response_in_the_same_bytes_taints_the_connection() {
        let twice = [ANSWER, ANSWER].concat();
        let received = waiting().receive(&twice, 20, &expecting(b"Hello"));
        assert!(matches!(received, Received::Ended { reusable: false, surplus: true, .. }));
    }

    #[test]
    fn a_close_in_the_middle_ends_the_request_early() {
        let mut connection = waiting();
        connection.receive(&ANSWER[..20], 20, &expecting(b"Hello"));
        let (ended, status) = connection.peer_closed(25, &expecting(b"Hello")).unwrap();
        assert_eq!((ended.outcome, status), (Outcome::ClosedEarly, None));
    }

    #[test]
    fn a_close_of_an_idle_connection_is_no_event() {
        let mut connection = Connection::default();
        connection.connected();
        assert_eq!(connection.peer_closed(25, &Expectation::default()), None);
    }

    proptest! {
        #[test]
        fn a_body_is_compared_alike_however_it_is_cut(
            cut in 0..ANSWER.len(),
            body in prop_oneof![Just(&b"Hello"[..]), Just(&b"Hellx"[..]), Just(&b"Hell"[..])],
        ) {
            let expect = expecting(body);
            let mut connection = waiting();
            connection.receive(&ANSWER[..cut], 20, &expect);
            let cut_outcome = outcome(connection.receive(&ANSWER[cut..], 21, &expect));
            prop_assert_eq!(cut_outcome, outcome(waiting().receive(ANSWER, 20, &expect)));
        }
    }
}
