//! The histogram as a Python class.

// Python's help() shows these comments, in which backticks would be noise.
#![allow(clippy::doc_markdown)]

use hdrhistogram::serialization::DeserializeError;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::histogram;

/// Counts of durations in nanoseconds, 1 ns to 1 h, to 3 significant digits.
///
/// The layout is HdrHistogram's. A duration below 1 ns counts as 0, one beyond 1 h as 1 h. Quantiles
/// and bounds are given to the precision of a bucket: at most 0.1 % above the duration that was
/// recorded. Merging is exact.
#[pyclass(name = "Histogram", module = "timetrial._engine")]
#[derive(Clone)]
pub struct Histogram(pub histogram::Histogram);

#[pymethods]
impl Histogram {
    #[new]
    fn new() -> Self {
        Self(histogram::Histogram::new())
    }

    /// Count a duration so many times. Raises OverflowError for figures below 0.
    #[pyo3(signature = (duration_ns, count = 1))]
    fn record(&mut self, duration_ns: u64, count: u64) {
        self.0.record_n(duration_ns, count);
    }

    /// Add all counts of `other`.
    fn merge(&mut self, other: &Self) {
        self.0.merge(&other.0);
    }

    /// Return a histogram of these counts less those of `part`, one of those they are the sum of.
    ///
    /// Raises ValueError when it cannot be one of them.
    fn without(&self, part: &Self) -> PyResult<Self> {
        let rest = self.0.without(&part.0).map(Self);
        rest.ok_or_else(|| PyValueError::new_err("it counts more than the whole does"))
    }

    /// Add all counts of one that is encoded, by whichever library.
    ///
    /// Raises ValueError when it is something else, and adds nothing.
    fn merge_encoded(&mut self, encoded: &[u8]) -> PyResult<()> {
        self.0.merge_encoded(encoded).map_err(not_encoded)
    }

    /// How many durations were counted.
    #[getter]
    fn count(&self) -> u64 {
        self.0.count()
    }

    /// Return the duration in ns that a share of `q` does not exceed; 0 when empty.
    ///
    /// Raises ValueError when `q` does not lie between 0 and 1.
    fn quantile(&self, q: f64) -> PyResult<u64> {
        if (0.0..=1.0).contains(&q) {
            Ok(self.0.quantile(q))
        } else {
            Err(PyValueError::new_err(format!("a quantile lies between 0 and 1, not at {q}")))
        }
    }

    /// The shortest duration; 0 when empty.
    #[getter]
    fn min_ns(&self) -> u64 {
        self.0.min_ns()
    }

    /// The longest duration; 0 when empty.
    #[getter]
    fn max_ns(&self) -> u64 {
        self.0.max_ns()
    }

    /// The mean of all durations; 0 when empty.
    #[getter]
    fn mean_ns(&self) -> f64 {
        self.0.mean_ns()
    }

    /// The standard deviation of all durations; 0 when empty.
    #[getter]
    fn stdev_ns(&self) -> f64 {
        self.0.stdev_ns()
    }

    /// Return how many durations lie in buckets that touch `low_ns` to `high_ns`.
    fn count_between(&self, low_ns: u64, high_ns: u64) -> u64 {
        self.0.count_between(low_ns, high_ns)
    }

    /// List (low_ns, high_ns, count) of every bucket that holds something, shortest first.
    fn buckets(&self) -> Vec<(u64, u64, u64)> {
        self.0.buckets().map(|bucket| (bucket.low_ns, bucket.high_ns, bucket.count)).collect()
    }

    /// Return the compressed V2 encoding that every HdrHistogram library reads; most of them want
    /// it in base64.
    fn encode<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = self.0.encode().map_err(|error| PyValueError::new_err(error.to_string()))?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// Return the V2 encoding without compression.
    fn encode_plain<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes =
            self.0.encode_plain().map_err(|error| PyValueError::new_err(error.to_string()))?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// Read either encoding, whichever library wrote it.
    ///
    /// Raises ValueError when it is something else.
    #[staticmethod]
    fn decode(encoded: &[u8]) -> PyResult<Self> {
        histogram::Histogram::decode(encoded).map(Self).map_err(not_encoded)
    }
}

// `map_err` passes it by value.
#[allow(clippy::needless_pass_by_value)]
fn not_encoded(error: DeserializeError) -> PyErr {
    PyValueError::new_err(format!("not an encoded HdrHistogram: {error}"))
}
