//! One request as bytes to send, and the response that is expected; or one message of a WebSocket.

use std::sync::Arc;

use crate::expect::Expectation;
use crate::http2::{RequestTemplate, Scheme};
use crate::stream::Stream;
use crate::template::{token_text, with_tokens, TOKEN_BYTES};
use crate::upload::Upload;
use crate::websocket::{frame, Deflater, Kind, Upgrade};

/// Are there messages among other requests?
pub fn is_mixed(requests: &[Request]) -> bool {
    requests.iter().any(|request| request.upgrade().is_some() != requests[0].upgrade().is_some())
}

/// A request for a connection that stays open.
#[derive(Clone, Debug)]
pub struct Request {
    /// Head and body, with zeros in the places of tokens.
    bytes: Arc<[u8]>,
    /// With its query.
    path: Arc<str>,
    /// The method is HEAD: the response has no body, whatever its head says.
    is_head: bool,
    expect: Expectation,
    /// The offsets of the tokens in the bytes.
    tokens: Arc<[usize]>,
    /// The offset behind the last header line. None if the request has cookies of its own.
    cookies_at: Option<usize>,
    /// It is no request of HTTP, but a message of this kind.
    message: Option<Message>,
    /// Its response is a stream.
    stream: Option<Arc<Stream>>,
    /// It is one of HTTP/2.
    template: Option<RequestTemplate>,
    /// Its body follows in pieces.
    upload: Option<Arc<Upload>>,
    /// A compressed response is checked as what it stands for.
    decodes: bool,
}

/// How a message is sent.
#[derive(Clone, Debug)]
struct Message {
    kind: Kind,
    /// The upgrade of its connection.
    upgrade: Upgrade,
    /// All other connections are to hear it.
    is_broadcast: bool,
}

