//! Where the body of a response goes: into its check, decoded if that is wanted.

use crate::expect::{BodyCheck, ExpectedBody};
use crate::gunzip::Gunzip;
use crate::http1::{Head, Sink};

/// What takes the body of a response: a compressed one counts as what it stands for, if that is wanted.
pub struct Inbound<'a> {
    pub check: &'a mut BodyCheck,
    pub gunzip: &'a mut Option<Box<Gunzip>>,
    pub expected: &'a ExpectedBody,
    pub decodes: bool,
}

impl Sink for Inbound<'_> {
    fn begin(&mut self, head: Head) {
        if self.decodes && head.is_gzip {
            *self.gunzip = Some(Box::default());
        }
    }

    fn take(&mut self, piece: &[u8]) {
        let Self { check, gunzip, expected, .. } = self;
        match gunzip {
            None => check.take(piece, expected),
            Some(gunzip) => gunzip.feed(piece, &mut |made| check.take(made, expected)),
        }
    }
}
