//! The request that turns an HTTP connection into a WebSocket, and the server's answer to it.

use std::sync::Arc;

use base64::engine::general_purpose::STANDARD;
use base64::Engine;
use ring::digest;

use super::deflate;
use crate::http1::MAX_HEAD_BYTES;

/// What a server appends to the key (RFC 6455, 1.3).
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/// The length of a key, 16 bytes in base64.
const KEY_BYTES: usize = 24;
const KEY_NAME: &str = "Sec-WebSocket-Key: ";
const MOST_HEADERS: usize = 96;

/// Why a server did not turn a connection into a WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpgradeRefusal {
    /// It answered with this status, and not with 101.
    Status(u16),
    /// It closed the connection.
    Closed,
    /// It did not answer in HTTP, or its 101 switches to something else.
    Malformed,
    /// Its answer is not to the key that it was sent.
    OtherKey,
    /// It wants an extension, such as compression, or a subprotocol that was not offered.
    Uninvited,
}

/// The request for an upgrade.
#[derive(Clone, Debug)]
pub struct Upgrade {
    /// With zeros in the place of the key.
    head: Arc<[u8]>,
    key_at: usize,
    /// The subprotocols that are offered, in lower case.
    subprotocols: Arc<[String]>,
    /// It offers to compress messages.
    deflates: bool,
}

impl Upgrade {
    /// [`crate::wellformed::check`] is the caller's task.
    pub fn new(host: &str, path: &str, headers: &[(String, String)]) -> Self {
        let given = |name: &str| headers.iter().any(|(given, _)| given.eq_ignore_ascii_case(name));
        let defaults = [("Host", host), ("User-Agent", "timetrial")];
        let lines = defaults
            .into_iter()
            .filter(|(name, _)| !given(name))
            .chain(headers.iter().map(|(name, value)| (name.as_str(), value.as_str())))
            .map(|(name, value)| format!("{name}: {value}\r\n"));
        let mut head: String =
            std::iter::once(format!("GET {path} HTTP/1.1\r\n")).chain(lines).collect();
        head += "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n";
        head += KEY_NAME;
        let key_at = head.len();
        head += &"0".repeat(KEY_BYTES);
        head += "\r\n\r\n";
        let subprotocols = headers
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case("sec-websocket-protocol"))
            .flat_map(|(_, value)| value.split(','))
            .map(|name| name.trim().to_ascii_lowercase())
            .collect();
        Self { head: head.into_bytes().into(), key_at, subprotocols, deflates: false }
    }

    /// Offers to compress messages, too.
    #[must_use]
    pub fn offering_deflate(self) -> Self {
        let line = format!("Sec-WebSocket-Extensions: {}\r\n", deflate::OFFER);
        let at = self.key_at - KEY_NAME.len();
        let head = [&self.head[..at], line.as_bytes(), &self.head[at..]].concat();
        Self { head: head.into(), key_at: self.key_at + line.len(), deflates: true, ..self }
    }

    /// Does it offer to compress messages?
    pub fn deflates(&self) -> bool {
        self.deflates
    }

    /// Appends the request; `nonce` is new for each connection.
    pub fn write(&self, nonce: u128, out: &mut Vec<u8>) {
        let start = out.len() + self.key_at;
        out.extend_from_slice(&self.head);
        out[start..start + KEY_BYTES].copy_from_slice(key(nonce).as_bytes());
    }

    fn offers(&self, subprotocol: &str) -> bool {
        self.subprotocols.iter().any(|offered| offered.eq_ignore_ascii_case(subprotocol))
    }
}

fn key(nonce: u128) -> String {
    STANDARD.encode(nonce.to_be_bytes())
}

/// What the server has to answer to a key.
fn accept_of(nonce: u128) -> String {
    let mut context = digest::Context::new(&digest::SHA1_FOR_LEGACY_USE_ONLY);
    context.update(key(nonce).as_bytes());
    context.update(GUID);
    STANDARD.encode(context.finish())
}

