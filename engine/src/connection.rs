//! One connection and the requests on it: bytes and times in, ended requests out. No I/O, no clock.

mod events;
mod frames;
mod inbound;
mod multiplexed;
mod outbound;
mod pending;
mod received;
mod socket;
mod stream;
mod uploading;

pub use multiplexed::Delivered;
pub use received::{Between, Received};
pub use socket::{Arrived, WebSocket};
pub use stream::News;

use std::collections::VecDeque;

use crate::expect::BodyCheck;
use crate::gunzip::Gunzip;
use crate::http1::{Head, HeadMemo, Malformed, ResponseParser, ResponseProgress};
use crate::outcome::{Ended, Outcome};
use crate::request::Request;
use inbound::Inbound;
use multiplexed::Multiplexed;
use outbound::Outbound;
use pending::Pending;
use stream::HeldStream;

/// The pending requests, and the response that is being received.
#[derive(Debug, Default)]
pub struct Connection {
    /// The oldest first. Unsent requests are last.
    pending: VecDeque<Pending>,
    unsent: usize,
    parser: ResponseParser,
    body: BodyCheck,
    /// The response is compressed, and checked as what it stands for.
    gunzip: Option<Box<Gunzip>>,
    /// The body of the request in flight, if it is sent in pieces.
    outbound: Outbound,
    /// WebSocket: the message of a broadcast that is being received.
    heard: Vec<u8>,
    /// None: the connection is one of HTTP.
    socket: Option<Box<WebSocket>>,
    /// None: responses are no streams.
    stream: Option<Box<HeldStream>>,
    /// HTTP/2: the requests that were sent. Those that are pending are all unsent.
    multiplexed: Option<Box<Multiplexed>>,
}

impl Connection {
    /// A connection for such requests, of which at most so many are in flight.
    pub fn of(requests: &[Request], pipeline: usize) -> Self {
        if requests.iter().any(|request| request.upgrade().is_some()) {
            Self::of_messages()
        } else if requests.iter().any(|request| request.stream().is_some()) {
            Self::of_streams()
        } else if requests.iter().any(|request| request.template().is_some()) {
            Self::of_http2(pipeline)
        } else {
            Self::default()
        }
    }

    /// A connection that becomes a WebSocket each time that it is opened.
    pub fn of_messages() -> Self {
        Self { socket: Some(Box::default()), ..Self::default() }
    }

    /// Begins the upgrade of a connection that was opened, if it has one. Returns whether it has.
    pub fn begin_upgrade(&mut self, nonce: u128) -> bool {
        self.begin_streams() || self.socket.as_mut().is_some_and(|socket| socket.begin(nonce))
    }

    /// Is it on its way to a WebSocket?
    pub fn is_upgrading(&self) -> bool {
        self.socket.as_ref().is_some_and(|socket| socket.is_upgrading())
    }

    /// Appends what is sent beside the requests: an upgrade, pongs, a close.
    pub fn take_replies(&mut self, requests: &[Request], out: &mut Vec<u8>) {
        let Some(socket) = &mut self.socket else { return };
        if let Some(upgrade) = requests.iter().find_map(Request::upgrade) {
            socket.take_replies(upgrade, out);
        }
    }

    /// WebSocket: may messages be compressed?
    pub fn deflates(&self) -> bool {
        self.socket.as_ref().is_some_and(|socket| socket.deflates())
    }

    /// WebSocket: tells the server that this ends the connection. Returns whether it is open.
    pub fn say_close(&mut self) -> bool {
        self.socket.as_mut().is_some_and(|socket| socket.say_close())
    }
    /// How many requests are pending.
    pub fn len(&self) -> usize {
        self.pending.len() + self.in_flight()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds an unsent request.
    pub fn push(&mut self, request: usize, due_ns: u64, token: u64) {
        self.pending.push_back(Pending::new(request, due_ns, token));
        self.unsent += 1;
    }

    /// How many requests are unsent.
    pub fn unsent(&self) -> usize {
        self.unsent
    }

    /// The unsent requests in order: their indices among the target's requests, and their tokens.
    pub fn to_send(&self) -> impl Iterator<Item = (usize, u64)> + '_ {
        let sent = self.pending.len() - self.unsent;
        self.pending.iter().skip(sent).map(|pending| (pending.request, pending.token))
    }

