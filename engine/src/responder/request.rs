//! HTTP/1.1 requests, parsed from bytes that may be split anywhere. No I/O, no clock.

use std::mem::MaybeUninit;

use crate::http1::chunked::ChunkedBody;
use crate::http1::fields::{keeps_alive, length};
use crate::http1::Malformed;

/// The limit of a head.
pub const MAX_HEAD_BYTES: usize = 16 * 1024;
const MAX_HEADERS: usize = 96;

/// What a request determines about its response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceivedRequest {
    /// The method is HEAD.
    pub head_only: bool,
    /// HTTP/1.0 has no chunks, and keeps a connection open only on request.
    pub is_http10: bool,
    /// May the connection carry another request?
    pub keep_alive: bool,
}

/// The progress of one request after some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestProgress {
    /// All bytes were consumed, and the request is incomplete.
    Partial,
    /// The request is complete after this many of the bytes. The others are not part of it.
    Complete { consumed: usize, request: ReceivedRequest },
}

#[derive(Clone, Copy, Debug)]
enum State {
    Head,
    Body { request: ReceivedRequest, remaining: u64 },
    Chunked { request: ReceivedRequest, body: ChunkedBody },
}

#[derive(Clone, Copy)]
enum Framing {
    Length(u64),
    Chunked,
}

/// Parses the requests of one connection in order.
#[derive(Clone, Debug)]
pub struct RequestParser {
    state: State,
    /// The start of an incomplete head.
    head: Vec<u8>,
    /// The last head has `Expect: 100-continue`.
    expects_continue: bool,
}

impl Default for RequestParser {
    fn default() -> Self {
        Self { state: State::Head, head: Vec::new(), expects_continue: false }
    }
}

impl RequestParser {
    /// Parses received bytes. Passes the target of the request to `target` once the head is
    /// complete. Skips bodies.
    ///
    /// After [`RequestProgress::Complete`] the parser is ready for the next request.
    pub fn feed(
        &mut self,
        input: &[u8],
        target: &mut impl FnMut(&str),
    ) -> Result<RequestProgress, Malformed> {
        let mut at = 0;
        if matches!(self.state, State::Head) {
            match self.feed_head(input, target)? {
                Some(bytes) => at = bytes,
                None => return Ok(RequestProgress::Partial),
            }
        }
        Ok(match self.feed_body(&input[at..])? {
            Some((bytes, request)) => {
                self.state = State::Head;
                RequestProgress::Complete { consumed: at + bytes, request }
            }
            None => RequestProgress::Partial,
        })
    }

    /// Does the client wait for an interim response (`Expect: 100-continue`) before it sends the
    /// body? True only once for each request.
    pub fn take_expect_continue(&mut self) -> bool {
        std::mem::take(&mut self.expects_continue) && !matches!(self.state, State::Head)
    }

    /// How many of the bytes belong to the head. None if it is incomplete.
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
            // A head ends with a line break. Without one, it is not parsed again.
            let may_end = input.contains(&b'\n');
            if may_end {
                parse_head(&self.head, target)?
            } else {
                None
            }
        };
        let Some((bytes, state, expects_continue)) = parsed else {
            if buffered == 0 {
                self.buffer(input)?;
            }
            return Ok(None);
        };
        self.head.clear();
        self.state = state;
        self.expects_continue = expects_continue;
        Ok(Some(bytes - buffered))
    }

    fn buffer(&mut self, input: &[u8]) -> Result<(), Malformed> {
        // The bytes may contain more than the head, so only a head without an end is too long.
        if self.head.len() > MAX_HEAD_BYTES {
            return Err(Malformed);
        }
        self.head.extend_from_slice(input);
        Ok(())
    }

    /// How many of the bytes belong to the body, and its request. None if it is incomplete.
    fn feed_body(&mut self, input: &[u8]) -> Result<Option<(usize, ReceivedRequest)>, Malformed> {
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

/// Parses a head: its length, the state after it, and whether the client waits to continue. None if
/// it is incomplete.
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
            Ok(Some((bytes, state, expects_continue(&head))))
        }
        Ok(httparse::Status::Partial) => Ok(None),
        Err(_) => Err(Malformed),
    }
}

/// HTTP/1.0 has no such expectation (RFC 9110, section 10.1.1).
fn expects_continue(head: &httparse::Request) -> bool {
    let is_expectation = |header: &httparse::Header| {
        header.name.eq_ignore_ascii_case("expect")
            && header.value.eq_ignore_ascii_case(b"100-continue")
    };
    head.version == Some(1) && head.headers.iter().any(is_expectation)
}

fn interpret(head: &httparse::Request) -> Result<State, Malformed> {
    let is_http10 = head.version == Some(0);
    let mut framing = None;
    let mut request = ReceivedRequest {
        head_only: head.method == Some("HEAD"),
        is_http10,
        keep_alive: !is_http10,
    };
    for header in head.headers.iter() {
        // Compares lengths first, because most headers are none of the three.
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
