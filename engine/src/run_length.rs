//! Run-length encoding of durations, so that a histogram records equal ones in one step.

use crate::histogram::Histogram;

/// Equal durations in a row. They are recorded when a different one follows.
///
/// The durations of one batch of a pipeline are equal: counting is cheaper than recording each.
#[derive(Clone, Copy, Debug, Default)]
pub struct RunLength {
    duration_ns: u64,
    count: u64,
}

impl RunLength {
    /// Counts a duration. Records the earlier ones in the histogram if they differ from it.
    #[inline]
    pub fn record(&mut self, duration_ns: u64, histogram: &mut Histogram) {
        if duration_ns != self.duration_ns {
            self.flush(histogram);
            self.duration_ns = duration_ns;
        }
        self.count += 1;
    }

    /// Records the durations that are counted and not yet in the histogram.
    pub fn flush(&mut self, histogram: &mut Histogram) {
        if self.count > 0 {
            histogram.record_n(self.duration_ns, std::mem::take(&mut self.count));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn runs_record_what_was_recorded_one_by_one(durations in prop::collection::vec(0..4_u64, 0..50)) {
            let (mut in_runs, mut one_by_one) = (Histogram::new(), Histogram::new());
            let mut run = RunLength::default();
            for duration_ns in durations {
                run.record(duration_ns, &mut in_runs);
                one_by_one.record(duration_ns);
            }
            run.flush(&mut in_runs);
            prop_assert_eq!(in_runs, one_by_one);
        }
    }
}
