//! What a server sends: frames and their effects.

use super::{Client, Event, HeadMemo, OpenHead, Phase};
use crate::http2::flow::Overflow;
use crate::http2::frame::{self, number, unpadded, FrameHead, HEAD_BYTES};
use crate::http2::head::{Fields, MalformedHead, ResponseHead};
use crate::http2::hpack::MOST_LIST_BYTES;
use crate::http2::reader::{Payload, Step, Unreadable};
use crate::http2::violation::{Code, Violation};

/// The limit of a head in all its frames.
const MOST_HEAD_BYTES: usize = MOST_LIST_BYTES;
/// So many frames that want an answer may come without anything else.
const MOST_DEMANDS: u32 = 10_000;
/// After so many responses a server that refused streams is asked for one more at once.
const RAISE_AFTER: u32 = 100;

type Handled = Result<Option<Event>, Violation>;

impl From<Overflow> for Violation {
    fn from(_: Overflow) -> Self {
        Self::FlowControl
    }
}

impl Client {
    /// Reads received bytes up to the first event, and passes the pieces of bodies to `body`, each
    /// with its lane. Returns how many of the bytes it took.
    pub fn receive(&mut self, input: &[u8], body: &mut impl FnMut(usize, &[u8])) -> (usize, Event) {
        if let Some(event) = self.next_unprocessed() {
            return (0, event);
        }
        let mut at = 0;
        while self.phase != Phase::Ended {
            let rest = &input[at..];
            let (consumed, step) = match self.reader.next(rest) {
                Ok(next) => next,
                Err(Unreadable::Refused(refusal)) => {
                    self.phase = Phase::Ended;
                    return (input.len(), Event::Refused(refusal));
                }
                Err(Unreadable::Violated(violation)) => {
                    return (input.len(), self.violated(violation))
                }
            };
            at += consumed;
            let handled = match step {
                Step::NeedsMore => return (at, Event::Partial),
                Step::Data { head, place, begins, ends } => {
                    self.data(head, &rest[place], begins, ends, body)
                }
                Step::Frame { head, payload: Payload::Here(place) } => {
                    self.frame(head, &rest[place])
                }
                Step::Frame { head, payload: Payload::Buffered } => {
                    let buffer = self.reader.lend();
                    let handled = self.frame(head, &buffer);
                    self.reader.give_back(buffer);
                    handled
                }
            };
            match handled {
                Ok(None) => {}
                Ok(Some(event)) => return (at, event),
                Err(violation) => return (input.len(), self.violated(violation)),
            }
        }
        (input.len(), Event::Partial)
    }

    /// A stream that the server will not process, as it goes away.
    fn next_unprocessed(&mut self) -> Option<Event> {
        let Phase::Draining { last } = self.phase else { return None };
        let lane = self.streams.newer_than(last)?;
        self.close_stream(lane);
        self.has_reset = true;
        Some(Event::Unprocessed { lane })
    }

    fn violated(&mut self, violation: Violation) -> Event {
        self.phase = Phase::Ended;
        frame::write_goaway(&mut self.control, violation.code());
        Event::Violated(violation)
    }

    fn data(
        &mut self,
        head: FrameHead,
        piece: &[u8],
        begins: bool,
        ends: bool,
        body: &mut impl FnMut(usize, &[u8]),
    ) -> Handled {
        if self.open_head.is_some() {
            return Err(Violation::Continuation);
        }
        if begins {
            self.receive_window.take(head.payload_bytes)?;
            if let Some(bytes) = self.receive_window.refill() {
                frame::write_window_update(&mut self.control, 0, bytes);
            }
        }
        let Some(lane) = self.streams.find(head.stream) else {
            return if begins { self.absent(head.stream).map(|()| None) } else { Ok(None) };
        };
        let Some(stream) = self.streams.get_mut(lane) else { return Ok(None) };
        if stream.head.is_none() {
            return Ok(Some(self.malformed(lane)));
        }
        if begins {
            stream.receive_window.take(head.payload_bytes)?;
            let refill = stream.receive_window.refill();
            if let Some(bytes) = refill.filter(|_| !head.has(frame::END_STREAM)) {
                frame::write_window_update(&mut self.control, head.stream, bytes);
            }
        }
        if !piece.is_empty() {
            self.demands = 0;
            stream.received += piece.len() as u64;
            body(lane, piece);
        }
        let is_last = ends && head.has(frame::END_STREAM);
        Ok(if is_last { self.ended(lane) } else { None })
    }

