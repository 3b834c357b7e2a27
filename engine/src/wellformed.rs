//! Checks the parts of a request before it is built. Request targets have origin-form or, for
//! OPTIONS, asterisk-form (RFC 9112, section 3.2). Absolute form is for proxies and refused.

use crate::http1::fields::length;
use crate::template::{TOKEN, TOKEN_BYTES};

/// Checks the parts of a request. The error is a sentence that quotes the part and its problem.
pub fn check(
    method: &str,
    host: &str,
    path: &str,
    headers: &[(String, String)],
    body: &[u8],
) -> Result<(), String> {
    let fields = headers.iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]);
    for part in [method, host, path].into_iter().chain(fields) {
        require_one_line(part)?;
    }
    if !is_token(method) {
        return Err(format!("{method:?} is no method: allowed are words such as GET and POST"));
    }
    check_path(method, path)?;
    headers.iter().try_for_each(|(name, value)| check_header(name, value, body))
}

/// A line break would start another line of the request's head.
fn require_one_line(part: &str) -> Result<(), String> {
    if part.contains(['\r', '\n', '\0']) {
        return Err(format!("{part:?} has a line break or a NUL"));
    }
    Ok(())
}

fn check_path(method: &str, path: &str) -> Result<(), String> {
    if path == "*" {
        return match method {
            "OPTIONS" => Ok(()),
            _ => Err(format!("the path \"*\" is for OPTIONS alone, not for {method}")),
        };
    }
    if !path.starts_with('/') {
        return Err(format!(
            "the path {path:?} does not begin with a slash: allowed are /PATH?QUERY, and * for \
             OPTIONS"
        ));
    }
    if !path.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(format!("the path {path:?} has characters that must be percent-encoded"));
    }
    Ok(())
}

fn check_header(name: &str, value: &str, body: &[u8]) -> Result<(), String> {
    if !is_token(name) {
        return Err(format!("{name:?} is no name of a header"));
    }
    if name.eq_ignore_ascii_case("transfer-encoding") {
        return Err(format!("the header {name:?} is not for requests: bodies have their length"));
    }
    let bytes = sent_bytes(body);
    if name.eq_ignore_ascii_case("content-length") && length(value.as_bytes()) != Ok(bytes) {
        return Err(format!("{name} is {value:?}, but the body has {bytes} bytes"));
    }
    Ok(())
}

/// The length of a body with its tokens.
fn sent_bytes(body: &[u8]) -> u64 {
    let tokens = memchr::memmem::find_iter(body, TOKEN).count();
    (body.len() + tokens * TOKEN_BYTES - tokens * TOKEN.len()) as u64
}

/// The `token` of RFC 9110, section 5.6.2.
fn is_token(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(method: &str, path: &str, header: Option<(&str, &str)>, body: &str) -> String {
        let headers: Vec<_> =
            header.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        check(method, "localhost", path, &headers, body.as_bytes()).err().unwrap_or_default()
    }

    #[test]
    fn paths_queries_and_the_asterisk_of_options_are_allowed() {
        for (method, path) in [("GET", "/"), ("PUT", "/a%20b?c={token}"), ("OPTIONS", "*")] {
            assert_eq!(checked(method, path, None, ""), "");
        }
    }

    #[test]
    fn other_targets_are_refused() {
        for (path, problem) in [
            ("", "does not begin with a slash"),
            ("index.html", "does not begin with a slash"),
            ("http://localhost/", "does not begin with a slash"),
            ("*", "is for OPTIONS alone, not for GET"),
            ("/a b", "must be percent-encoded"),
            ("/ü", "must be percent-encoded"),
            ("/ HTTP/1.1\r\nA: b", "line break"),
        ] {
            assert!(checked("GET", path, None, "").contains(problem), "{path:?}");
        }
    }

    #[test]
    fn a_length_must_be_that_of_the_body_that_is_sent() {
        let checked = |value, body| checked("POST", "/", Some(("content-length", value)), body);
        assert_eq!(checked("4", "book"), "");
        assert_eq!(checked("18", "[{token}]"), "");
        assert_eq!(checked("5", "book"), "content-length is \"5\", but the body has 4 bytes");
        assert_eq!(checked("four", "book"), "content-length is \"four\", but the body has 4 bytes");
    }

    #[test]
    fn methods_and_headers_are_what_http_allows() {
        let header = |name, value| checked("GET", "/", Some((name, value)), "");
        assert_eq!(header("X-Any", "thing: at all"), "");
        assert!(header("X Any", "").contains("\"X Any\" is no name of a header"));
        assert!(header("Transfer-Encoding", "chunked").contains("bodies have their length"));
        assert!(header("A", "b\r\nC: d").contains("line break"));
        assert!(checked("GE T", "/", None, "").contains("\"GE T\" is no method"));
        assert!(checked("", "/", None, "").contains("\"\" is no method"));
    }
}
