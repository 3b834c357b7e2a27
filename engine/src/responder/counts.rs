//! What a responder has seen and done.

use super::fault::Fault;
use crate::histogram::Histogram;

/// Always `requests = responses + closed + reset + silent + abandoned + under way`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Connections.
    pub accepted: u64,
    /// Connections at this moment.
    pub open: u64,
    /// Read completely, bodies included.
    pub requests: u64,
    /// Written completely, those with another status or body included.
    pub responses: u64,
    /// Responses with another status, on purpose.
    pub other_status: u64,
    /// Responses with another body, on purpose.
    pub other_body: u64,
    /// Requests that were answered by closing the connection, on purpose.
    pub closed: u64,
    /// Requests that were answered by resetting the connection, on purpose.
    pub reset: u64,
    /// Requests that were not answered, on purpose.
    pub silent: u64,
    /// Requests whose connection had ended, for whatever reason, when their turn came.
    pub abandoned: u64,
    /// What was no request of HTTP/1.1, answered with 400.
    pub malformed: u64,
    /// Connections that could not be accepted for want of file descriptors or memory.
    pub accept_failures: u64,
    /// The delays of all requests, added up.
    pub delay_ns: u64,
    /// The response times of all responses, added up: more than the delays by how late they were.
    pub response_ns: u64,
}

impl Counts {
    /// Requests that are still to be answered.
    pub fn under_way(&self) -> u64 {
        let done = self.responses + self.closed + self.reset + self.silent + self.abandoned;
        self.requests - done
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.accepted += other.accepted;
        self.open += other.open;
        self.requests += other.requests;
        self.responses += other.responses;
        self.other_status += other.other_status;
        self.other_body += other.other_body;
        self.closed += other.closed;
        self.reset += other.reset;
        self.silent += other.silent;
        self.abandoned += other.abandoned;
        self.malformed += other.malformed;
        self.accept_failures += other.accept_failures;
        self.delay_ns = self.delay_ns.saturating_add(other.delay_ns);
        self.response_ns = self.response_ns.saturating_add(other.response_ns);
    }

    /// A request has got what the fault, if any, has made of its answer.
    pub(super) fn answer(&mut self, fault: Option<&Fault>) {
        match fault {
            None => self.responses += 1,
            Some(Fault::Status(_)) => {
                self.responses += 1;
                self.other_status += 1;
            }
            Some(Fault::Body(_)) => {
                self.responses += 1;
                self.other_body += 1;
            }
            Some(Fault::Close) => self.closed += 1,
            Some(Fault::Reset) => self.reset += 1,
            Some(Fault::Silence) => self.silent += 1,
        }
    }
}

/// What really happened, from start to stop.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    /// From the moment a request was received completely (see [`Receipt`](super::Receipt)) to the
    /// moment the write of its response returned, for every response.
    pub response_time: Histogram,
    pub counts: Counts,
}

impl Record {
    pub(super) fn merge(&mut self, other: &Self) {
        self.response_time.merge(&other.response_time);
        self.counts.add(&other.counts);
    }
}