    /// A whole frame of another kind than DATA.
    fn frame(&mut self, head: FrameHead, payload: &[u8]) -> Handled {
        if self.open_head.is_some() != (head.kind == frame::CONTINUATION) {
            return Err(Violation::Continuation);
        }
        let of_connection = matches!(head.kind, frame::SETTINGS | frame::PING | frame::GOAWAY);
        let of_stream = matches!(head.kind, frame::HEADERS | frame::PRIORITY | frame::RST_STREAM);
        if of_connection && head.stream != 0 || of_stream && head.stream == 0 {
            return Err(Violation::StreamId);
        }
        match head.kind {
            frame::HEADERS => self.headers(head, payload),
            frame::CONTINUATION => self.continuation(head, payload),
            frame::SETTINGS => self.settings(head, payload),
            frame::PING => self.ping(head, payload),
            frame::GOAWAY => self.goaway(payload),
            frame::WINDOW_UPDATE => self.window_update(head, payload),
            frame::RST_STREAM => self.reset_by_peer(head, payload),
            frame::PRIORITY if payload.len() != 5 => Err(Violation::FrameSize),
            frame::PUSH_PROMISE => Err(Violation::Push),
            _ => Ok(None),
        }
    }

    fn headers(&mut self, head: FrameHead, payload: &[u8]) -> Handled {
        let block = unpadded(head, payload).ok_or(Violation::Padding)?;
        let ends_stream = head.has(frame::END_STREAM);
        if head.has(frame::END_HEADERS) {
            return self.head(head.stream, ends_stream, block);
        }
        let bytes = HEAD_BYTES + block.len();
        self.open_head = Some(OpenHead { stream: head.stream, ends_stream, bytes });
        self.fragments.clear();
        self.fragments.extend_from_slice(block);
        Ok(None)
    }

    fn continuation(&mut self, head: FrameHead, payload: &[u8]) -> Handled {
        let Some(open) = &mut self.open_head else { return Err(Violation::Continuation) };
        if open.stream != head.stream {
            return Err(Violation::Continuation);
        }
        // Frames without content count, too.
        open.bytes += HEAD_BYTES + payload.len();
        if open.bytes > MOST_HEAD_BYTES {
            return Err(Violation::HeadTooLarge);
        }
        self.fragments.extend_from_slice(payload);
        if !head.has(frame::END_HEADERS) {
            return Ok(None);
        }
        let OpenHead { stream, ends_stream, .. } = *open;
        self.open_head = None;
        let block = std::mem::take(&mut self.fragments);
        let handled = self.head(stream, ends_stream, &block);
        self.fragments = block;
        handled
    }

    /// A whole block of fields.
    fn head(&mut self, stream: u32, ends_stream: bool, block: &[u8]) -> Handled {
        let Some(lane) = self.streams.find(stream) else {
            self.absent(stream)?;
            // The decoder has to see every block.
            self.decode(block)?;
            return Ok(None);
        };
        self.demands = 0;
        let has_head = self.streams.get(lane).is_some_and(|stream| stream.head.is_some());
        let head = if has_head {
            let trailers = self.decode(block)?.trailers();
            if trailers.is_err() || !ends_stream {
                return Ok(Some(self.malformed(lane)));
            }
            None
        } else {
            match self.response_head(block)? {
                Ok(head) if head.is_informational() && !ends_stream => return Ok(None),
                Ok(head) if !head.is_informational() => Some(head),
                _ => return Ok(Some(self.malformed(lane))),
            }
        };
        if let (Some(stream), Some(head)) = (self.streams.get_mut(lane), head) {
            stream.head = Some(head);
        }
        Ok(if ends_stream { self.ended(lane) } else { None })
    }

    /// Decodes the head of a response, unless it is that of the last one.
    fn response_head(
        &mut self,
        block: &[u8],
    ) -> Result<Result<ResponseHead, MalformedHead>, Violation> {
        let is_stateless = self.decoder.is_stateless() && !self.keeps_cookies;
        if let Some(head) = self.memo.head.filter(|_| is_stateless && self.memo.block == block) {
            return Ok(Ok(head));
        }
        let head = self.decode(block)?.head();
        if is_stateless {
            let HeadMemo { block: kept, head: memo } = &mut self.memo;
            kept.clear();
            kept.extend_from_slice(block);
            *memo = head.ok();
        }
        Ok(head)
    }

    fn decode(&mut self, block: &[u8]) -> Result<Fields, Violation> {
        let mut fields = Fields::default();
        let (cookies, keeps_cookies) = (&mut self.cookies, self.keeps_cookies);
        self.decoder.decode(block, &mut |name, value| {
            fields.take(name, value);
            if keeps_cookies && name == b"set-cookie" {
                cookies.push(value.to_vec());
            }
        })?;
        Ok(fields)
    }

