//! The counts and the response times of a responder.

use super::fault::Fault;
use crate::histogram::Histogram;

/// Always `requests = responses + closed + reset + silent + abandoned + in flight`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Accepted connections.
    pub accepted: u64,
    /// Connections that are open at this moment.
    pub open: u64,
    /// Requests that were read completely, bodies included.
    pub requests: u64,
    /// Responses that were written completely, including injected statuses and bodies.
    pub responses: u64,
    /// Responses with an injected status.
    pub other_status: u64,
    /// Responses with an injected body.
    pub other_body: u64,
    /// Requests with an injected close instead of a response.
    pub closed: u64,
    /// Requests with an injected reset instead of a response.
    pub reset: u64,
    /// Requests without a response, as injected.
    pub silent: u64,
    /// Requests whose connection ended before their response was written.
    pub abandoned: u64,
    /// Invalid requests, which get the status 400.
    pub malformed: u64,
    /// Connections that could not be accepted for lack of file descriptors or memory.
    pub accept_failures: u64,
    /// The sum of the delays of all requests.
    pub delay_ns: u64,
    /// The sum of all response times. It exceeds the delays by the lateness of the responses.
    pub response_ns: u64,
}

impl Counts {
    /// Requests that wait for their response.
    pub fn in_flight(&self) -> u64 {
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

    /// Counts the response to a request, or the fault that replaced it.
    pub(super) fn count_response(&mut self, fault: Option<&Fault>) {
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

/// What a responder recorded from start to stop.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    /// For each response, from the receipt of the complete request to the return of the write of
    /// the response. [`Config::receipt`](super::Config::receipt) defines the receipt.
    pub response_time: Histogram,
    pub counts: Counts,
}

impl Record {
    pub(super) fn merge(&mut self, other: &Self) {
        self.response_time.merge(&other.response_time);
        self.counts.add(&other.counts);
    }
}
