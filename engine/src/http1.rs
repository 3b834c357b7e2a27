//! HTTP/1.1 responses, parsed from bytes that may be cut anywhere. No I/O, no clock.

pub(crate) mod chunked;
pub(crate) mod fields;
mod head;

pub use head::HeadMemo;

use chunked::{clamp, ChunkedBody};
use head::{end_of_head, Framing, ParsedHead};

/// The longest head that is taken, the most bytes of empty lines before it, and the most bytes of
/// chunk extensions and trailers after it.
pub const MAX_HEAD_BYTES: usize = 64 * 1024;

/// How far one response has got after some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// All bytes were taken and the response goes on.
    Partial,
    /// The response is complete after this many of the bytes; the rest is not part of it.
    Complete { consumed: usize, head: Head },
}

/// What the head of a response said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    pub status: u16,
    /// May the connection carry another request?
    pub keep_alive: bool,
}

/// The bytes are not what HTTP/1.1 allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Head,
    Body { head: Head, remaining: u64 },
    Chunked { head: Head, body: ChunkedBody },
    UntilClose { head: Head },
}

/// Parses the responses of one connection, one after the other.
#[derive(Clone, Debug)]
pub struct ResponseParser {
    state: State,
    /// The next response answers a HEAD request: no body follows, whatever its head says.
    answers_head: bool,
    /// The begin of a head whose end has not come yet.
    head: Vec<u8>,
    /// Bytes of empty lines before it.
    overhead_bytes: usize,
    keeps_cookies: bool,
    /// The values of `Set-Cookie`, until they are taken.
    cookies: Vec<Vec<u8>>,
}

impl Default for ResponseParser {
    fn default() -> Self {
        Self {
            state: State::Head,
            answers_head: false,
            head: Vec::new(),
            overhead_bytes: 0,
            keeps_cookies: false,
            cookies: Vec::new(),
        }
    }
}

impl ResponseParser {
    /// Takes bytes as they came; hands the body, piece by piece, to `body`.
    ///
    /// After [`Progress::Complete`] the parser is ready for the next response. `memo` is best shared
    /// by all connections to one server.
    pub fn feed(
        &mut self,
        input: &[u8],
        memo: &mut HeadMemo,
        body: &mut impl FnMut(&[u8]),
    ) -> Result<Progress, Malformed> {
        let mut at = 0;
        loop {
            let rest = &input[at..];
            let step = match &mut self.state {
                State::Head => self.feed_head(rest, memo)?,
                &mut State::Body { head, remaining } => self.feed_body(rest, head, remaining, body),
                State::Chunked { head, body: chunks } => match chunks.feed(rest, body)? {
                    Some(bytes) => Step::Complete(bytes, *head),
                    None => Step::NeedsMore,
                },
                State::UntilClose { .. } => {
                    body(rest);
                    Step::NeedsMore
                }
            };
            match step {
                Step::NeedsMore => return Ok(Progress::Partial),
                Step::Taken(bytes) => at += bytes,
                Step::Complete(bytes, head) => {
                    self.reset();
                    return Ok(Progress::Complete { consumed: at + bytes, head });
                }
            }
        }
    }

    /// Tells whether the next response answers a HEAD request.
    pub fn answers_head(&mut self, answers_head: bool) {
        self.answers_head = answers_head;
    }

    /// From now on keeps what responses say in `Set-Cookie`, or does not.
    pub fn keep_cookies(&mut self, keep: bool) {
        self.keeps_cookies = keep;
        self.cookies.clear();
    }

    /// The values of `Set-Cookie` since the last call.
    pub fn take_cookies(&mut self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.cookies)
    }

    /// The peer has closed: the head of a response that this completes, or none if it is cut off.
    pub fn end_of_input(&mut self) -> Option<Head> {
        let head = match self.state {
            State::UntilClose { head } => Some(head),
            _ => None,
        };
        self.reset();
        head
    }

    /// Forgets a response that will not be read to its end.
    pub fn reset(&mut self) {
        self.state = State::Head;
        self.head.clear();
        self.overhead_bytes = 0;
    }

    fn feed_head(&mut self, input: &[u8], memo: &mut HeadMemo) -> Result<Step, Malformed> {
        if self.head.is_empty() {
            let empty_lines = input.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            if empty_lines > 0 {
                self.count_overhead(empty_lines)?;
                return Ok(Step::Taken(empty_lines));
            }
            if let Some((bytes, head)) = memo.recall(input).filter(|_| !self.keeps_cookies) {
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
        head::parse(input, cookies)
    }

    fn buffer(&mut self, input: &[u8]) -> Result<(), Malformed> {
        if self.head.len() + input.len() > MAX_HEAD_BYTES {
            return Err(Malformed);
        }
        self.head.extend_from_slice(input);
        Ok(())
    }

    /// Goes from a head of `bytes` to whatever follows it.
    fn enter(&mut self, bytes: usize, parsed: ParsedHead) -> Step {
        let head = Head { status: parsed.status, keep_alive: parsed.keep_alive };
        self.state = match parsed.framing {
            Framing::Informational => return Step::Taken(bytes),
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
        body: &mut impl FnMut(&[u8]),
    ) -> Step {
        let taken = clamp(input, remaining);
        body(taken);
        let remaining = remaining - taken.len() as u64;
        if remaining == 0 {
            return Step::Complete(taken.len(), head);
        }
        self.state = State::Body { head, remaining };
        Step::NeedsMore
    }

    fn count_overhead(&mut self, bytes: usize) -> Result<(), Malformed> {
        self.overhead_bytes += bytes;
        if self.overhead_bytes > MAX_HEAD_BYTES {
            return Err(Malformed);
        }
        Ok(())
    }
}

enum Step {
    NeedsMore,
    Taken(usize),
    Complete(usize, Head),
}

#[cfg(test)]
#[path = "http1_tests.rs"]
mod tests;
