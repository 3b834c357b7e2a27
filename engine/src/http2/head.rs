//! The fields of a response, judged (RFC 9113, 8.1 to 8.3).

use crate::http1::fields::length;

/// They belong to one connection of HTTP/1, and HTTP/2 forbids them.
pub const OF_CONNECTIONS: [&str; 5] =
    ["connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade"];

/// What the fields of a response determine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResponseHead {
    pub status: u16,
    /// As its `content-length` says.
    pub length: Option<u64>,
}

impl ResponseHead {
    /// Does another head of the same response follow?
    pub fn is_informational(self) -> bool {
        self.status < 200
    }

    /// Is this the right length of its body?
    pub fn fits(self, body_bytes: u64, answers_head: bool) -> bool {
        if answers_head || matches!(self.status, 204 | 304) {
            return body_bytes == 0;
        }
        self.length.is_none_or(|length| length == body_bytes)
    }
}

/// The fields are not those of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MalformedHead;

/// Collects the fields of one block.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fields {
    status: Option<u16>,
    length: Option<u64>,
    /// Fields other than `:status` came.
    has_regular: bool,
    is_malformed: bool,
}

impl Fields {
    pub fn take(&mut self, name: &[u8], value: &[u8]) {
        if name.first() == Some(&b':') {
            let is_first = !self.has_regular && self.status.is_none() && name == b":status";
            self.status = status(value).filter(|_| is_first);
            self.is_malformed |= self.status.is_none();
            return;
        }
        self.has_regular = true;
        let is_value = !value.iter().any(|byte| matches!(byte, b'\0' | b'\r' | b'\n'));
        self.is_malformed |= !is_name(name) || !is_value;
        match name.len() {
            14 if name == b"content-length" => {
                let bytes = length(value).ok();
                let is_other = self.length.is_some() && self.length != bytes;
                self.is_malformed |= bytes.is_none() || is_other;
                self.length = bytes;
            }
            7 | 10 | 16 | 17 => {
                self.is_malformed |=
                    OF_CONNECTIONS.iter().any(|forbidden| forbidden.as_bytes() == name);
            }
            _ => {}
        }
    }

    /// The head that the fields make.
    pub fn head(self) -> Result<ResponseHead, MalformedHead> {
        let status = self.status.filter(|_| !self.is_malformed).ok_or(MalformedHead)?;
        // There is no switching of protocols.
        if status == 101 {
            return Err(MalformedHead);
        }
        Ok(ResponseHead { status, length: self.length })
    }

    /// The fields follow the body.
    pub fn trailers(self) -> Result<(), MalformedHead> {
        if self.is_malformed || self.status.is_some() {
            return Err(MalformedHead);
        }
        Ok(())
    }
}

fn status(value: &[u8]) -> Option<u16> {
    let digits =
        <[u8; 3]>::try_from(value).ok().filter(|text| text.iter().all(u8::is_ascii_digit))?;
    let number = digits.iter().fold(0, |number, digit| number * 10 + u16::from(digit - b'0'));
    Some(number).filter(|&status| status >= 100)
}

/// Names are in lower case.
fn is_name(name: &[u8]) -> bool {
    let is_allowed = |byte: &u8| matches!(byte, b'!'..=b'~') && !byte.is_ascii_uppercase();
    !name.is_empty() && name.iter().all(is_allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(all: &[(&str, &str)]) -> Fields {
        let mut fields = Fields::default();
        for (name, value) in all {
            fields.take(name.as_bytes(), value.as_bytes());
        }
        fields
    }

    #[test]
    fn a_response_has_one_status_and_one_length() {
        let head = fields(&[(":status", "200"), ("content-length", "5"), ("content-length", "5")]);
        assert_eq!(head.head(), Ok(ResponseHead { status: 200, length: Some(5) }));
        assert_eq!(fields(&[("a", "b")]).trailers(), Ok(()));
    }

    #[test]
    fn what_is_no_response_is_malformed() {
        for all in [
            &[("a", "b")][..],
            &[(":status", "20")],
            &[(":status", "099")],
            &[(":status", "+20")],
            &[(":status", "101")],
            &[(":status", "200"), (":status", "200")],
            &[("a", "b"), (":status", "200")],
            &[(":path", "/"), (":status", "200")],
            &[(":status", "200"), ("A", "b")],
            &[(":status", "200"), ("", "b")],
            &[(":status", "200"), ("a b", "c")],
            &[(":status", "200"), ("a", "b\r\nc: d")],
            &[(":status", "200"), ("connection", "close")],
            &[(":status", "200"), ("transfer-encoding", "chunked")],
            &[(":status", "200"), ("content-length", "1"), ("content-length", "2")],
            &[(":status", "200"), ("content-length", "x")],
        ] {
            assert_eq!(fields(all).head(), Err(MalformedHead), "{all:?}");
        }
        assert_eq!(fields(&[(":status", "200")]).trailers(), Err(MalformedHead));
    }

    #[test]
    fn a_body_has_the_length_that_its_head_says() {
        let head = |status, length| ResponseHead { status, length };
        assert!(head(200, None).fits(7, false) && head(200, Some(7)).fits(7, false));
        assert!(!head(200, Some(7)).fits(6, false));
        assert!(head(304, Some(7)).fits(0, false) && head(200, Some(7)).fits(0, true));
        assert!(!head(204, None).fits(1, false) && !head(200, Some(7)).fits(7, true));
    }
}
