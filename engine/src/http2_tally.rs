//! What HTTP/2 had beside requests and their responses.

use std::collections::BTreeMap;

use crate::http2::{Refusal, Violation};

/// The figures of a drive, lead-in and drain included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Http2Tally {
    /// The fewest streams that the server allowed on a connection. None: no limit of its own.
    pub allowed_streams: Option<u32>,
    /// The most that were in flight on one.
    pub used_streams: u64,
    /// Requests that were sent again, as the server had not processed them.
    pub retries: u64,
    /// Connections that the server ended in order, by its code.
    pub goaways: BTreeMap<u32, u64>,
    /// Streams that it ended without a response, by its code.
    pub resets: BTreeMap<u32, u64>,
    /// How it broke the protocol, for the first connection that was closed for it.
    pub violation: Option<Violation>,
    /// Why a connection did not become one of HTTP/2, for the first one.
    pub refusal: Option<Refusal>,
}

impl Http2Tally {
    /// A connection has so many streams in flight, and may have `allowed`.
    pub fn note_streams(&mut self, in_flight: usize, allowed: Option<u32>) {
        self.used_streams = self.used_streams.max(in_flight as u64);
        self.allowed_streams = fewest(self.allowed_streams, allowed);
    }

    /// Counts a connection that the server ended.
    pub fn count_goaway(&mut self, code: u32) {
        *self.goaways.entry(code).or_default() += 1;
    }

    /// Counts a stream that the server ended.
    pub fn count_reset(&mut self, code: u32) {
        *self.resets.entry(code).or_default() += 1;
    }

    /// Adds the figures of another thread.
    pub fn merge(&mut self, other: &Self) {
        self.used_streams = self.used_streams.max(other.used_streams);
        self.allowed_streams = fewest(self.allowed_streams, other.allowed_streams);
        self.retries += other.retries;
        for (sums, counts) in
            [(&mut self.goaways, &other.goaways), (&mut self.resets, &other.resets)]
        {
            for (&code, &count) in counts {
                *sums.entry(code).or_default() += count;
            }
        }
        self.violation = self.violation.or(other.violation);
        self.refusal = self.refusal.or(other.refusal);
    }
}

fn fewest(one: Option<u32>, other: Option<u32>) -> Option<u32> {
    one.into_iter().chain(other).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_threads_add_up_and_limits_are_the_narrowest() {
        let mut sum = Http2Tally { retries: 1, used_streams: 4, ..Http2Tally::default() };
        sum.count_goaway(0);
        let mut other = Http2Tally { refusal: Some(Refusal::Http1), ..sum.clone() };
        other.note_streams(9, Some(100));
        other.count_reset(8);
        sum.merge(&other);
        let streams = (sum.used_streams, sum.allowed_streams);
        assert_eq!((sum.retries, streams), (2, (9, Some(100))));
        assert_eq!((sum.goaways[&0], sum.resets[&8]), (2, 1));
        assert_eq!(sum.refusal, Some(Refusal::Http1));
    }
}