/// What some bytes of the answer have brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpgradeProgress {
    Partial,
    /// The connection is a WebSocket behind these bytes.
    Upgraded {
        consumed: usize,
        /// Messages may be compressed.
        deflates: bool,
    },
    Refused(UpgradeRefusal),
}

/// Reads the answer to a request for an upgrade.
#[derive(Clone, Debug, Default)]
pub struct UpgradeReader {
    head: Vec<u8>,
}

impl UpgradeReader {
    pub fn feed(&mut self, input: &[u8], upgrade: &Upgrade, nonce: u128) -> UpgradeProgress {
        let before = self.head.len();
        self.head.extend_from_slice(input);
        let Some(end) = memchr::memmem::find(&self.head, b"\r\n\r\n").map(|at| at + 4) else {
            if self.head.len() > MAX_HEAD_BYTES {
                return UpgradeProgress::Refused(UpgradeRefusal::Malformed);
            }
            return UpgradeProgress::Partial;
        };
        if end > MAX_HEAD_BYTES {
            return UpgradeProgress::Refused(UpgradeRefusal::Malformed);
        }
        let judged = judge(&self.head[..end], upgrade, nonce);
        self.head = vec![];
        match judged {
            Ok(deflates) => UpgradeProgress::Upgraded { consumed: end - before, deflates },
            Err(refusal) => UpgradeProgress::Refused(refusal),
        }
    }

    /// Prepares for another connection.
    pub fn reset(&mut self) {
        self.head.clear();
    }
}

