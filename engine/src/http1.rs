//! HTTP/1.1 responses, parsed from bytes that may be cut anywhere. No I/O, no clock.

pub(crate) mod chunked;
pub(crate) mod fields;
mod head;
mod malformed;

pub use head::HeadMemo;
pub use malformed::{Malformed, MAX_HEAD_BYTES};

use chunked::{clamp, ChunkedBody};
use head::{end_of_head, Framing, Kept, ParsedHead};
use malformed::Overhead;

/// The status by which a server asks for the body of a request.
const CONTINUE: u16 = 100;

/// The progress of one response after some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseProgress {
    /// All bytes were consumed, and the response is incomplete.
    Partial,
    /// The response is complete after this many of the bytes. The others are not part of it.
    Complete { consumed: usize, head: Head },
}

/// The head of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    pub status: u16,
    /// May the connection carry another request?
    pub keep_alive: bool,
    /// Its content is compressed by gzip.
    pub is_gzip: bool,
}

/// What takes the body of a response. A function of its pieces does.
pub trait Sink {
    /// A body follows this head.
    fn begin(&mut self, _head: Head) {}

    fn take(&mut self, piece: &[u8]);
}

impl<F: FnMut(&[u8])> Sink for F {
    fn take(&mut self, piece: &[u8]) {
        self(piece);
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Head,
    Body { head: Head, remaining: u64 },
    Chunked { head: Head, body: ChunkedBody },
    UntilClose { head: Head },
}

/// Parses the responses of one connection in order.
#[derive(Clone, Debug)]
pub struct ResponseParser {
    state: State,
    /// The next response is to a HEAD request: no body follows, whatever its head says.
    answers_head: bool,
    /// The start of an incomplete head.
    head: Vec<u8>,
    /// Empty lines before it.
    overhead: Overhead,
    keeps_cookies: bool,
    /// The values of `Set-Cookie` since they were last taken.
    cookies: Vec<Vec<u8>>,
    /// Of the last response. None: it is not kept.
    content_type: Option<Vec<u8>>,
    /// Chunks that are complete, since they were last taken.
    chunks: u64,
    /// The server has asked for the body of the request, since that was last taken.
    continues: bool,
}

impl Default for ResponseParser {
    fn default() -> Self {
        Self {
            state: State::Head,
            answers_head: false,
            head: Vec::new(),
            overhead: Overhead::default(),
            keeps_cookies: false,
            cookies: Vec::new(),
            content_type: None,
            chunks: 0,
            continues: false,
        }
    }
}

impl ResponseParser {
    /// Parses received bytes and passes the head and the pieces of a body to `body`.
    ///
    /// After [`ResponseProgress::Complete`] the parser is ready for the next response. All
    /// connections to one server should share `memo`.
    pub fn feed(
        &mut self,
        input: &[u8],
        memo: &mut HeadMemo,
        body: &mut impl Sink,
    ) -> Result<ResponseProgress, Malformed> {
        let mut at = 0;
        loop {
            let rest = &input[at..];
            let step = match &mut self.state {
                State::Head => {
                    let step = self.feed_head(rest, memo)?;
                    if let Some(head) = self.head() {
                        body.begin(head);
                    }
                    step
                }
                &mut State::Body { head, remaining } => self.feed_body(rest, head, remaining, body),
                State::Chunked { head, body: chunks } => {
                    let end = chunks.feed(rest, &mut |data| body.take(data))?;
                    self.chunks += chunks.take_complete();
                    end.map_or(Step::NeedsMore, |bytes| Step::Complete(bytes, *head))
                }
                State::UntilClose { .. } => {
                    body.take(rest);
                    Step::NeedsMore
                }
            };
            match step {
                Step::NeedsMore => return Ok(ResponseProgress::Partial),
                Step::Taken(bytes) => at += bytes,
                Step::Complete(bytes, head) => {
                    self.reset();
                    return Ok(ResponseProgress::Complete { consumed: at + bytes, head });
                }
            }
        }
    }

    /// Sets whether the next response is to a HEAD request.
    pub fn answers_head(&mut self, answers_head: bool) {
        self.answers_head = answers_head;
    }

    /// Sets whether the values of `Set-Cookie` are kept.
    pub fn keep_cookies(&mut self, keep: bool) {
        self.keeps_cookies = keep;
        self.cookies.clear();
    }

    /// The values of `Set-Cookie` since the last call.
    pub fn take_cookies(&mut self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.cookies)
    }

    /// Keeps the Content-Type of each response.
    pub fn keep_content_type(&mut self) {
        self.content_type = Some(Vec::new());
    }

    /// The Content-Type of the last response, if it is kept; empty without one.
    pub fn content_type(&self) -> &[u8] {
        self.content_type.as_deref().unwrap_or_default()
    }

