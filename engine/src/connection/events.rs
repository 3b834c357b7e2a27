//! Responses that are streams: what bytes bring of them, and how they end.

use super::received::Received;
use super::stream::News;
use super::Connection;
use crate::http1::{Head, HeadMemo, Malformed, ResponseProgress};
use crate::outcome::{Ended, Outcome};
use crate::request::Request;
use crate::stream::{is_event_stream, Stream, StreamKind, StreamRecord};

/// So much of a Content-Type is told.
const TOLD_CHARACTERS: usize = 80;

impl Connection {
    /// A connection whose responses are streams.
    pub fn of_streams() -> Self {
        let mut connection = Self { stream: Some(Box::default()), ..Self::default() };
        connection.parser.keep_content_type();
        connection
    }

    /// Reads bytes of a stream. They end it if it has as many events as are wanted.
    pub(super) fn receive_events(
        &mut self,
        bytes: &[u8],
        now_ns: u64,
        requests: &[Request],
        memo: &mut HeadMemo,
    ) -> Received {
        let sent = self.pending.front().copied().filter(|oldest| oldest.sent_ns.is_some());
        let Some(pending) = sent else { return Received::Unsolicited };
        let request = &requests[pending.request];
        let (Some(state), Some(stream)) = (&mut self.stream, request.stream()) else {
            return Received::Unsolicited;
        };
        self.parser.answers_head(request.is_head());
        state.begin_read();
        let parsed =
            self.parser.feed(bytes, memo, &mut |piece: &[u8]| state.take(piece, stream, now_ns));
        let (head, end) = match parsed {
            Ok(ResponseProgress::Partial) => (self.parser.head(), None),
            Ok(ResponseProgress::Complete { consumed, head }) => (Some(head), Some(consumed)),
            Err(Malformed) => {
                self.pending.pop_front();
                let ended = pending.end(Outcome::Malformed, now_ns);
                let consumed = bytes.len();
                return Received::Ended { consumed, ended, status: None, reusable: false };
            }
        };
        let Some(head) = head else { return Received::Partial };
        state.take_chunks(self.parser.take_chunks(), self.parser.is_chunked(), stream, now_ns);
        if end.is_some() {
            state.complete();
        }
        let is_new = state.begin(head.status, now_ns);
        let refusal = if is_new { self.refusal_of(head, request, stream) } else { None };
        let Some(outcome) = refusal.or_else(|| self.outcome_of(stream, end.is_some())) else {
            return Received::Partial;
        };
        self.pending.pop_front();
        Received::Ended {
            consumed: end.unwrap_or(bytes.len()),
            ended: pending.end(outcome, now_ns),
            status: Some(head.status),
            reusable: end.is_some() && head.keep_alive,
        }
    }

    /// Is a response no stream? Nothing of it counts then.
    fn refusal_of(&mut self, head: Head, request: &Request, stream: &Stream) -> Option<Outcome> {
        let state = self.stream.as_mut()?;
        if request.expect().status.is_some_and(|status| status != head.status) {
            state.refuse(false);
            return Some(Outcome::WrongStatus);
        }
        if stream.kind == StreamKind::Sse && !is_event_stream(self.parser.content_type()) {
            state.refuse(true);
            return Some(Outcome::WrongBody);
        }
        None
    }

    /// How a stream ends now; None if it goes on.
    fn outcome_of(&self, stream: &Stream, is_complete: bool) -> Option<Outcome> {
        let came = self.stream.as_ref()?.events();
        if stream.events.is_some_and(|wanted| came >= wanted) {
            return Some(Outcome::Ok);
        }
        let is_short = came == 0 || stream.events.is_some();
        is_complete.then_some(if is_short { Outcome::WrongBody } else { Outcome::Ok })
    }

    /// The peer has closed its side: that ends a stream whose response has no other end.
    pub(super) fn stream_closed(
        &mut self,
        now_ns: u64,
        requests: &[Request],
    ) -> Option<(Ended, u16)> {
        let head = self.parser.end_of_input()?;
        let pending = self.pending.front().copied()?;
        self.stream.as_mut()?.complete();
        let outcome = self.outcome_of(requests[pending.request].stream()?, true)?;
        self.pending.pop_front();
        Some((pending.end(outcome, now_ns), head.status))
    }

    /// Ends a stream that has had an event, and of which the client wants no certain number. Its
    /// connection has to be closed.
    pub fn leave(&mut self, now_ns: u64, requests: &[Request]) -> Option<(Ended, u16)> {
        let state = self.stream.as_ref()?;
        let oldest = self.pending.front().copied()?;
        let is_endless = requests[oldest.request].stream()?.events.is_none();
        if state.events() == 0 || !is_endless {
            return None;
        }
        let status = state.status();
        self.pending.pop_front();
        Some((oldest.end(Outcome::Ok, now_ns), status))
    }

    /// What a stream has brought since the last call.
    pub fn take_news(&mut self) -> Option<News> {
        self.stream.as_mut()?.take_news()
    }

    /// The record of a stream that has ended, and its Content-Type if that was another. None for
    /// connections without streams.
    pub fn take_record(&mut self) -> Option<(StreamRecord, Option<String>)> {
        let state = self.stream.as_mut()?;
        let is_other_type = state.take_other_type();
        Some((state.take_record(), is_other_type.then(|| told(self.parser.content_type()))))
    }
}

fn told(content_type: &[u8]) -> String {
    let text = String::from_utf8_lossy(content_type);
    let printable = text.trim().chars().map(|c| if c.is_control() { ' ' } else { c });
    printable.take(TOLD_CHARACTERS).collect()
}
