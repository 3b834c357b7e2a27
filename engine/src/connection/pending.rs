//! A request that has not ended.

use crate::outcome::{Ended, Outcome};

/// A request that the server does not process is sent again so often.
const MOST_REFUSALS: u8 = 8;

#[derive(Clone, Copy, Debug)]
pub struct Pending {
    /// The index among the target's requests.
    pub request: usize,
    pub due_ns: u64,
    pub sent_ns: Option<u64>,
    /// The number that `{token}` stands for in the request and in its response.
    pub token: u64,
    /// HTTP/2: how often the server has refused it, or gone away before.
    pub refusals: u8,
}

impl Pending {
    /// One that is still to be sent.
    pub fn new(request: usize, due_ns: u64, token: u64) -> Self {
        Self { request, due_ns, sent_ns: None, token, refusals: 0 }
    }

    /// Was it sent again, or to be sent, so often that this is no chance?
    pub fn is_tired(&self) -> bool {
        self.refusals >= MOST_REFUSALS
    }

    pub fn end(self, outcome: Outcome, ended_ns: u64) -> Ended {
        let Self { request, due_ns, sent_ns, .. } = self;
        Ended { request, outcome, due_ns, sent_ns, ended_ns }
    }
}
