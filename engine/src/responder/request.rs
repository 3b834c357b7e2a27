//! HTTP/1.1 requests, parsed from bytes that may be cut anywhere. No I/O, no clock.

use std::mem::MaybeUninit;

use super::chunked::{self, ChunkedBody};

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

/// The bytes are not a request that HTTP/1.1 allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

impl From<chunked::Malformed> for Malformed {
    fn from(_: chunked::Malformed) -> Self {
        Self
    }
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
}

impl Default for RequestParser {
    fn default() -> Self {
        Self { state: State::Head, head: Vec::new() }
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
        let Some((bytes, state)) = parsed else {
            if buffered == 0 {
                self.buffer(input)?;
            }
            return Ok(None);
        };
        self.head.clear();
        self.state = state;
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
                Ok(body.feed(input)?.map(|bytes| (bytes, request)))
            }
        }
    }
}

/// A whole head, as its length and the state after it; none if its end has not come.
fn parse_head(
    input: &[u8],
    target: &mut impl FnMut(&str),
) -> Result<Option<(usize, State)>, Malformed> {
    let mut storage = [const { MaybeUninit::uninit() }; MAX_HEADERS];
    let mut head = httparse::Request::new(&mut []);
    match head.parse_with_uninit_headers(input, &mut storage) {
        Ok(httparse::Status::Complete(bytes)) => {
            let state = interpret(&head)?;
            target(head.path.unwrap_or_default());
            Ok(Some((bytes, state)))
        }
        Ok(httparse::Status::Partial) => Ok(None),
        Err(_) => Err(Malformed),
    }
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

fn keeps_alive(value: &[u8], before: bool) -> bool {
    value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii).fold(before, |keep_alive, token| {
        if token.eq_ignore_ascii_case(b"close") {
            false
        } else {
            keep_alive || token.eq_ignore_ascii_case(b"keep-alive")
        }
    })
}

fn with_length(before: Option<Framing>, value: &[u8]) -> Result<Framing, Malformed> {
    let digits = value.trim_ascii();
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(Malformed);
    }
    let text = std::str::from_utf8(digits).map_err(|_| Malformed)?;
    let length: u64 = text.parse().map_err(|_| Malformed)?;
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