    /// Marks all unsent requests as sent. Returns their due times.
    pub fn sent(&mut self, now_ns: u64) -> impl Iterator<Item = u64> + '_ {
        let already = self.pending.len() - std::mem::take(&mut self.unsent);
        self.pending.iter_mut().skip(already).map(move |pending| {
            pending.sent_ns = Some(now_ns);
            pending.due_ns
        })
    }

    /// Parses received bytes, up to the end of one response.
    pub fn receive(
        &mut self,
        bytes: &[u8],
        now_ns: u64,
        requests: &[Request],
        memo: &mut HeadMemo,
    ) -> Received {
        if self.socket.is_some() {
            return self.receive_frames(bytes, now_ns, requests);
        }
        if self.stream.is_some() {
            return self.receive_events(bytes, now_ns, requests, memo);
        }
        let Some(&pending) = self.pending.front().filter(|oldest| oldest.sent_ns.is_some()) else {
            return Received::Unsolicited;
        };
        let request = &requests[pending.request];
        self.parser.answers_head(request.is_head());
        let mut inbound = Inbound {
            check: &mut self.body,
            gunzip: &mut self.gunzip,
            expected: &request.expect().body,
            decodes: request.decodes(),
        };
        let parsed = self.parser.feed(bytes, memo, &mut inbound);
        let (consumed, outcome, status, reusable) = match parsed {
            Ok(ResponseProgress::Partial) => {
                let may_send = self.parser.take_continue() && self.outbound.go_on();
                return if may_send { Received::Continues } else { Received::Partial };
            }
            Ok(ResponseProgress::Complete { consumed, head }) => {
                let outcome = self.judge(head, request, pending.token);
                // What is left of the body is not sent, so that the connection is of no more use.
                let reusable = head.keep_alive && !self.is_uploading();
                (consumed, outcome, Some(head.status), reusable)
            }
            Err(Malformed) => (bytes.len(), Outcome::Malformed, None, false),
        };
        self.pending.pop_front();
        self.body.reset();
        self.gunzip = None;
        self.outbound = Outbound::None;
        Received::Ended { consumed, ended: pending.end(outcome, now_ns), status, reusable }
    }

    /// Judges a response whose body has ended.
    fn judge(&mut self, head: Head, request: &Request, token: u64) -> Outcome {
        let is_whole = self.end_body(&request.expect().body);
        match self.body.judge(head, request.expect(), token) {
            Outcome::Ok if !is_whole => Outcome::WrongBody,
            outcome => outcome,
        }
    }

    /// Reads frames of a WebSocket, up to the first one that has an effect.
    fn receive_frames(&mut self, bytes: &[u8], now_ns: u64, requests: &[Request]) -> Received {
        let Some(socket) = &mut self.socket else { return Received::Unsolicited };
        let is_message = |request: &&Request| request.upgrade().is_some();
        let first = requests.iter().find(is_message).unwrap_or(&requests[0]);
        let asked = self.pending.front().copied().filter(|oldest| oldest.sent_ns.is_some());
        let request = asked.map(|pending| &requests[pending.request]);
        let (body, heard) = (&mut self.body, &mut self.heard);
        let mut take = |piece: &[u8]| {
            if let Some(request) = request {
                body.take(piece, &request.expect().body);
            } else if first.is_broadcast() {
                first.keep_message(piece, heard);
            }
        };
        let (consumed, outcome) = match socket.receive(bytes, first.upgrade(), &mut take) {
            Arrived::Other(received) => return received,
            Arrived::Message { consumed, kind } => {
                let (Some(pending), Some(request)) = (asked, request) else {
                    let token = first.token_in(&self.heard);
                    self.heard.clear();
                    let between = token.map_or(Between::Message, |token| Between::Heard { token });
                    return Received::Between { consumed, between };
                };
                let outcome = self.body.judge_body(request.expect(), pending.token);
                let is_other = outcome == Outcome::Ok && request.kind() != Some(kind);
                (consumed, if is_other { Outcome::WrongBody } else { outcome })
            }
            Arrived::Violation => (bytes.len(), Outcome::Malformed),
        };
        let Some(pending) = asked else { return Received::Unsolicited };
        self.pending.pop_front();
        self.body.reset();
        let reusable = outcome != Outcome::Malformed;
        Received::Ended { consumed, ended: pending.end(outcome, now_ns), status: None, reusable }
    }

    /// The peer has closed its side. Returns the request whose response this completes, if any.
    pub fn peer_closed(&mut self, now_ns: u64, requests: &[Request]) -> Option<(Ended, u16)> {
        if self.stream.is_some() {
            return self.stream_closed(now_ns, requests);
        }
        let head = self.parser.end_of_input()?;
        let pending = self.pending.pop_front()?;
        let outcome = self.judge(head, &requests[pending.request], pending.token);
        self.body.reset();
        self.outbound = Outbound::None;
        Some((pending.end(outcome, now_ns), head.status))
    }

    /// Ends the oldest request without a response.
    pub fn abandon(&mut self, outcome: Outcome, now_ns: u64) -> Option<Ended> {
        self.unsent = self.unsent.min(self.pending.len().saturating_sub(1));
        let pending = self.pending.pop_front().or_else(|| self.multiplexed.as_mut()?.take_any());
        pending.map(|pending| pending.end(outcome, now_ns))
    }

    /// Discards an incomplete response.
    pub fn reset(&mut self) {
        self.parser.reset();
        self.body.reset();
        self.gunzip = None;
        self.outbound = Outbound::None;
        self.heard.clear();
        if let Some(socket) = &mut self.socket {
            socket.reset();
        }
        if let Some(multiplexed) = &mut self.multiplexed {
            multiplexed.client.reset();
        }
    }

    /// Sets whether the cookies of responses are kept.
    pub fn keep_cookies(&mut self, keep: bool) {
        if let Some(multiplexed) = &mut self.multiplexed {
            multiplexed.client.keep_cookies(keep);
        }
        self.parser.keep_cookies(keep);
    }

    /// The values of `Set-Cookie` in the responses since the last call.
    pub fn take_cookies(&mut self) -> Vec<Vec<u8>> {
        match &mut self.multiplexed {
            Some(multiplexed) => multiplexed.client.take_cookies(),
            None => self.parser.take_cookies(),
        }
    }
}

#[cfg(test)]
#[path = "connection_tests.rs"]
mod tests;
