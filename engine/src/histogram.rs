//! Durations in `HdrHistogram`'s layout: 1 ns to 1 h, three significant digits.

use hdrhistogram::serialization::{
    DeserializeError, Deserializer, Serializer, V2DeflateSerializeError, V2DeflateSerializer,
    V2SerializeError, V2Serializer,
};

/// The longest duration of the layout. Longer ones are recorded as this one.
pub const HIGHEST_NS: u64 = 3_600_000_000_000;
const LOWEST_NS: u64 = 1;
const SIGNIFICANT_DIGITS: u8 = 3;

/// Counts of durations in nanoseconds. Merging two is adding their buckets.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    inner: hdrhistogram::Histogram<u64>,
}

/// One bucket that is not empty: durations from `low_ns` to `high_ns`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    pub low_ns: u64,
    pub high_ns: u64,
    pub count: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self::new()
    }
}

impl Histogram {
    /// # Panics
    /// Never: the bounds are constants that the layout allows.
    pub fn new() -> Self {
        let inner =
            hdrhistogram::Histogram::new_with_bounds(LOWEST_NS, HIGHEST_NS, SIGNIFICANT_DIGITS)
                .expect("constant bounds");
        Self { inner }
    }

    /// Counts one duration, at most as [`HIGHEST_NS`].
    #[inline]
    pub fn record(&mut self, duration_ns: u64) {
        self.inner.saturating_record(duration_ns.min(HIGHEST_NS));
    }

    /// Counts the same duration `count` times.
    pub fn record_n(&mut self, duration_ns: u64, count: u64) {
        self.inner.saturating_record_n(duration_ns.min(HIGHEST_NS), count);
    }

    /// Adds all counts of `other`.
    ///
    /// # Panics
    /// Never: all histograms of this type have the same bounds.
    pub fn merge(&mut self, other: &Self) {
        self.inner.add(&other.inner).expect("same bounds");
    }

    /// These counts less those of `part`, which is one of the histograms that they are the sum of.
    /// None if it cannot be.
    pub fn without(&self, part: &Self) -> Option<Self> {
        let mut rest = self.clone();
        rest.inner.subtract(&part.inner).ok()?;
        Some(rest)
    }

    /// Removes all counts.
    pub fn clear(&mut self) {
        self.inner.reset();
    }

    pub fn count(&self) -> u64 {
        self.inner.len()
    }

    /// The duration in ns that a share of `q` (0 to 1) does not exceed. 0 if empty.
    pub fn quantile(&self, q: f64) -> u64 {
        self.inner.value_at_quantile(q).min(self.inner.max())
    }

    /// 0 if empty, as are all figures below.
    pub fn min_ns(&self) -> u64 {
        self.inner.min()
    }

    pub fn max_ns(&self) -> u64 {
        self.inner.max()
    }

    pub fn mean_ns(&self) -> f64 {
        self.inner.mean()
    }

    pub fn stdev_ns(&self) -> f64 {
        self.inner.stdev()
    }

    /// How many durations lie in buckets that touch `low_ns..=high_ns`.
    pub fn count_between(&self, low_ns: u64, high_ns: u64) -> u64 {
        self.inner.count_between(low_ns, high_ns)
    }

