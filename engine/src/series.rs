//! Completions, failures and response times in each tenth of a second of a drive.

use std::collections::BTreeMap;

use crate::histogram::Histogram;
use crate::outcome::{Ended, Outcome};
use crate::run_length::RunLength;

/// The length of a bin.
pub const BIN_NS: u64 = 100_000_000;

/// Requests that ended within one tenth of a second.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bin {
    pub completions: u64,
    pub failures: u64,
    /// Counts by response time in ns, without empty ones.
    pub response_times: BTreeMap<u64, u64>,
}

/// The bins of a drive, from its start.
#[derive(Clone, Debug, Default)]
pub struct Series {
    bins: Vec<Bin>,
    /// Response times of the last bin, in a dense form in which counting is fast.
    dense: Histogram,
    run_length: RunLength,
}

impl Series {
    /// Counts a request in the bin in which it ended; `started_ns` is the start of the first bin.
    pub fn record(&mut self, ended: Ended, started_ns: u64) {
        let since_start_ns = ended.ended_ns.saturating_sub(started_ns);
        let index = usize::try_from(since_start_ns / BIN_NS).unwrap_or(0);
        if index >= self.bins.len() {
            self.close_bin();
            self.bins.resize_with(index + 1, Bin::default);
        }
        let bin = &mut self.bins[index];
        if ended.outcome == Outcome::Ok {
            bin.completions += 1;
        } else {
            bin.failures += 1;
        }
        self.run_length.record(ended.ended_ns.saturating_sub(ended.due_ns), &mut self.dense);
    }

    pub fn bins(&self) -> &[Bin] {
        &self.bins
    }

    /// Moves the response times of the last bin from the dense form into the bin.
    pub fn close_bin(&mut self) {
        self.run_length.flush(&mut self.dense);
        let Some(bin) = self.bins.last_mut() else { return };
        for bucket in self.dense.buckets() {
            *bin.response_times.entry(bucket.high_ns).or_default() += bucket.count;
        }
        self.dense.clear();
    }

    /// Adds the bins of another thread. The last bin of both has to be closed.
    pub fn merge(&mut self, other: &Self) {
        if other.bins.len() > self.bins.len() {
            self.bins.resize_with(other.bins.len(), Bin::default);
        }
        for (sum, bin) in self.bins.iter_mut().zip(&other.bins) {
            sum.completions += bin.completions;
            sum.failures += bin.failures;
            for (response_time_ns, count) in &bin.response_times {
                *sum.response_times.entry(*response_time_ns).or_default() += count;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(outcome: Outcome, due_ns: u64, ended_ns: u64) -> Ended {
        Ended { request: 0, outcome, due_ns, sent_ns: Some(due_ns), ended_ns }
    }

    #[test]
    fn a_request_counts_in_the_bin_in_which_it_ends() {
        let mut series = Series::default();
        series.record(ended(Outcome::Ok, 5, 10), 0);
        series.record(ended(Outcome::Timeout, 5, 2 * BIN_NS + 10), 0);
        series.close_bin();
        let counts: Vec<_> =
            series.bins().iter().map(|bin| (bin.completions, bin.failures)).collect();
        assert_eq!(counts, [(1, 0), (0, 0), (0, 1)]);
        assert_eq!(series.bins()[0].response_times, BTreeMap::from([(5, 1)]));
    }

    #[test]
    fn merging_adds_bin_by_bin() {
        let mut one = Series::default();
        let mut other = Series::default();
        one.record(ended(Outcome::Ok, 5, 10), 0);
        other.record(ended(Outcome::Ok, 5, 10), 0);
        other.record(ended(Outcome::Ok, 5, BIN_NS + 10), 0);
        one.close_bin();
        other.close_bin();
        one.merge(&other);
        assert_eq!(one.bins().iter().map(|bin| bin.completions).collect::<Vec<_>>(), [2, 1]);
        assert_eq!(one.bins()[0].response_times, BTreeMap::from([(5, 2)]));
    }
}
