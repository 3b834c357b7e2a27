//! The speed probe as a Python class.

use pyo3::create_exception;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;

use crate::speed_probe::{self, Readings, Refusal};

create_exception!(_engine, ProbeRefused, PyException, "There can be no speed probe.");

/// (CPU, readings, mean of ln ns, CPU time in ns, length of the span in ns)
type ReadingsOfPython = (usize, u32, f64, u64, u64);

#[pyclass(name = "SpeedProbe", module = "timetrial._engine", frozen)]
pub struct SpeedProbe(speed_probe::SpeedProbe);

#[pymethods]
impl SpeedProbe {
    #[classattr]
    const MOST_CPU_SHARE: f64 = speed_probe::MOST_CPU_SHARE;

    #[new]
    #[pyo3(signature = (cpus, *, amount = None))]
    // As pyo3 hands it over.
    #[allow(clippy::needless_pass_by_value)]
    fn new(py: Python<'_>, cpus: Vec<usize>, amount: Option<u32>) -> PyResult<Self> {
        py.detach(|| speed_probe::SpeedProbe::open(&cpus, amount))
            .map(Self)
            .map_err(|refusal| refused(&refusal))
    }

    #[getter]
    fn amount(&self) -> u32 {
        self.0.amount()
    }

    fn begin(&self) {
        self.0.begin();
    }

    fn end(&self) -> Vec<ReadingsOfPython> {
        self.0.end().into_iter().map(in_python).collect()
    }
}

fn in_python(one: Readings) -> ReadingsOfPython {
    (one.cpu, one.count, one.mean_log_ns, one.cpu_ns, one.length_ns)
}

fn refused(refusal: &Refusal) -> PyErr {
    ProbeRefused::new_err((refusal.reason(), refusal.to_string()))
}