impl Request {
    /// In path, header values and body `{token}` stands for a number that is unique to each request
    /// sent, in 16 hexadecimal digits. [`crate::wellformed::check`] is the caller's task.
    pub fn new(
        method: &str,
        host: &str,
        path: &str,
        headers: &[(String, String)],
        body: &[u8],
        expect: Expectation,
    ) -> Self {
        let (body, tokens_in_body) = with_tokens(body);
        let has_length = !body.is_empty() || matches!(method, "POST" | "PUT" | "PATCH");
        let length = has_length.then(|| ("Content-Length", body.len().to_string()));
        let head = head(method, host, path, headers, length.as_slice());
        let (head, mut tokens) = with_tokens(head.as_bytes());
        tokens.extend(tokens_in_body.into_iter().map(|at| at + head.len() + 2));
        let has_cookies = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("cookie"));
        Self {
            cookies_at: (!has_cookies).then_some(head.len()),
            bytes: [&head, &b"\r\n"[..], &body].concat().into(),
            path: path.into(),
            is_head: method == "HEAD",
            expect,
            tokens: tokens.into(),
            message: None,
            template: None,
            stream: None,
            upload: None,
            decodes: false,
        }
    }

    /// The same with a body of its own, in which no token stands. Header lines say how it is sent,
    /// unless they are given.
    pub fn uploading(
        method: &str,
        host: &str,
        path: &str,
        headers: &[(String, String)],
        upload: Upload,
        expect: Expectation,
    ) -> Self {
        let head = head(method, host, path, headers, upload.fields());
        let (head, tokens) = with_tokens(head.as_bytes());
        let has_cookies = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("cookie"));
        let inline = upload.inline();
        let body = inline.as_deref().unwrap_or_default();
        Self {
            cookies_at: (!has_cookies).then_some(head.len()),
            bytes: [&head, &b"\r\n"[..], body].concat().into(),
            path: path.into(),
            is_head: method == "HEAD",
            expect,
            tokens: tokens.into(),
            message: None,
            template: None,
            stream: None,
            upload: inline.is_none().then(|| Arc::new(upload)),
            decodes: false,
        }
    }

    /// What follows its head in pieces; None for a body that goes with it.
    pub fn upload(&self) -> Option<&Upload> {
        self.upload.as_deref()
    }

    /// The same request, whose response is checked as what it stands for if it is compressed by gzip.
    #[must_use]
    pub fn decoding(self) -> Self {
        Self { decodes: true, ..self }
    }

    pub fn decodes(&self) -> bool {
        self.decodes
    }

    /// The same by HTTP/2; [`crate::http2::check`] is the caller's task, too.
    pub fn with_http2(
        scheme: Scheme,
        method: &str,
        host: &str,
        path: &str,
        headers: &[(String, String)],
        body: &[u8],
        expect: Expectation,
    ) -> Self {
        Self {
            bytes: [].into(),
            path: path.into(),
            is_head: method == "HEAD",
            expect,
            tokens: [].into(),
            cookies_at: None,
            message: None,
            stream: None,
            template: Some(RequestTemplate::new(scheme, method, host, path, headers, body)),
            upload: None,
            decodes: false,
        }
    }

    /// How it is written by HTTP/2; None for other requests.
    pub fn template(&self) -> Option<&RequestTemplate> {
        self.template.as_ref()
    }

    /// A message on connections that begin with `upgrade`; `{token}` stands for the same in it. The
    /// expected body is that of the message which answers it.
    pub fn message(kind: Kind, payload: &[u8], upgrade: Upgrade, expect: Expectation) -> Self {
        let (payload, tokens) = with_tokens(payload);
        Self {
            bytes: payload.into(),
            path: "".into(),
            is_head: false,
            expect,
            tokens: tokens.into(),
            cookies_at: None,
            message: Some(Message { kind, upgrade, is_broadcast: false }),
            template: None,
            stream: None,
            upload: None,
            decodes: false,
        }
    }

    /// Sends a message by one connection, for all others to hear. It needs a token.
    #[must_use]
    pub fn broadcast(mut self) -> Self {
        if let Some(message) = &mut self.message {
            message.is_broadcast = !self.tokens.is_empty();
        }
        self
    }

    pub fn is_broadcast(&self) -> bool {
        self.message.as_ref().is_some_and(|message| message.is_broadcast)
    }

    /// Keeps a piece of what may be this message: no more than it has.
    pub fn keep_message(&self, piece: &[u8], kept: &mut Vec<u8>) {
        // One byte more is enough to see that it is another one.
        let room = (self.bytes.len() + 1).saturating_sub(kept.len());
        kept.extend_from_slice(&piece[..piece.len().min(room)]);
    }

    /// The token of a message that was heard; None if it is none like this.
    pub fn token_in(&self, heard: &[u8]) -> Option<u64> {
        let at = *self.tokens.first()?;
        if heard.len() != self.bytes.len() || heard[..at] != self.bytes[..at] {
            return None;
        }
        let digits = std::str::from_utf8(&heard[at..at + TOKEN_BYTES]).ok()?;
        u64::from_str_radix(digits, 16).ok()
    }

    /// The same request, whose response is a stream.
    #[must_use]
    pub fn streamed(self, stream: Stream) -> Self {
        Self { stream: Some(Arc::new(stream)), ..self }
    }

    /// How its response is read as a stream; None if it is none.
    pub fn stream(&self) -> Option<&Stream> {
        self.stream.as_deref()
    }

    /// How its connection becomes a WebSocket; None for requests of HTTP.
    pub fn upgrade(&self) -> Option<&Upgrade> {
        self.message.as_ref().map(|message| &message.upgrade)
    }

    /// The kind of a message; None for requests of HTTP.
    pub fn kind(&self) -> Option<Kind> {
        self.message.as_ref().map(|message| message.kind)
    }

    /// `GET /` of localhost.
    pub fn get(expect: Expectation) -> Self {
        Self::new("GET", "localhost", "/", &[], b"", expect)
    }

    pub fn path(&self) -> &str {
        &self.path
    }

    pub fn is_head(&self) -> bool {
        self.is_head
    }

    pub fn expect(&self) -> &Expectation {
        &self.expect
    }

    /// Appends the request to `out`; `cookies` is a header line.
    pub fn write(&self, token: u64, cookies: Option<&str>, out: &mut Vec<u8>) {
        if let Some(message) = &self.message {
            let opcode = message.kind.opcode();
            let key = frame::key(token);
            frame::write(out, opcode, self.bytes.len(), key, |out| {
                self.write_bytes(token, None, out);
            });
        } else {
            self.write_bytes(token, cookies, out);
        }
    }

    /// Appends a message, compressed.
    pub fn write_compressed(&self, token: u64, deflater: &mut Deflater, out: &mut Vec<u8>) {
        let Some(message) = &self.message else { return };
        deflater.plain.clear();
        self.write_bytes(token, None, &mut deflater.plain);
        let packed = deflater.pack();
        let start = out.len();
        frame::write(out, message.kind.opcode(), packed.len(), frame::key(token), |out| {
            out.extend_from_slice(packed);
        });
        frame::mark_compressed(&mut out[start..]);
    }

    fn write_bytes(&self, token: u64, cookies: Option<&str>, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&self.bytes);
        for offset in &*self.tokens {
            out[start + offset..][..TOKEN_BYTES].copy_from_slice(&token_text(token));
        }
        if let (Some(cookies), Some(offset)) = (cookies, self.cookies_at) {
            out.splice(start + offset..start + offset, cookies.bytes());
        }
    }
}

