//! The expected response, and the comparison of a body that arrives in pieces with it.

use std::fmt;
use std::sync::Arc;

use ring::digest::{Context, SHA256};

use crate::http1::Head;
use crate::outcome::Outcome;
use crate::template::{Comparison, Template};

/// What makes a response correct.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expectation {
    /// None: any status.
    pub status: Option<u16>,
    pub body: ExpectedBody,
}

/// What makes the body of a response correct.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ExpectedBody {
    #[default]
    Any,
    Length(u64),
    Literal(Arc<[u8]>),
    /// Length and CRC-32C (Castagnoli, RFC 3720), for bodies that are too large to keep.
    Digest {
        length: u64,
        crc32c: u32,
    },
    /// SHA-256, and the length if that is known, for bodies of which a user knows the digest.
    Sha256 {
        length: Option<u64>,
        digest: [u8; 32],
    },
    /// A text with parts that may differ. Bodies over [`MAX_TEMPLATED_BODY_BYTES`] are wrong.
    Template(Arc<Template>),
}

/// The longest body that is compared with a template.
pub const MAX_TEMPLATED_BODY_BYTES: usize = 1024 * 1024;

/// The SHA-256 of the body so far; None of an empty one.
#[derive(Clone, Default)]
struct Sha256(Option<Box<Context>>);

impl Sha256 {
    fn take(&mut self, piece: &[u8]) {
        self.0.get_or_insert_with(|| Box::new(Context::new(&SHA256))).update(piece);
    }

    fn is(&self, digest: &[u8; 32]) -> bool {
        let whole = self.0.as_deref().cloned().unwrap_or_else(|| Context::new(&SHA256));
        whole.finish().as_ref() == digest
    }

    fn reset(&mut self) {
        if let Some(context) = &mut self.0 {
            **context = Context::new(&SHA256);
        }
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Sha256")
    }
}

/// Compares the pieces of a body with the expected one.
#[derive(Clone, Debug, Default)]
pub struct BodyCheck {
    length: u64,
    differs: bool,
    crc32c: u32,
    sha256: Sha256,
    /// The body so far, for a template.
    whole: Vec<u8>,
}

impl BodyCheck {
    /// Adds the next piece of the body.
    pub fn take(&mut self, piece: &[u8], expected: &ExpectedBody) {
        match expected {
            ExpectedBody::Any | ExpectedBody::Length(_) => {}
            ExpectedBody::Literal(literal) => {
                let same = usize::try_from(self.length)
                    .ok()
                    .and_then(|start| literal.get(start..start + piece.len()))
                    .is_some_and(|part| part == piece);
                self.differs |= !same;
            }
            ExpectedBody::Digest { .. } => {
                self.crc32c = crc32c::crc32c_append(self.crc32c, piece);
            }
            ExpectedBody::Sha256 { .. } => self.sha256.take(piece),
            ExpectedBody::Template(_) => {
                self.differs |= self.whole.len() + piece.len() > MAX_TEMPLATED_BODY_BYTES;
                if !self.differs {
                    self.whole.extend_from_slice(piece);
                }
            }
        }
        self.length += piece.len() as u64;
    }

    /// Judges the complete response; `token` is that of its request.
    pub fn judge(&self, head: Head, expect: &Expectation, token: u64) -> Outcome {
        if expect.status.is_some_and(|status| status != head.status) {
            return Outcome::WrongStatus;
        }
        self.judge_body(expect, token)
    }

    /// Judges the body alone: that of a message, which has no status.
    pub fn judge_body(&self, expect: &Expectation, token: u64) -> Outcome {
        let is_correct = match &expect.body {
            ExpectedBody::Any => true,
            ExpectedBody::Length(length) => self.length == *length,
            ExpectedBody::Literal(literal) => !self.differs && self.length == literal.len() as u64,
            ExpectedBody::Digest { length, crc32c } => {
                self.length == *length && self.crc32c == *crc32c
            }
            ExpectedBody::Sha256 { length, digest } => {
                length.is_none_or(|length| self.length == length) && self.sha256.is(digest)
            }
            ExpectedBody::Template(_) if self.differs => false,
            ExpectedBody::Template(template) => match template.compare(&self.whole, token) {
                Comparison::Same => true,
                Comparison::OtherToken => return Outcome::WrongOrder,
                Comparison::Different => false,
            },
        };
        if is_correct {
            Outcome::Ok
        } else {
            Outcome::WrongBody
        }
    }

