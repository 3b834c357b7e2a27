//! Equal durations in a row.

use crate::histogram::Histogram;

/// Durations are recorded when a different one comes: in a pipeline those of a batch are equal, and
/// to count them is cheaper than to record each.
#[derive(Clone, Copy, Debug, Default)]
pub struct Run {
    duration_ns: u64,
    count: u64,
}

impl Run {
    #[inline]
    pub fn record(&mut self, duration_ns: u64, histogram: &mut Histogram) {
        if duration_ns != self.duration_ns {
            self.flush(histogram);
            self.duration_ns = duration_ns;
        }
        self.count += 1;
    }

    /// Records what is still counted here alone.
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
            let mut run = Run::default();
            for duration_ns in durations {
                run.record(duration_ns, &mut in_runs);
                one_by_one.record(duration_ns);
            }
            run.flush(&mut in_runs);
            prop_assert_eq!(in_runs, one_by_one);
        }
    }
}
