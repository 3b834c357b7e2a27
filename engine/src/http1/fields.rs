//! Values of header fields that requests and responses share.

use super::malformed::Malformed;

/// Parses the value of `Content-Length`.
pub fn length(value: &[u8]) -> Result<u64, Malformed> {
    let text = value.trim_ascii();
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return Err(Malformed);
    }
    std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()).ok_or(Malformed)
}

/// The elements of a list, such as the value of `Connection`.
pub fn tokens(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii)
}

/// Whether a connection stays open after a `Connection` header; `before` holds without the header.
pub fn keeps_alive(value: &[u8], before: bool) -> bool {
    tokens(value).fold(before, |keeps_alive, token| {
        if token.eq_ignore_ascii_case(b"close") {
            false
        } else {
            keeps_alive || token.eq_ignore_ascii_case(b"keep-alive")
        }
    })
}