    /// Prepares for the next body.
    pub fn reset(&mut self) {
        self.length = 0;
        self.differs = false;
        self.crc32c = 0;
        self.sha256.reset();
        self.whole.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    const HEAD: Head = Head { status: 200, keep_alive: true, is_gzip: false };

    fn judge(pieces: &[&[u8]], body: ExpectedBody) -> Outcome {
        let expect = Expectation { status: Some(200), body };
        let mut check = BodyCheck::default();
        for piece in pieces {
            check.take(piece, &expect.body);
        }
        check.judge(HEAD, &expect, 7)
    }

    fn digest(body: &[u8]) -> ExpectedBody {
        ExpectedBody::Digest { length: body.len() as u64, crc32c: crc32c::crc32c(body) }
    }

    #[test]
    fn the_digest_is_that_of_castagnoli() {
        // The check value of CRC-32C.
        assert_eq!(crc32c::crc32c(b"123456789"), 0xe306_9283);
    }

    #[test]
    fn a_digest_that_a_user_knows_is_that_of_sha256sum() {
        // Of "abc", as in FIPS 180-4.
        let mut digest = [0; 32];
        for (byte, text) in digest.iter_mut().zip(ABC.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(text).unwrap(), 16).unwrap();
        }
        let expected = |length| ExpectedBody::Sha256 { length, digest };
        assert_eq!(judge(&[b"a", b"bc"], expected(None)), Outcome::Ok);
        assert_eq!(judge(&[b"abc"], expected(Some(3))), Outcome::Ok);
        assert_eq!(judge(&[b"abc"], expected(Some(4))), Outcome::WrongBody);
        assert_eq!(judge(&[b"abd"], expected(None)), Outcome::WrongBody);
        assert_eq!(judge(&[], expected(None)), Outcome::WrongBody);
    }

    #[test]
    fn a_body_of_another_token_is_in_the_wrong_order() {
        let template = || ExpectedBody::Template(Arc::new(Template::new("token {token}!")));
        assert_eq!(judge(&[b"token 0000000000000007!"], template()), Outcome::Ok);
        assert_eq!(judge(&[b"token 0000000000000008!"], template()), Outcome::WrongOrder);
        assert_eq!(judge(&[b"token 8!"], template()), Outcome::WrongBody);
    }

    #[test]
    fn a_body_that_is_too_long_for_a_template_is_wrong_and_not_kept() {
        let expected = ExpectedBody::Template(Arc::new(Template::new("{*}")));
        let mut check = BodyCheck::default();
        for _ in 0..800 {
            check.take(&[b'x'; 8192], &expected);
        }
        assert!(check.whole.capacity() <= 2 * MAX_TEMPLATED_BODY_BYTES);
        let expect = Expectation { status: None, body: expected };
        assert_eq!(check.judge(HEAD, &expect, 0), Outcome::WrongBody);
    }

    proptest! {
        #[test]
        fn a_body_is_judged_alike_wherever_it_is_cut(
            body in prop::collection::vec(any::<u8>(), 0..64), cut in 0..64_usize, flip in 0..64_usize
        ) {
            let cut = cut.min(body.len());
            let mut other = body.clone();
            if let Some(byte) = other.get_mut(flip) {
                *byte ^= 1;
            }
            for expected in [digest(&body), ExpectedBody::Literal(body.as_slice().into())] {
                let same = judge(&[&body[..cut], &body[cut..]], expected.clone());
                prop_assert_eq!(same, Outcome::Ok);
                let differs = judge(&[&other[..cut], &other[cut..]], expected);
                prop_assert_eq!(differs == Outcome::Ok, other == body);
            }
        }
    }
}
