//! Histograms as a Python class.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::histogram;

#[pyclass(name = "Histogram", module = "timetrial._engine")]
#[derive(Clone)]
pub struct Histogram(pub histogram::Histogram);

#[pymethods]
impl Histogram {
    #[new]
    fn new() -> Self {
        Self(histogram::Histogram::new())
    }

    #[pyo3(signature = (duration_ns, count = 1))]
    fn record(&mut self, duration_ns: u64, count: u64) {
        self.0.record_n(duration_ns, count);
    }

    fn merge(&mut self, other: &Self) {
        self.0.merge(&other.0);
    }

    #[getter]
    fn count(&self) -> u64 {
        self.0.count()
    }

    fn quantile(&self, q: f64) -> PyResult<u64> {
        if (0.0..=1.0).contains(&q) {
            Ok(self.0.quantile(q))
        } else {
            Err(PyValueError::new_err(format!("a quantile lies between 0 and 1, not at {q}")))
        }
    }

    #[getter]
    fn min_ns(&self) -> u64 {
        self.0.min_ns()
    }

    #[getter]
    fn max_ns(&self) -> u64 {
        self.0.max_ns()
    }

    #[getter]
    fn mean_ns(&self) -> f64 {
        self.0.mean_ns()
    }

    #[getter]
    fn stdev_ns(&self) -> f64 {
        self.0.stdev_ns()
    }

    fn count_between(&self, low_ns: u64, high_ns: u64) -> u64 {
        self.0.count_between(low_ns, high_ns)
    }

    fn buckets(&self) -> Vec<(u64, u64, u64)> {
        self.0.buckets().map(|bucket| (bucket.low_ns, bucket.high_ns, bucket.count)).collect()
    }

    fn encode<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = self.0.encode().map_err(|error| PyValueError::new_err(error.to_string()))?;
        Ok(PyBytes::new(py, &bytes))
    }

    #[staticmethod]
    fn decode(encoded: &[u8]) -> PyResult<Self> {
        histogram::Histogram::decode(encoded)
            .map(Self)
            .map_err(|error| PyValueError::new_err(format!("not an encoded HdrHistogram: {error}")))
    }
}
