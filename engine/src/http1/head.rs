//! The head of a response: its status, the framing of its body, and the end of the connection.

use std::mem::MaybeUninit;

use super::fields::{keeps_alive, length as length_of, tokens};
use super::malformed::Malformed;

const MAX_HEADERS: usize = 96;

/// What the head of a response determines.
#[derive(Clone, Copy, Debug)]
pub struct ParsedHead {
    pub status: u16,
    pub keep_alive: bool,
    /// Its content is compressed by gzip.
    pub is_gzip: bool,
    pub framing: Framing,
}

/// What follows a head, and how its end is found.
#[derive(Clone, Copy, Debug)]
pub enum Framing {
    Informational,
    NoBody,
    Length(u64),
    Chunked,
    UntilClose,
}

/// The last head that was parsed. A server often repeats it, and comparing is cheaper than parsing.
#[derive(Clone, Debug, Default)]
pub struct HeadMemo {
    bytes: Vec<u8>,
    parsed: Option<ParsedHead>,
}

impl HeadMemo {
    /// The length and the content of the head that starts `input`, if it equals the last one.
    pub fn recall(&self, input: &[u8]) -> Option<(usize, ParsedHead)> {
        let parsed = self.parsed.filter(|_| input.starts_with(&self.bytes))?;
        Some((self.bytes.len(), parsed))
    }

    /// Replaces the last head.
    pub fn keep(&mut self, head: &[u8], parsed: ParsedHead) {
        self.bytes.clear();
        self.bytes.extend_from_slice(head);
        self.parsed = Some(parsed);
    }
}

/// Where fields of a head go that are kept.
pub struct Kept<'a> {
    /// The values of `Set-Cookie` are added.
    pub cookies: Option<&'a mut Vec<Vec<u8>>>,
    /// Becomes the value of `Content-Type`.
    pub content_type: Option<&'a mut Vec<u8>>,
}

/// Parses a head and its length. None if it is incomplete.
pub fn parse(input: &[u8], kept: Kept) -> Result<Option<(usize, ParsedHead)>, Malformed> {
    let mut storage = [const { MaybeUninit::uninit() }; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut []);
    let mut config = httparse::ParserConfig::default();
    config.allow_obsolete_multiline_headers_in_responses(true);
    let parsed = config.parse_response_with_uninit_headers(&mut response, input, &mut storage);
    match parsed {
        Ok(httparse::Status::Complete(bytes)) => {
            if let Some(cookies) = kept.cookies {
                cookies.extend(set_cookies(&response));
            }
            if let Some(content_type) = kept.content_type {
                *content_type = content_type_of(&response);
            }
            interpret(&response).map(|head| Some((bytes, head)))
        }
        Ok(httparse::Status::Partial) => Ok(None),
        Err(_) => Err(Malformed),
    }
}

/// Where in `input` the head ends that starts with `buffered`, of which only the last two bytes are
/// read.
pub fn end_of_head(buffered: &[u8], input: &[u8]) -> Option<usize> {
    let tail = &buffered[buffered.len().saturating_sub(2)..];
    let byte = |index: usize| {
        if index < tail.len() {
            tail[index]
        } else {
            input[index - tail.len()]
        }
    };
    (tail.len()..tail.len() + input.len()).find_map(|index| {
        let ends = byte(index) == b'\n'
            && (index >= 1 && byte(index - 1) == b'\n'
                || index >= 2 && byte(index - 1) == b'\r' && byte(index - 2) == b'\n');
        ends.then_some(index + 1 - tail.len())
    })
}

fn interpret(response: &httparse::Response) -> Result<ParsedHead, Malformed> {
    let status = response.code.ok_or(Malformed)?;
    let mut length: Option<u64> = None;
    let mut chunked = false;
    let mut coded = false;
    let mut is_gzip = false;
    let mut keep_alive = response.version == Some(1);
    for header in response.headers.iter() {
        if header.name.eq_ignore_ascii_case("content-length") {
            let value = length_of(header.value)?;
            if length.is_some_and(|earlier| earlier != value) {
                return Err(Malformed);
            }
            length = Some(value);
        } else if header.name.eq_ignore_ascii_case("transfer-encoding") {
            coded = true;
            chunked =
                tokens(header.value).last().is_some_and(|t| t.eq_ignore_ascii_case(b"chunked"));
        } else if header.name.eq_ignore_ascii_case("connection") {
            keep_alive = keeps_alive(header.value, keep_alive);
        } else if header.name.eq_ignore_ascii_case("content-encoding") {
            let value = header.value.trim_ascii();
            is_gzip = [&b"gzip"[..], b"x-gzip"].iter().any(|name| value.eq_ignore_ascii_case(name));
        }
    }
    let framing = match (status, coded, chunked, length) {
        (0..=99 | 101, ..) => return Err(Malformed),
        (100..=199, ..) => Framing::Informational,
        (_, true, _, Some(_)) => return Err(Malformed),
        (204 | 304, ..) => Framing::NoBody,
        (_, _, true, None) => Framing::Chunked,
        (_, false, false, Some(length)) => Framing::Length(length),
        _ => Framing::UntilClose,
    };
    Ok(ParsedHead { status, keep_alive, is_gzip, framing })
}

fn content_type_of(response: &httparse::Response) -> Vec<u8> {
    let named = |header: &&httparse::Header| header.name.eq_ignore_ascii_case("content-type");
    response.headers.iter().find(named).map(|header| unfolded(header.value)).unwrap_or_default()
}

fn set_cookies<'a>(response: &'a httparse::Response) -> impl Iterator<Item = Vec<u8>> + 'a {
    let named = |header: &&httparse::Header| header.name.eq_ignore_ascii_case("set-cookie");
    response.headers.iter().filter(named).map(|header| unfolded(header.value))
}

/// A value without line breaks: those of a folded line, with the blanks around them, are a space
/// (RFC 9112, 5.2). The other fields that are read here are the same with them.
fn unfolded(value: &[u8]) -> Vec<u8> {
    let mut lines = value.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
    let first = lines.next().unwrap_or_default().to_vec();
    lines.fold(first, |whole, line| [whole.as_slice(), line].join(&b' '))
}
