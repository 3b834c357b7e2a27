//! Templates of expected bodies: texts with parts that may differ between responses.

use memchr::memmem;

/// Stands for any bytes, including none.
const WILDCARD: &str = "{*}";
/// Stands for the token of the request.
pub const TOKEN: &str = "{token}";
/// The length of a token, a number in hexadecimal digits.
pub const TOKEN_BYTES: usize = 16;

/// A text in which `{*}` stands for any bytes, and `{token}` for the token of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// The parts between wildcards. The first one starts the body, and the last one ends it.
    segments: Vec<Segment>,
}

/// A part without wildcards: texts with a token between each two.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Segment {
    texts: Vec<Vec<u8>>,
}

/// How a body compares with a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    Same,
    /// The same, except for a token that belongs to another request.
    OtherToken,
    Different,
}

/// A token in hexadecimal digits.
pub fn token_text(token: u64) -> [u8; TOKEN_BYTES] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    std::array::from_fn(|digit| DIGITS[(token >> (60 - 4 * digit) & 15) as usize])
}

/// Replaces tokens by zeros. Returns the text and the offsets of the tokens.
pub fn with_tokens(text: &[u8]) -> (Vec<u8>, Vec<usize>) {
    let mut bytes = Vec::with_capacity(text.len());
    let mut offsets = vec![];
    let mut rest = text;
    while let Some(at) = memmem::find(rest, TOKEN.as_bytes()) {
        bytes.extend_from_slice(&rest[..at]);
        offsets.push(bytes.len());
        bytes.extend_from_slice(&[b'0'; TOKEN_BYTES]);
        rest = &rest[at + TOKEN.len()..];
    }
    bytes.extend_from_slice(rest);
    (bytes, offsets)
}

impl Template {
    pub fn new(text: &str) -> Self {
        let segment = |text: &str| Segment { texts: text.split(TOKEN).map(Into::into).collect() };
        Self { segments: text.split(WILDCARD).map(segment).collect() }
    }

    /// Compares a complete body; `token` is that of its request.
    pub fn compare(&self, body: &[u8], token: u64) -> Comparison {
        let token = token_text(token);
        let exact = |segment: &Segment| Needle::Bytes(segment.texts.join(&token[..]));
        if self.matches(body, exact) {
            Comparison::Same
        } else if self.has_token()
            && self.matches(body, |segment| Needle::AnyToken(segment.clone()))
        {
            Comparison::OtherToken
        } else {
            Comparison::Different
        }
    }

    fn has_token(&self) -> bool {
        self.segments.iter().any(|segment| segment.texts.len() > 1)
    }

    /// Matches each segment at its first occurrence, which finds a match if there is one.
    fn matches(&self, body: &[u8], needle: impl Fn(&Segment) -> Needle) -> bool {
        let [first, others @ ..] = self.segments.as_slice() else { return false };
        let first = needle(first);
        let Some((last, middle)) = others.split_last() else {
            return body.len() == first.len() && first.starts(body);
        };
        if !first.starts(body) {
            return false;
        }
        let mut rest = &body[first.len()..];
        for segment in middle {
            let needle = needle(segment);
            let Some(start) = needle.find(rest) else { return false };
            rest = &rest[start + needle.len()..];
        }
        let last = needle(last);
        rest.len() >= last.len() && last.starts(&rest[rest.len() - last.len()..])
    }
}

/// What to look for in the place of a segment.
enum Needle {
    Bytes(Vec<u8>),
    /// The segment with any tokens.
    AnyToken(Segment),
}

impl Needle {
    fn len(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::AnyToken(segment) => {
                let texts: usize = segment.texts.iter().map(Vec::len).sum();
                texts + TOKEN_BYTES * (segment.texts.len() - 1)
            }
        }
    }

    /// Does the body start with it?
    fn starts(&self, body: &[u8]) -> bool {
        match self {
            Self::Bytes(bytes) => body.starts_with(bytes),
            Self::AnyToken(segment) => {
                let mut rest = body;
                segment.texts.iter().enumerate().all(|(index, text)| {
                    if index > 0 {
                        let Some((token, others)) = rest.split_at_checked(TOKEN_BYTES) else {
                            return false;
                        };
                        if !token.iter().all(u8::is_ascii_hexdigit) {
                            return false;
                        }
                        rest = others;
                    }
                    let starts = rest.starts_with(text);
                    rest = &rest[if starts { text.len() } else { 0 }..];
                    starts
                })
            }
        }
    }

    fn find(&self, body: &[u8]) -> Option<usize> {
        match self {
            Self::Bytes(bytes) => memmem::find(body, bytes),
            Self::AnyToken(_) => (0..=body.len()).find(|&start| self.starts(&body[start..])),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn compare(template: &str, body: &str) -> Comparison {
        Template::new(template).compare(body.as_bytes(), 0xabc)
    }

    #[test]
    fn wildcards_stand_for_anything_and_for_nothing() {
        let template = r#"{"timestamp": {*}, "data": {*}}"#;
        assert_eq!(compare(template, r#"{"timestamp": 1.5, "data": 0.25}"#), Comparison::Same);
        assert_eq!(compare(template, r#"{"timestamp": , "data": }"#), Comparison::Same);
        assert_eq!(compare(template, r#"{"timestamp": 1.5, "date": 0.25}"#), Comparison::Different);
        assert_eq!(compare(template, r#"{"timestamp": 1.5, "data": 0.25"#), Comparison::Different);
        assert_eq!(compare("plain", "plain"), Comparison::Same);
        assert_eq!(compare("plain", "plain!"), Comparison::Different);
        assert_eq!(compare("{*}", ""), Comparison::Same);
    }

    #[test]
    fn the_end_does_not_overlap_with_what_came_before() {
        assert_eq!(compare("aba{*}aba", "ababa"), Comparison::Different);
        assert_eq!(compare("aba{*}aba", "abaaba"), Comparison::Same);
        assert_eq!(compare("{*}ab{*}b", "ab"), Comparison::Different);
    }

    #[test]
    fn a_token_is_the_own_one_or_that_of_another_request() {
        let own = "0000000000000abc";
        let others = "000000000000abcd";
        for template in ["<{token}>", "<{token}{*}", "{*}{token}>", "{*}<{token}>{*}"] {
            assert_eq!(compare(template, &format!("<{own}>")), Comparison::Same, "{template}");
            let other = compare(template, &format!("<{others}>"));
            assert_eq!(other, Comparison::OtherToken, "{template}");
            assert_eq!(compare(template, "<abc>"), Comparison::Different, "{template}");
        }
    }

    proptest! {
        #[test]
        fn whatever_the_wildcards_stand_for_the_template_matches(
            texts in prop::collection::vec("[ab]{0,4}", 1..5),
            fillings in prop::collection::vec("[ab]{0,4}", 5),
        ) {
            let mut body = texts[0].clone();
            for (filling, text) in fillings.iter().zip(&texts[1..]) {
                body.extend([filling.as_str(), text]);
            }
            prop_assert_eq!(compare(&texts.join(WILDCARD), &body), Comparison::Same);
        }

        #[test]
        fn a_token_is_written_as_a_number_in_hexadecimal(token in any::<u64>()) {
            prop_assert_eq!(token_text(token).to_vec(), format!("{token:016x}").into_bytes());
        }
    }
}
