//! Texts with spans that may differ from response to response.

use memchr::memmem;

/// Any bytes, also none.
const WILDCARD: &str = "{*}";
/// The token of the request that is answered.
pub const TOKEN: &str = "{token}";
/// How many bytes a token has: a number in hexadecimal digits.
pub const TOKEN_BYTES: usize = 16;

/// A text in which `{*}` stands for any bytes, and `{token}` for the token of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// What stands between the wildcards: the first run begins the body, the last one ends it.
    runs: Vec<Run>,
}

/// Texts with a token between each two.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Run {
    texts: Vec<Vec<u8>>,
}

/// How much a body is like a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likeness {
    Same,
    /// It would be the same, but for a token that is another request's.
    OtherToken,
    Different,
}

/// A token as it is written.
pub fn token_text(token: u64) -> [u8; TOKEN_BYTES] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    std::array::from_fn(|place| DIGITS[(token >> (60 - 4 * place) & 15) as usize])
}

impl Template {
    pub fn new(text: &str) -> Self {
        let run = |text: &str| Run { texts: text.split(TOKEN).map(Into::into).collect() };
        Self { runs: text.split(WILDCARD).map(run).collect() }
    }

    /// Compares a whole body; `token` is that of the request it answers.
    pub fn compare(&self, body: &[u8], token: u64) -> Likeness {
        let token = token_text(token);
        let own = |run: &Run| Needle::Bytes(run.texts.join(&token[..]));
        if self.matches(body, own) {
            Likeness::Same
        } else if self.has_token() && self.matches(body, |run| Needle::AnyToken(run.clone())) {
            Likeness::OtherToken
        } else {
            Likeness::Different
        }
    }

    fn has_token(&self) -> bool {
        self.runs.iter().any(|run| run.texts.len() > 1)
    }

    /// Takes each run as early as it comes, which finds a way if there is one.
    fn matches(&self, body: &[u8], needle: impl Fn(&Run) -> Needle) -> bool {
        let [first, others @ ..] = self.runs.as_slice() else { return false };
        let first = needle(first);
        let Some((last, middle)) = others.split_last() else {
            return body.len() == first.len() && first.begins(body);
        };
        if !first.begins(body) {
            return false;
        }
        let mut rest = &body[first.len()..];
        for run in middle {
            let needle = needle(run);
            let Some(begin) = needle.find(rest) else { return false };
            rest = &rest[begin + needle.len()..];
        }
        let last = needle(last);
        rest.len() >= last.len() && last.begins(&rest[rest.len() - last.len()..])
    }
}

/// What a run has to look like.
enum Needle {
    Bytes(Vec<u8>),
    /// With any token in the place of the own one.
    AnyToken(Run),
}

impl Needle {
    fn len(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::AnyToken(run) => {
                let texts: usize = run.texts.iter().map(Vec::len).sum();
                texts + TOKEN_BYTES * (run.texts.len() - 1)
            }
        }
    }

    fn begins(&self, body: &[u8]) -> bool {
        match self {
            Self::Bytes(bytes) => body.starts_with(bytes),
            Self::AnyToken(run) => {
                let mut rest = body;
                run.texts.iter().enumerate().all(|(place, text)| {
                    if place > 0 {
                        let Some((token, others)) = rest.split_at_checked(TOKEN_BYTES) else {
                            return false;
                        };
                        if !token.iter().all(u8::is_ascii_hexdigit) {
                            return false;
                        }
                        rest = others;
                    }
                    let begins = rest.starts_with(text);
                    rest = &rest[if begins { text.len() } else { 0 }..];
                    begins
                })
            }
        }
    }

    fn find(&self, body: &[u8]) -> Option<usize> {
        match self {
            Self::Bytes(bytes) => memmem::find(body, bytes),
            Self::AnyToken(_) => (0..=body.len()).find(|&begin| self.begins(&body[begin..])),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn compare(template: &str, body: &str) -> Likeness {
        Template::new(template).compare(body.as_bytes(), 0xabc)
    }

    #[test]
    fn wildcards_stand_for_anything_and_for_nothing() {
        let template = r#"{"timestamp": {*}, "data": {*}}"#;
        assert_eq!(compare(template, r#"{"timestamp": 1.5, "data": 0.25}"#), Likeness::Same);
        assert_eq!(compare(template, r#"{"timestamp": , "data": }"#), Likeness::Same);
        assert_eq!(compare(template, r#"{"timestamp": 1.5, "date": 0.25}"#), Likeness::Different);
        assert_eq!(compare(template, r#"{"timestamp": 1.5, "data": 0.25"#), Likeness::Different);
        assert_eq!(compare("plain", "plain"), Likeness::Same);
        assert_eq!(compare("plain", "plain!"), Likeness::Different);
        assert_eq!(compare("{*}", ""), Likeness::Same);
    }

    #[test]
    fn the_end_does_not_overlap_with_what_came_before() {
        assert_eq!(compare("aba{*}aba", "ababa"), Likeness::Different);
        assert_eq!(compare("aba{*}aba", "abaaba"), Likeness::Same);
        assert_eq!(compare("{*}ab{*}b", "ab"), Likeness::Different);
    }

    #[test]
    fn a_token_is_the_own_one_or_that_of_another_request() {
        let own = "0000000000000abc";
        let others = "000000000000abcd";
        for template in ["<{token}>", "<{token}{*}", "{*}{token}>", "{*}<{token}>{*}"] {
            assert_eq!(compare(template, &format!("<{own}>")), Likeness::Same, "{template}");
            let other = compare(template, &format!("<{others}>"));
            assert_eq!(other, Likeness::OtherToken, "{template}");
            assert_eq!(compare(template, "<abc>"), Likeness::Different, "{template}");
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
            prop_assert_eq!(compare(&texts.join(WILDCARD), &body), Likeness::Same);
        }

        #[test]
        fn a_token_is_written_as_a_number_in_hexadecimal(token in any::<u64>()) {
            prop_assert_eq!(token_text(token).to_vec(), format!("{token:016x}").into_bytes());
        }
    }
}
