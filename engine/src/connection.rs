//! One connection and the requests on it. No I/O, no clock: bytes and times come in, what became
//! of the requests goes out.

use std::collections::VecDeque;

use crate::expect::BodyCheck;
use crate::http1::{HeadMemo, Malformed, Progress, ResponseParser};
use crate::request::Request;
use crate::tally::{Ended, Outcome};

/// What some bytes have brought about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// The response goes on.
    Partial,
    /// The oldest request has ended; its response took this many of the bytes.
    Ended {
        consumed: usize,
        ended: Ended,
        /// Of the response, if it could be read.
        status: Option<u16>,
        /// May the connection be used again? If not, it has to be closed.
        reusable: bool,
    },
    /// Bytes that no request had asked for: the connection has to be closed.
    Unsolicited,
}

/// A request that has not ended.
#[derive(Clone, Copy, Debug)]
struct Pending {
    /// Which of the target's requests.
    request: usize,
    due_ns: u64,
    sent_ns: Option<u64>,
    /// That its response gives back, where it has one.
    token: u64,
}

/// The requests under way, and the response that is coming in.
#[derive(Clone, Debug, Default)]
pub struct Connection {
    /// The oldest first; those that are not sent yet stand last.
    pending: VecDeque<Pending>,
    unsent: usize,
    parser: ResponseParser,
    body: BodyCheck,
}

impl Connection {
    /// How many requests are under way.
    pub fn len(&self) -> usize {
        self.pending.len()
    }

    pub fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    /// Takes on a request; it is to be sent.
    pub fn push(&mut self, request: usize, due_ns: u64, token: u64) {
        self.pending.push_back(Pending { request, due_ns, sent_ns: None, token });
        self.unsent += 1;
    }

    /// How many requests are to be sent.
    pub fn unsent(&self) -> usize {
        self.unsent
    }

    /// The requests that are to be sent, in order, as indices into the target's, and their tokens.
    pub fn to_send(&self) -> impl Iterator<Item = (usize, u64)> + '_ {
        let sent = self.pending.len() - self.unsent;
        self.pending.iter().skip(sent).map(|pending| (pending.request, pending.token))
    }

    /// All that was to be sent is being written; tells when each of it was due.
    pub fn sent(&mut self, now_ns: u64) -> impl Iterator<Item = u64> + '_ {
        let already = self.pending.len() - std::mem::take(&mut self.unsent);
        self.pending.iter_mut().skip(already).map(move |pending| {
            pending.sent_ns = Some(now_ns);
            pending.due_ns
        })
    }

    /// Bytes have come; they are taken up to the end of one response.
    pub fn receive(
        &mut self,
        bytes: &[u8],
        now_ns: u64,
        requests: &[Request],
        memo: &mut HeadMemo,
    ) -> Received {
        let Some(&pending) = self.pending.front().filter(|oldest| oldest.sent_ns.is_some()) else {
            return Received::Unsolicited;
        };
        let request = &requests[pending.request];
        self.parser.answers_head(request.is_head());
        let body = &mut self.body;
        let mut take = |piece: &[u8]| body.take(piece, &request.expect().body);
        let parsed = self.parser.feed(bytes, memo, &mut take);
        let (consumed, outcome, status, reusable) = match parsed {
            Ok(Progress::Partial) => return Received::Partial,
            Ok(Progress::Complete { consumed, head }) => {
                let outcome = self.body.judge(head, request.expect(), pending.token);
                (consumed, outcome, Some(head.status), head.keep_alive)
            }
            Err(Malformed) => (bytes.len(), Outcome::Malformed, None, false),
        };
        self.pending.pop_front();
        self.body.reset();
        Received::Ended { consumed, ended: pending.end(outcome, now_ns), status, reusable }
    }

    /// The peer has closed its side: ends the request whose response that completes, if it does.
    pub fn peer_closed(&mut self, now_ns: u64, requests: &[Request]) -> Option<(Ended, u16)> {
        let head = self.parser.end_of_input()?;
        let pending = self.pending.pop_front()?;
        let outcome = self.body.judge(head, requests[pending.request].expect(), pending.token);
        self.body.reset();
        Some((pending.end(outcome, now_ns), head.status))
    }

    /// Ends the oldest request without an answer.
    pub fn abandon(&mut self, outcome: Outcome, now_ns: u64) -> Option<Ended> {
        self.unsent = self.unsent.min(self.pending.len().saturating_sub(1));
        self.pending.pop_front().map(|pending| pending.end(outcome, now_ns))
    }

    /// Forgets a response that will not be read to its end.
    pub fn reset(&mut self) {
        self.parser.reset();
        self.body.reset();
    }

    /// From now on keeps the cookies that responses set, or does not.
    pub fn keep_cookies(&mut self, keep: bool) {
        self.parser.keep_cookies(keep);
    }

    /// The values of `Set-Cookie` in the responses since the last call.
    pub fn take_cookies(&mut self) -> Vec<Vec<u8>> {
        self.parser.take_cookies()
    }
}

impl Pending {
    fn end(self, outcome: Outcome, ended_ns: u64) -> Ended {
        let Self { request, due_ns, sent_ns, .. } = self;
        Ended { request, outcome, due_ns, sent_ns, ended_ns }
    }
}

#[cfg(test)]
#[path = "connection_tests.rs"]
mod tests;