    /// The head of the response whose body is being received.
    pub fn head(&self) -> Option<Head> {
        match self.state {
            State::Head => None,
            State::Body { head, .. } | State::Chunked { head, .. } | State::UntilClose { head } => {
                Some(head)
            }
        }
    }

    /// Is a chunked body being received?
    pub fn is_chunked(&self) -> bool {
        matches!(self.state, State::Chunked { .. })
    }

    /// Has the server asked for the body of the request since the last call (RFC 9110, 10.1.1)?
    pub fn take_continue(&mut self) -> bool {
        std::mem::take(&mut self.continues)
    }

    /// How many chunks have become complete since the last call.
    pub fn take_chunks(&mut self) -> u64 {
        std::mem::take(&mut self.chunks)
    }

    /// The peer has closed. Returns the head of the response that this completes, or None if there
    /// is none or it is cut off.
    pub fn end_of_input(&mut self) -> Option<Head> {
        let head = match self.state {
            State::UntilClose { head } => Some(head),
            _ => None,
        };
        self.reset();
        head
    }

    /// Discards an incomplete response.
    pub fn reset(&mut self) {
        self.state = State::Head;
        self.head.clear();
        self.overhead = Overhead::default();
        self.continues = false;
    }

    fn feed_head(&mut self, input: &[u8], memo: &mut HeadMemo) -> Result<Step, Malformed> {
        if self.head.is_empty() {
            let empty_lines = input.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            if empty_lines > 0 {
                self.overhead.add(empty_lines)?;
                return Ok(Step::Taken(empty_lines));
            }
            let keeps_fields = self.keeps_cookies || self.content_type.is_some();
            if let Some((bytes, head)) = memo.recall(input).filter(|_| !keeps_fields) {
                return Ok(self.enter(bytes, head));
            }
            if let Some((bytes, head)) = self.parse_head(input)? {
                if bytes > MAX_HEAD_BYTES {
                    return Err(Malformed);
                }
                memo.keep(&input[..bytes], head);
                return Ok(self.enter(bytes, head));
            }
            self.buffer(input)?;
            return Ok(Step::NeedsMore);
        }
        let buffered = self.head.len();
        let Some(end) = end_of_head(&self.head, input) else {
            self.buffer(input)?;
            return Ok(Step::NeedsMore);
        };
        self.buffer(&input[..end])?;
        let buffered_head = std::mem::take(&mut self.head);
        let parsed = self.parse_head(&buffered_head);
        self.head = buffered_head;
        let Some((bytes, head)) = parsed? else {
            return Ok(Step::Taken(end));
        };
        self.head.clear();
        Ok(self.enter(bytes - buffered, head))
    }

    fn parse_head(&mut self, input: &[u8]) -> Result<Option<(usize, ParsedHead)>, Malformed> {
        let cookies = self.keeps_cookies.then_some(&mut self.cookies);
        head::parse(input, Kept { cookies, content_type: self.content_type.as_mut() })
    }

    fn buffer(&mut self, input: &[u8]) -> Result<(), Malformed> {
        if self.head.len() + input.len() > MAX_HEAD_BYTES {
            return Err(Malformed);
        }
        self.head.extend_from_slice(input);
        Ok(())
    }

    /// Moves on from a head of `bytes` to the body that its framing determines.
    fn enter(&mut self, bytes: usize, parsed: ParsedHead) -> Step {
        let ParsedHead { status, keep_alive, is_gzip, .. } = parsed;
        let head = Head { status, keep_alive, is_gzip };
        self.state = match parsed.framing {
            Framing::Informational => {
                self.continues |= status == CONTINUE;
                return Step::Taken(bytes);
            }
            _ if self.answers_head => return Step::Complete(bytes, head),
            Framing::NoBody | Framing::Length(0) => return Step::Complete(bytes, head),
            Framing::Length(remaining) => State::Body { head, remaining },
            Framing::Chunked => State::Chunked { head, body: ChunkedBody::default() },
            Framing::UntilClose => State::UntilClose { head: Head { keep_alive: false, ..head } },
        };
        Step::Taken(bytes)
    }

    fn feed_body(
        &mut self,
        input: &[u8],
        head: Head,
        remaining: u64,
        body: &mut impl Sink,
    ) -> Step {
        let taken = clamp(input, remaining);
        body.take(taken);
        let remaining = remaining - taken.len() as u64;
        if remaining == 0 {
            return Step::Complete(taken.len(), head);
        }
        self.state = State::Body { head, remaining };
        Step::NeedsMore
    }
}

enum Step {
    NeedsMore,
    Taken(usize),
    Complete(usize, Head),
}

#[cfg(test)]
#[path = "http1_tests.rs"]
pub(crate) mod tests;