/// The request line and the header lines.
fn head(
    method: &str,
    host: &str,
    path: &str,
    headers: &[(String, String)],
    of_body: &[(&str, String)],
) -> String {
    let given = |name: &str| headers.iter().any(|(given, _)| given.eq_ignore_ascii_case(name));
    let defaults = [("Host", host), ("User-Agent", "timetrial"), ("Accept", "*/*")];
    let lines = defaults
        .into_iter()
        .chain(of_body.iter().map(|(name, value)| (*name, value.as_str())))
        .filter(|(name, _)| !given(name))
        .chain(headers.iter().map(|(name, value)| (name.as_str(), value.as_str())))
        .map(|(name, value)| format!("{name}: {value}\r\n"));
    std::iter::once(format!("{method} {path} HTTP/1.1\r\n")).chain(lines).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(request: &Request, cookies: Option<&str>) -> String {
        let mut out = b"before ".to_vec();
        request.write(0xff, cookies, &mut out);
        String::from_utf8(out[7..].to_vec()).unwrap()
    }

    fn post(headers: &[(&str, &str)], body: &str) -> Request {
        let headers: Vec<_> =
            headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let expect = Expectation::default();
        Request::new("POST", "here", "/?a={token}", &headers, body.as_bytes(), expect)
    }

    #[test]
    fn each_token_is_written_in_its_place_and_counts_with_its_length() {
        let sent = written(&post(&[("Accept", "{token}")], "[{token},{token}]"), None);
        let token = "00000000000000ff";
        assert_eq!(
            sent,
            format!(
                "POST /?a={token} HTTP/1.1\r\nHost: here\r\nUser-Agent: timetrial\r\n\
                 Content-Length: 35\r\nAccept: {token}\r\n\r\n[{token},{token}]"
            )
        );
    }

    #[test]
    fn the_token_of_a_broadcast_is_found_in_what_was_heard() {
        let message = |payload: &[u8]| {
            let upgrade = Upgrade::new("here", "/ws", &[]);
            Request::message(Kind::Text, payload, upgrade, Expectation::default()).broadcast()
        };
        let request = message(b"to all: {token}!");
        let mut kept = vec![];
        request.keep_message(b"to all: 00000000", &mut kept);
        request.keep_message(b"000000ff!", &mut kept);
        assert_eq!(request.token_in(&kept), Some(255));
        request.keep_message(b"and more than it has", &mut kept);
        assert_eq!((request.token_in(&kept), kept.len()), (None, 26));
        assert_eq!(request.token_in(b"to you: 00000000000000ff!"), None);
        assert!(request.is_broadcast() && !message(b"no number").is_broadcast());
    }

    #[test]
    fn cookies_stand_behind_the_other_header_lines() {
        let sent = written(&post(&[], "{token}"), Some("Cookie: a=1\r\n"));
        assert!(
            sent.ends_with("Content-Length: 16\r\nCookie: a=1\r\n\r\n00000000000000ff"),
            "{sent}"
        );
    }

    #[test]
    fn a_request_with_cookies_of_its_own_takes_no_others() {
        let sent = written(&post(&[("cookie", "b=2")], ""), Some("Cookie: a=1\r\n"));
        assert!(sent.contains("cookie: b=2\r\n\r\n") && !sent.contains("a=1"), "{sent}");
    }
}