    /// The server has said all on a stream.
    fn ended(&mut self, lane: usize) -> Option<Event> {
        let stream = self.streams.get(lane).copied()?;
        let head = stream.head.filter(|head| head.fits(stream.received, stream.answers_head));
        let Some(head) = head else { return Some(self.malformed(lane)) };
        if stream.is_uploading() {
            // It has answered without the rest of the request.
            self.reset_stream(lane, Code::NoError);
        } else {
            self.close_stream(lane);
        }
        self.unrefused += 1;
        if self.unrefused == RAISE_AFTER {
            self.unrefused = 0;
            self.limit = self.limit.saturating_add(1);
        }
        Some(Event::Ended { lane, status: head.status })
    }

    fn malformed(&mut self, lane: usize) -> Event {
        self.reset_stream(lane, Code::Protocol);
        Event::Malformed { lane }
    }

    /// Frames on a stream that is not open are allowed if it was open, and this side has ended it.
    fn absent(&self, stream: u32) -> Result<(), Violation> {
        if stream.is_multiple_of(2) || stream >= self.next_id {
            return Err(Violation::StreamId);
        }
        if self.has_reset {
            Ok(())
        } else {
            Err(Violation::AfterEnd)
        }
    }

    fn settings(&mut self, head: FrameHead, payload: &[u8]) -> Handled {
        if head.has(frame::ACK) {
            if !payload.is_empty() {
                return Err(Violation::FrameSize);
            }
            // The server knows that its table is to be empty.
            self.decoder.limit_table(0);
            return Ok(None);
        }
        self.demand()?;
        let before = i64::from(self.peer.stream_window);
        self.peer.apply(payload)?;
        let change = i64::from(self.peer.stream_window) - before;
        for stream in self.streams.all_mut() {
            stream.send_window.change(change)?;
        }
        frame::write(&mut self.control, frame::SETTINGS, frame::ACK, 0, &[]);
        if self.phase != Phase::Begins {
            return Ok(None);
        }
        self.phase = Phase::Open;
        Ok(Some(Event::Ready))
    }

    fn ping(&mut self, head: FrameHead, payload: &[u8]) -> Handled {
        if payload.len() != 8 {
            return Err(Violation::FrameSize);
        }
        if !head.has(frame::ACK) {
            self.demand()?;
            frame::write(&mut self.control, frame::PING, frame::ACK, 0, payload);
        }
        Ok(None)
    }

    /// Counts a frame that wants an answer.
    fn demand(&mut self) -> Result<(), Violation> {
        self.demands += 1;
        if self.demands > MOST_DEMANDS {
            return Err(Violation::Flood);
        }
        Ok(())
    }

    fn goaway(&mut self, payload: &[u8]) -> Handled {
        let (last, rest) = payload.split_first_chunk().ok_or(Violation::FrameSize)?;
        let code = u32::from_be_bytes(*rest.first_chunk().ok_or(Violation::FrameSize)?);
        self.phase = Phase::Draining { last: number(*last) };
        Ok(Some(Event::GoAway { code }))
    }

    fn window_update(&mut self, head: FrameHead, payload: &[u8]) -> Handled {
        let payload = <[u8; 4]>::try_from(payload).map_err(|_| Violation::FrameSize)?;
        let bytes = i64::from(number(payload));
        if head.stream == 0 {
            if bytes == 0 {
                return Err(Violation::EmptyUpdate);
            }
            self.send_window.change(bytes)?;
            return Ok(None);
        }
        if head.stream.is_multiple_of(2) || head.stream >= self.next_id {
            return Err(Violation::StreamId);
        }
        let Some(lane) = self.streams.find(head.stream) else { return Ok(None) };
        let Some(stream) = self.streams.get_mut(lane) else { return Ok(None) };
        if bytes == 0 {
            return Ok(Some(self.malformed(lane)));
        }
        if stream.send_window.change(bytes).is_err() {
            self.reset_stream(lane, Code::FlowControl);
            return Ok(Some(Event::Malformed { lane }));
        }
        Ok(None)
    }

    fn reset_by_peer(&mut self, head: FrameHead, payload: &[u8]) -> Handled {
        let payload = <[u8; 4]>::try_from(payload).map_err(|_| Violation::FrameSize)?;
        if head.stream.is_multiple_of(2) || head.stream >= self.next_id {
            return Err(Violation::StreamId);
        }
        let Some(lane) = self.streams.find(head.stream) else { return Ok(None) };
        self.close_stream(lane);
        let code = u32::from_be_bytes(payload);
        if code != Code::RefusedStream as u32 {
            return Ok(Some(Event::Reset { lane, code }));
        }
        // Those that it has taken show how many it takes.
        self.limit = self.streams.len().max(1);
        self.unrefused = 0;
        Ok(Some(Event::Unprocessed { lane }))
    }
}
