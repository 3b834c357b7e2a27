//! A request whose header fields are encoded once, and sent many times.

use std::ops::Range;
use std::sync::Arc;

use super::head::OF_CONNECTIONS;
use super::hpack::{self, BlockWriter};
use crate::template::{token_text, with_tokens, TOKEN_BYTES};

/// How the URL of a request begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    Http,
    Https,
}

/// Checks what only HTTP/2 forbids. The error is a sentence that quotes it.
pub fn check(headers: &[(String, String)]) -> Result<(), String> {
    for (name, value) in headers {
        let lower = name.to_ascii_lowercase();
        let is_forbidden = OF_CONNECTIONS.contains(&lower.as_str())
            || lower == "te" && !value.eq_ignore_ascii_case("trailers");
        if is_forbidden {
            return Err(format!("the header {name:?} is for HTTP/1.1: HTTP/2 does not have it"));
        }
    }
    Ok(())
}

/// The bytes of a request, with zeros in the places of tokens.
#[derive(Clone, Debug)]
pub struct RequestTemplate {
    block: Arc<[u8]>,
    tokens: Arc<[usize]>,
    body: Arc<[u8]>,
    tokens_in_body: Arc<[usize]>,
    /// The request has no cookies of its own.
    takes_cookies: bool,
}

impl RequestTemplate {
    /// [`check`] is the caller's task.
    pub fn new(
        scheme: Scheme,
        method: &str,
        host: &str,
        path: &str,
        headers: &[(String, String)],
        body: &[u8],
    ) -> Self {
        let (body, tokens_in_body) = with_tokens(body);
        let given = |wanted: &str| {
            headers
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(wanted))
                .map(|(_, value)| value.as_str())
        };
        let mut block = BlockWriter::default();
        block.add(":method", method);
        block.add(":scheme", if scheme == Scheme::Https { "https" } else { "http" });
        block.add(":authority", given("host").unwrap_or(host));
        block.add(":path", path);
        let length = body.len().to_string();
        let has_length = !body.is_empty() || matches!(method, "POST" | "PUT" | "PATCH");
        let defaults = [("user-agent", "timetrial"), ("accept", "*/*")];
        let defaults =
            defaults.into_iter().chain(has_length.then_some(("content-length", &*length)));
        for (name, value) in defaults.filter(|(name, _)| given(name).is_none()) {
            block.add(name, value);
        }
        for (name, value) in headers.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("host")) {
            block.add(&name.to_ascii_lowercase(), value);
        }
        Self {
            takes_cookies: given("cookie").is_none(),
            block: block.bytes.into(),
            tokens: block.tokens.into(),
            body: body.into(),
            tokens_in_body: tokens_in_body.into(),
        }
    }

    pub fn body_bytes(&self) -> usize {
        self.body.len()
    }

    /// Appends the block of header fields.
    pub fn write_block(&self, token: u64, cookies: Option<&str>, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&self.block);
        for offset in &*self.tokens {
            out[start + offset..][..TOKEN_BYTES].copy_from_slice(&token_text(token));
        }
        if let Some(cookies) = cookies.filter(|_| self.takes_cookies) {
            hpack::literal(out, "cookie", cookies.as_bytes(), false);
        }
    }

    /// Appends a part of the body.
    pub fn write_body(&self, token: u64, part: Range<usize>, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&self.body[part.clone()]);
        for &offset in &*self.tokens_in_body {
            // Of a token, only the digits that lie in this part.
            let from = offset.max(part.start);
            let to = (offset + TOKEN_BYTES).min(part.end);
            if from < to {
                let digits = &token_text(token)[from - offset..to - offset];
                out[start + from - part.start..][..to - from].copy_from_slice(digits);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http2::hpack::Decoder;
    use proptest::prelude::*;

    fn template(headers: &[(&str, &str)], body: &str) -> RequestTemplate {
        let headers: Vec<_> =
            headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let path = "/?a={token}";
        RequestTemplate::new(Scheme::Http, "POST", "here", path, &headers, body.as_bytes())
    }

    fn fields(template: &RequestTemplate, cookies: Option<&str>) -> Vec<String> {
        let mut block = vec![];
        template.write_block(0xff, cookies, &mut block);
        let mut fields = vec![];
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let mut field = |name: &[u8], value: &[u8]| {
            fields.push(format!("{}: {}", text(name), text(value)));
        };
        Decoder::default().decode(&block, &mut field).unwrap();
        fields
    }

    #[test]
    fn the_fields_are_those_of_http_1_with_the_host_as_authority() {
        let headers = [("Host", "there"), ("X-A", "{token}"), ("Accept", "text/plain")];
        let request = template(&headers, "{token}");
        assert_eq!(
            fields(&request, Some("a=1; b=2")),
            [
                ":method: POST",
                ":scheme: http",
                ":authority: there",
                ":path: /?a=00000000000000ff",
                "user-agent: timetrial",
                "content-length: 16",
                "x-a: 00000000000000ff",
                "accept: text/plain",
                "cookie: a=1; b=2",
            ]
        );
        let own = template(&[("Cookie", "c=3")], "");
        assert_eq!(fields(&own, Some("a=1")).last().unwrap(), "cookie: c=3");
    }

    #[test]
    fn headers_of_connections_are_refused_in_a_sentence() {
        let refused = |name: &str, value: &str| check(&[(name.into(), value.into())]).is_err();
        assert!(refused("Connection", "close") && refused("TE", "gzip"));
        assert!(!refused("TE", "trailers") && !refused("Accept", "a"));
    }

    proptest! {
        #[test]
        fn a_body_is_the_same_in_parts(
            texts in prop::collection::vec("[a-z]{0,9}", 1..5), cut in 0..60_usize
        ) {
            let request = template(&[], &texts.join("{token}"));
            let (mut whole, mut parts) = (vec![], vec![]);
            let bytes = request.body_bytes();
            request.write_body(0xabc, 0..bytes, &mut whole);
            let cut = cut.min(bytes);
            request.write_body(0xabc, 0..cut, &mut parts);
            request.write_body(0xabc, cut..bytes, &mut parts);
            prop_assert_eq!(&whole, &parts);
            prop_assert_eq!(String::from_utf8(whole).unwrap(), texts.join("0000000000000abc"));
        }
    }
}
