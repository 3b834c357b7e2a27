//! What a generator speaks: its requests, how many of them written bytes have, and what may come back.

use base64::engine::general_purpose::STANDARD;
use base64::Engine;
use ring::digest;
use timetrial_engine::expect::Expectation;
use timetrial_engine::http2::Scheme;
use timetrial_engine::request::Request;
use timetrial_engine::stream::{Numbers, Stream, StreamKind};
use timetrial_engine::websocket::{Kind, Upgrade};

/// What servers of streams send, too.
const HTTP1: &[&[u8]] = &[
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok",
    b"HTTP/1.1 200 OK\r\n\r\nok",
    b"HTTP/1.1 500 No\r\nSet-Cookie: a=b; Path=/\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: a\n\n",
    b"id: 7\ndata: b\n\n: still there\n\n",
    b"HTTP/1.1 100 Continue\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
];
const HTTP2: &[&[u8]] = &[
    // Settings, and ours acknowledged; then settings for two streams at once.
    b"\0\0\0\x04\0\0\0\0\0\0\0\0\x04\x01\0\0\0\0",
    b"\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x02",
    // Responses to the first three requests, one after the other, and to two at once.
    b"\0\0\x01\x01\x04\0\0\0\x01\x88\0\0\x02\0\x01\0\0\0\x01ok",
    b"\0\0\x01\x01\x04\0\0\0\x03\x88\0\0\x02\0\x01\0\0\0\x03ok",
    b"\0\0\x01\x01\x05\0\0\0\x05\x8e",
    b"\0\0\x01\x01\x05\0\0\0\x03\x88\0\0\x01\x01\x05\0\0\0\x01\x88",
    // Streams and a connection that the server does not process, a ping, and data of no stream.
    b"\0\0\x04\x03\0\0\0\0\x01\0\0\0\x07\0\0\x04\x03\0\0\0\0\x03\0\0\0\x02",
    b"\0\0\x08\x07\0\0\0\0\0\0\0\0\x01\0\0\0\0",
    b"\0\0\x08\x06\0\0\0\0\0pingpong",
    b"\0\0\x01\0\0\0\0\0\0x",
];
const WEBSOCKET: &[&[u8]] = &[
    b"\x81\x02ok",
    b"\x82\x02ok",
    b"\x01\x01o\x89\x01?\x80\x01k",
    b"\x81\x02ok\x81\x02ok",
    b"\x88\x02\x03\xe9",
    b"\x8a\0",
    b"\x89\x04hear",
    b"\x81\x82\0\0\0\0ok",
    b"\xc1\x04\xca\xcf\x06\0",
    b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
];
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const KEY: &[u8] = b"Sec-WebSocket-Key: ";
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Protocol {
    Http1,
    Streams { kind: StreamKind, events: Option<u64> },
    Http2,
    WebSocket { deflates: bool },
}

impl Protocol {
    pub fn request(self, expect: Expectation) -> Request {
        let http1 = |expect| Request::new("GET", "here", "/?{token}", &[], b"", expect);
        match self {
            Self::Http1 => http1(expect),
            Self::Streams { kind, events } => {
                http1(expect).streamed(Stream { kind, numbers: Some(Numbers::Id), events })
            }
            Self::Http2 => {
                let (method, body) = ("POST", b"{token}");
                Request::with_http2(Scheme::Http, method, "here", "/", &[], body, expect)
            }
            Self::WebSocket { deflates } => {
                let plain = Upgrade::new("here", "/", &[]);
                let upgrade = if deflates { plain.offering_deflate() } else { plain };
                let expect = Expectation { status: None, ..expect };
                Request::message(Kind::Text, b"{token}", upgrade, expect)
            }
        }
    }

    pub fn responses(self) -> &'static [&'static [u8]] {
        match self {
            Self::Http1 | Self::Streams { .. } => HTTP1,
            Self::Http2 => HTTP2,
            Self::WebSocket { .. } => WEBSOCKET,
        }
    }

    /// Counts the requests in what is written at once.
    pub fn requests_in(self, bytes: &[u8]) -> u64 {
        match self {
            Self::Http1 | Self::Streams { .. } => {
                bytes.windows(4).filter(|end| end == b"\r\n\r\n").count() as u64
            }
            Self::Http2 => headers_in(bytes),
            Self::WebSocket { .. } => messages_in(bytes),
        }
    }
}

/// The right answer to the request for an upgrade; None for other bytes.
pub fn upgraded(bytes: &[u8]) -> Option<Vec<u8>> {
    let at = bytes.windows(KEY.len()).position(|found| found == KEY)? + KEY.len();
    let mut context = digest::Context::new(&digest::SHA1_FOR_LEGACY_USE_ONLY);
    context.update(&bytes[at..at + 24]);
    context.update(GUID);
    let accept = STANDARD.encode(context.finish());
    let deflates = bytes.windows(8).any(|found| found == b"-deflate");
    let extensions = "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n";
    let extensions = if deflates { extensions } else { "" };
    let head = "HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
    Some(format!("{head}{extensions}Sec-WebSocket-Accept: {accept}\r\n\r\n").into_bytes())
}

fn headers_in(bytes: &[u8]) -> u64 {
    let mut rest = bytes.strip_prefix(PREFACE).unwrap_or(bytes);
    let mut found = 0;
    while let Some((&[a, b, c, kind, ..], behind)) = rest.split_first_chunk::<9>() {
        found += u64::from(kind == 1);
        rest = &behind[usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c)..];
    }
    assert!(rest.is_empty(), "frames are written in whole");
    found
}

fn messages_in(bytes: &[u8]) -> u64 {
    if bytes.starts_with(b"GET ") {
        return 0;
    }
    let (mut rest, mut found) = (bytes, 0);
    while let [first, length, ..] = *rest {
        assert!(length & 0x80 != 0, "clients mask");
        let payload = usize::from(length & 0x7f);
        assert!(payload < 126, "the messages are short");
        found += u64::from(matches!(first & 15, 1 | 2));
        rest = &rest[6 + payload..];
    }
    assert!(rest.is_empty(), "frames are written in whole");
    found
}