    /// All buckets that are not empty, shortest durations first.
    pub fn buckets(&self) -> impl Iterator<Item = Bucket> + '_ {
        // Those before the shortest and after the longest duration are not looked at: there are
        // thousands.
        let histogram = &self.inner;
        let after = move |&value: &u64| {
            let following = histogram.next_non_equivalent(value);
            let next = if value == 0 { following.max(histogram.min_nz()) } else { following };
            (next <= histogram.max()).then_some(next)
        };
        std::iter::successors(Some(0), after).filter_map(move |value| {
            let count = histogram.count_at(value);
            (count > 0).then(|| Bucket {
                low_ns: histogram.lowest_equivalent(value),
                high_ns: histogram.highest_equivalent(value),
                count,
            })
        })
    }

    /// The compressed V2 encoding, which all `HdrHistogram` libraries read.
    pub fn encode(&self) -> Result<Vec<u8>, V2DeflateSerializeError> {
        let mut bytes = Vec::new();
        V2DeflateSerializer::new().serialize(&self.inner, &mut bytes)?;
        Ok(bytes)
    }

    /// The V2 encoding without compression.
    pub fn encode_plain(&self) -> Result<Vec<u8>, V2SerializeError> {
        let mut bytes = Vec::new();
        V2Serializer::new().serialize(&self.inner, &mut bytes)?;
        Ok(bytes)
    }

    /// Reads either V2 encoding of any library. Counts of other layouts move to the buckets of this
    /// one.
    pub fn decode(bytes: &[u8]) -> Result<Self, DeserializeError> {
        let inner = Deserializer::new().deserialize(&mut std::io::Cursor::new(bytes))?;
        let decoded = Self { inner };
        if decoded.has_this_layout() {
            return Ok(decoded);
        }
        let mut histogram = Self::new();
        for bucket in decoded.buckets() {
            histogram.record_n(bucket.high_ns, bucket.count);
        }
        Ok(histogram)
    }

    /// Adds all counts of an encoded histogram. Adds none if it cannot be read.
    pub fn merge_encoded(&mut self, bytes: &[u8]) -> Result<(), DeserializeError> {
        self.merge(&Self::decode(bytes)?);
        Ok(())
    }

    fn has_this_layout(&self) -> bool {
        (self.inner.low(), self.inner.high(), self.inner.sigfig())
            == (LOWEST_NS, HIGHEST_NS, SIGNIFICANT_DIGITS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn filled(durations: &[u64]) -> Histogram {
        let mut histogram = Histogram::new();
        for &duration in durations {
            histogram.record(duration);
        }
        histogram
    }

    proptest! {
        #[test]
        fn merging_is_recording_into_one(
            left in prop::collection::vec(1..HIGHEST_NS, 0..50),
            right in prop::collection::vec(1..HIGHEST_NS, 0..50),
        ) {
            let mut merged = filled(&left);
            merged.merge(&filled(&right));
            let all: Vec<u64> = left.into_iter().chain(right).collect();
            prop_assert_eq!(merged, filled(&all));
        }

        #[test]
        fn what_was_merged_can_be_taken_out_again(
            left in prop::collection::vec(0..HIGHEST_NS, 0..50),
            right in prop::collection::vec(0..HIGHEST_NS, 1..50),
        ) {
            let (left, right) = (filled(&left), filled(&right));
            let mut merged = left.clone();
            merged.merge(&right);
            prop_assert_eq!(merged.without(&right).unwrap(), left.clone());
            prop_assert!(left.without(&merged).is_none());
        }

        #[test]
        fn decoding_gives_back_what_was_encoded(
            durations in prop::collection::vec(1..HIGHEST_NS, 0..50),
        ) {
            let histogram = filled(&durations);
            for bytes in [histogram.encode().unwrap(), histogram.encode_plain().unwrap()] {
                let decoded = Histogram::decode(&bytes).unwrap();
                prop_assert_eq!(
                    decoded.buckets().collect::<Vec<_>>(),
                    histogram.buckets().collect::<Vec<_>>()
                );
            }
        }

        #[test]
        fn a_single_duration_is_told_within_a_thousandth(duration in 1..HIGHEST_NS) {
            let quantile = filled(&[duration]).quantile(0.5);
            prop_assert!(quantile.abs_diff(duration) as f64 <= duration as f64 / 1000.0);
        }
    }

    #[test]
    fn counts_of_another_layout_move_to_the_buckets_of_this_one() {
        let mut other =
            hdrhistogram::Histogram::<u64>::new_with_bounds(1_000, 60_000_000, 2).unwrap();
        let durations = [0, 1_000, 5_000_000, 5_000_000, 59_000_000];
        for duration in durations {
            other.record(duration).unwrap();
        }
        let mut bytes = Vec::new();
        V2Serializer::new().serialize(&other, &mut bytes).unwrap();
        let mut merged = filled(&[7]);
        merged.merge_encoded(&bytes).unwrap();
        let expected: Vec<u64> =
            durations.iter().map(|&each| other.highest_equivalent(each)).collect();
        assert_eq!(merged, filled(&[&[7][..], &expected[..]].concat()));
    }

    #[test]
    fn durations_beyond_the_highest_are_kept_as_the_highest() {
        let histogram = filled(&[u64::MAX]);
        assert_eq!(histogram.count(), 1);
        assert!(histogram.max_ns() >= HIGHEST_NS);
    }
}
