//! HTTP/1.1 requests, parsed from bytes that may be cut anywhere. No I/O, no clock.

use std::mem::MaybeUninit;

use crate::http1::chunked::ChunkedBody;
use crate::http1::fields::{keeps_alive, length};
use crate::http1::Malformed;

/// The longest head that is taken.
pub const MAX_HEAD_BYTES: usize = 16 * 1024;
const MAX_HEADERS: usize = 96;

/// What a request asks of its response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// It wants the head alone.
    pub head_only: bool,
    /// HTTP/1.0: knows no chunks, and keeps a connection open only if told so.
    pub old: bool,
    /// May the connection carry another request?
    pub keep_alive: bool,
}

/// How far one request has got after some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// All bytes were taken and the request goes on.
    Partial,
    /// The request is complete after this many of the bytes; the rest is not part of it.
    Complete { consumed: usize, request: Request },
}

#[derive(Clone, Copy, Debug)]
enum State {
    Head,
    Body { request: Request, remaining: u64 },
    Chunked { request: Request, body: ChunkedBody },
}

#[derive(Clone, Copy)]
enum Framing {
    Length(u64),
    Chunked,
}

/// Parses the requests of one connection, one after the other.
#[derive(Clone, Debug)]
pub struct RequestParser {
    state: State,
    /// The begin of a head whose end has not come yet.
    head: Vec<u8>,
    /// The head that came last asked whether its body may come.
    asks_to_continue: bool,
}

impl Default for RequestParser {
    fn default() -> Self {
        Self { state: State::Head, head: Vec::new(), asks_to_continue: false }
    }
}

impl RequestParser {
    /// Takes bytes as they came; hands the target of the request to `target` once its head is
    /// complete. Bodies are passed over.
    ///
    /// After [`Progress::Complete`] the parser is ready for the next request.
    pub fn feed(
        &mut self,
        input: &[u8],
        target: &mut impl FnMut(&str),
    ) -> Result<Progress, Malformed> {
        let mut at = 0;
        if matches!(self.state, State::Head) {
            match self.feed_head(input, target)? {
                Some(bytes) => at = bytes,
                None => return Ok(Progress::Partial),
            }
        }
        Ok(match self.feed_body(&input[at..])? {
            Some((bytes, request)) => {
                self.state = State::Head;
                Progress::Complete { consumed: at + bytes, request }
            }
            None => Progress::Partial,
        })
    }

    /// Does the client wait for a word (`Expect: 100-continue`) before it sends the body? Tells it
    /// once.
    pub fn take_question(&mut self) -> bool {
        std::mem::take(&mut self.asks_to_continue) && !matches!(self.state, State::Head)
    }

    /// How many bytes the rest of the head takes; none if it goes on.
    fn feed_head(
        &mut self,
        input: &[u8],
        target: &mut impl FnMut(&str),
    ) -> Result<Option<usize>, Malformed> {
        let buffered = self.head.len();
        let parsed = if buffered == 0 {
            parse_head(input, target)?
        } else {
            self.buffer(input)?;
            // A head ends with a line; without one, what was parsed before is not parsed again.
            let may_end = input.contains(&b'\n');
            if may_end {
                parse_head(&self.head, target)?
            } else {
                None
            }
        };
        let Some((bytes, state, asks_to_continue)) = parsed else {
            if buffered == 0 {
                self.buffer(input)?;
            }
            return Ok(None);
        };
        self.head.clear();
        self.state = state;
        self.asks_to_continue = asks_to_continue;
        Ok(Some(bytes - buffered))
    }

    fn buffer(&mut self, input: &[u8]) -> Result<(), Malformed> {
        // What follows the head may be in the same bytes, so only a head without an end is judged.
        if self.head.len() > MAX_HEAD_BYTES {
            return Err(Malformed);
        }
        self.head.extend_from_slice(input);
        Ok(())
    }

    /// How many bytes the rest of the body takes, and the request; none if it goes on.
    fn feed_body(&mut self, input: &[u8]) -> Result<Option<(usize, Request)>, Malformed> {
        match &mut self.state {
            State::Head => Ok(None),
            State::Body { request, remaining } => {
                let available = input.len() as u64;
                if let (Ok(bytes), true) = (usize::try_from(*remaining), *remaining <= available) {
                    return Ok(Some((bytes, *request)));
                }
                *remaining -= available;
                Ok(None)
            }
            State::Chunked { request, body } => {
                let request = *request;
                Ok(body.feed(input, &mut |_| {})?.map(|bytes| (bytes, request)))
            }
        }
    }
}

/// A whole head: its length, the state after it, and whether it asks to continue. None if its end
/// has not come.
fn parse_head(
    input: &[u8],
    target: &mut impl FnMut(&str),
) -> Result<Option<(usize, State, bool)>, Malformed> {
    let mut storage = [const { MaybeUninit::uninit() }; MAX_HEADERS];
    let mut head = httparse::Request::new(&mut []);
    match head.parse_with_uninit_headers(input, &mut storage) {
        Ok(httparse::Status::Complete(bytes)) => {
            let state = interpret(&head)?;
            target(head.path.unwrap_or_default());
            Ok(Some((bytes, state, asks_to_continue(&head))))
        }
        Ok(httparse::Status::Partial) => Ok(None),
        Err(_) => Err(Malformed),
    }
}

/// HTTP/1.0 does not know the question (RFC 9110, section 10.1.1).
fn asks_to_continue(head: &httparse::Request) -> bool {
    let asks = |header: &httparse::Header| {
        header.name.eq_ignore_ascii_case("expect")
            && header.value.eq_ignore_ascii_case(b"100-continue")
    };
    head.version == Some(1) && head.headers.iter().any(asks)
}

fn interpret(head: &httparse::Request) -> Result<State, Malformed> {
    let old = head.version == Some(0);
    let mut framing = None;
    let mut request = Request { head_only: head.method == Some("HEAD"), old, keep_alive: !old };
    for header in head.headers.iter() {
        // By length first: most headers are none of the three.
        match header.name.len() {
            10 if header.name.eq_ignore_ascii_case("connection") => {
                request.keep_alive = keeps_alive(header.value, request.keep_alive);
            }
            14 if header.name.eq_ignore_ascii_case("content-length") => {
                framing = Some(with_length(framing, header.value)?);
            }
            17 if header.name.eq_ignore_ascii_case("transfer-encoding") => {
                framing = Some(with_coding(framing, header.value)?);
            }
            _ => {}
        }
    }
    Ok(match framing {
        None => State::Body { request, remaining: 0 },
        Some(Framing::Length(remaining)) => State::Body { request, remaining },
        Some(Framing::Chunked) => State::Chunked { request, body: ChunkedBody::default() },
    })
}

fn with_length(before: Option<Framing>, value: &[u8]) -> Result<Framing, Malformed> {
    let length = length(value)?;
    match before {
        None => Ok(Framing::Length(length)),
        Some(Framing::Length(earlier)) if earlier == length => Ok(Framing::Length(length)),
        Some(_) => Err(Malformed),
    }
}

fn with_coding(before: Option<Framing>, value: &[u8]) -> Result<Framing, Malformed> {
    match before {
        None if value.trim_ascii().eq_ignore_ascii_case(b"chunked") => Ok(Framing::Chunked),
        _ => Err(Malformed),
    }
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