/// Is the answer the right one? Returns whether messages may be compressed.
fn judge(head: &[u8], upgrade: &Upgrade, nonce: u128) -> Result<bool, UpgradeRefusal> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let status = match response.parse(head) {
        Ok(httparse::Status::Complete(_)) => response.code.unwrap_or_default(),
        _ => return Err(UpgradeRefusal::Malformed),
    };
    if status != 101 {
        return Err(UpgradeRefusal::Status(status));
    }
    let values = |name: &'static str| {
        response
            .headers
            .iter()
            .filter(move |header| header.name.eq_ignore_ascii_case(name))
            .map(|header| std::str::from_utf8(header.value).unwrap_or_default().trim())
    };
    let lists = |name: &'static str, token: &str| {
        values(name)
            .flat_map(|value| value.split(','))
            .any(|found| found.trim().eq_ignore_ascii_case(token))
    };
    if !lists("upgrade", "websocket") || !lists("connection", "upgrade") {
        return Err(UpgradeRefusal::Malformed);
    }
    if !values("sec-websocket-accept").eq([accept_of(nonce).as_str()]) {
        return Err(UpgradeRefusal::OtherKey);
    }
    let mut extensions = values("sec-websocket-extensions").filter(|value| !value.is_empty());
    let deflates = match (extensions.next(), extensions.next()) {
        (None, _) => false,
        (Some(answer), None) if upgrade.deflates && deflate::accepts(answer) => true,
        _ => return Err(UpgradeRefusal::Uninvited),
    };
    if values("sec-websocket-protocol").any(|chosen| !upgrade.offers(chosen)) {
        return Err(UpgradeRefusal::Uninvited);
    }
    Ok(deflates)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The nonce of the example in RFC 6455, 1.3: "the sample nonce".
    const SAMPLE: u128 = u128::from_be_bytes(*b"the sample nonce");

    fn upgrade(headers: &[(&str, &str)]) -> Upgrade {
        let headers: Vec<_> =
            headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        Upgrade::new("here", "/ws?a=1", &headers)
    }

    fn answer(lines: &str) -> String {
        format!(
            "HTTP/1.1 101 Switching Protocols\r\nupgrade: WebSocket\r\n\
             Connection: keep-alive, Upgrade\r\n{lines}\r\n"
        )
    }

    const ACCEPT: &str = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";

    fn judged(upgrade: &Upgrade, text: &str) -> UpgradeProgress {
        UpgradeReader::default().feed(text.as_bytes(), upgrade, SAMPLE)
    }

    #[test]
    fn the_key_of_the_standard_has_its_answer() {
        let mut out = vec![];
        upgrade(&[("Origin", "http://here")]).write(SAMPLE, &mut out);
        let text = String::from_utf8(out).unwrap();
        assert_eq!(
            text,
            "GET /ws?a=1 HTTP/1.1\r\nHost: here\r\nUser-Agent: timetrial\r\nOrigin: http://here\r\n\
             Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        let answer = answer(ACCEPT);
        let consumed = answer.len();
        let upgraded = UpgradeProgress::Upgraded { consumed, deflates: false };
        assert_eq!(judged(&upgrade(&[]), &answer), upgraded);
    }

    #[test]
    fn compression_is_offered_before_the_key_and_agreed_on_or_not() {
        let offering = upgrade(&[]).offering_deflate();
        let mut out = vec![];
        offering.write(SAMPLE, &mut out);
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains("server_no_context_takeover; client_no_context_takeover\r\nSec-"));
        assert!(text.ends_with("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"), "{text}");
        let agreed = "permessage-deflate; server_no_context_takeover";
        let answered = |value: &str| {
            let lines = format!("{ACCEPT}Sec-WebSocket-Extensions: {value}\r\n");
            judged(&offering, &answer(&lines))
        };
        assert!(matches!(answered(agreed), UpgradeProgress::Upgraded { deflates: true, .. }));
        let without = judged(&offering, &answer(ACCEPT));
        assert!(matches!(without, UpgradeProgress::Upgraded { deflates: false, .. }));
        let uninvited = UpgradeProgress::Refused(UpgradeRefusal::Uninvited);
        assert_eq!(answered("permessage-deflate"), uninvited);
        assert_eq!(answered("x-other"), uninvited);
    }

    #[test]
    fn what_is_no_upgrade_is_refused_with_its_reason() {
        let offered = upgrade(&[("Sec-WebSocket-Protocol", "chat, superchat")]);
        let refused = |text: &str| match judged(&offered, text) {
            UpgradeProgress::Refused(refusal) => Some(refusal),
            _ => None,
        };
        let with = |line: &str| answer(&format!("{ACCEPT}{line}\r\n"));
        assert_eq!(refused(&with("Sec-WebSocket-Protocol: Chat")), None);
        let uninvited = Some(UpgradeRefusal::Uninvited);
        assert_eq!(refused(&with("Sec-WebSocket-Protocol: other")), uninvited);
        assert_eq!(refused(&with("Sec-WebSocket-Extensions: permessage-deflate")), uninvited);
        let status = |status| Some(UpgradeRefusal::Status(status));
        assert_eq!(refused("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), status(200));
        assert_eq!(refused("HTTP/1.1 404 Not Found\r\n\r\n"), status(404));
        let other = answer("Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n");
        assert_eq!(refused(&other), Some(UpgradeRefusal::OtherKey));
        let h2c = "HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n";
        assert_eq!(refused(h2c), Some(UpgradeRefusal::Malformed));
        assert_eq!(refused("SSH-2.0\r\n\r\n"), Some(UpgradeRefusal::Malformed));
        assert_eq!(refused(&"x".repeat(MAX_HEAD_BYTES + 1)), Some(UpgradeRefusal::Malformed));
    }

    proptest! {
        #[test]
        fn an_answer_is_judged_alike_wherever_it_is_cut(cut in 1..100_usize) {
            let upgrade = upgrade(&[]);
            let text = answer(ACCEPT) + "behind";
            let mut reader = UpgradeReader::default();
            let (first, rest) = text.as_bytes().split_at(cut);
            prop_assert_eq!(reader.feed(first, &upgrade, SAMPLE), UpgradeProgress::Partial);
            let consumed = rest.len() - "behind".len();
            let progress = reader.feed(rest, &upgrade, SAMPLE);
            let upgraded = UpgradeProgress::Upgraded { consumed, deflates: false };
            prop_assert_eq!(progress, upgraded);
        }
    }
}
