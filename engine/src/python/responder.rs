//! The responder as a Python class.

use std::collections::BTreeMap;
use std::io::{Error, ErrorKind};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::histogram::Histogram;
use crate::address::InvalidAddress;
use crate::responder::{self, Body, Config, Counts, Delay, Receipt, SelfSigned, Stall};

#[pyclass(name = "Responder", module = "timetrial._engine", frozen)]
pub struct Responder {
    running: Mutex<Option<responder::Responder>>,
    authority: Option<String>,
}

#[pymethods]
impl Responder {
    #[new]
    #[pyo3(signature = (
        *, address = "127.0.0.1:0", delay = "none", delay_ns = vec![], share = 0.0,
        receipt = "read", stall_ns = None, body = None, tls = false, threads = 1, cpus = vec![],
        seed = 0
    ))]
    // One argument for each thing that a responder is made of.
    #[allow(clippy::too_many_arguments, clippy::needless_pass_by_value)]
    fn new(
        address: &str,
        delay: &str,
        delay_ns: Vec<u64>,
        share: f64,
        receipt: &str,
        stall_ns: Option<(u64, u64)>,
        body: Option<Vec<u8>>,
        tls: bool,
        threads: usize,
        cpus: Vec<usize>,
        seed: u64,
    ) -> PyResult<Self> {
        let invalid = |error: InvalidAddress| PyValueError::new_err(error.to_string());
        let defaults = Config::default();
        let signed = tls.then(SelfSigned::make).transpose().map_err(|error| raised(&error))?;
        let (tls, authority) = signed.map(|made| (made.server, made.authority_pem)).unzip();
        let config = Config {
            address: address.parse().map_err(invalid)?,
            delay: read_delay(delay, &delay_ns, share)?,
            receipt: read_receipt(receipt)?,
            stall: stall_ns.map(|(every_ns, length_ns)| Stall { every_ns, length_ns }),
            body: body.map_or(defaults.body, Body::Fixed),
            tls,
            threads,
            cpus,
            seed,
            ..Config::default()
        };
        let started = responder::Responder::start(config).map_err(|error| raised(&error))?;
        Ok(Self { running: Mutex::new(Some(started)), authority })
    }

    #[getter]
    fn address(&self) -> PyResult<String> {
        self.with(|responder| responder.address().to_string())
    }

    #[getter]
    fn authority(&self) -> Option<&[u8]> {
        self.authority.as_deref().map(str::as_bytes)
    }

    fn counts(&self) -> PyResult<BTreeMap<&'static str, u64>> {
        self.with(|responder| named(&responder.counts()))
    }

    fn pause(&self, length_s: f64) -> PyResult<()> {
        let length = Duration::try_from_secs_f64(length_s)
            .map_err(|error| PyValueError::new_err(error.to_string()))?;
        self.with(|responder| responder.pause(length))
    }

    fn stop(&self, py: Python<'_>) -> PyResult<(Histogram, BTreeMap<&'static str, u64>)> {
        let running = self.take().ok_or_else(stopped)?;
        let record = py.detach(|| running.stop());
        Ok((Histogram(record.response_time), named(&record.counts)))
    }

    fn __enter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    #[pyo3(signature = (*_exc_info))]
    fn __exit__(&self, py: Python<'_>, _exc_info: &Bound<'_, PyTuple>) {
        py.detach(|| drop(self.take()));
    }
}

impl Responder {
    fn take(&self) -> Option<responder::Responder> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn with<T>(&self, ask: impl FnOnce(&responder::Responder) -> T) -> PyResult<T> {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.as_ref().map(ask).ok_or_else(stopped)
    }
}

fn stopped() -> PyErr {
    PyValueError::new_err("the responder is stopped")
}

/// What a responder refuses is a `ValueError`, what the system refuses an `OSError`.
fn raised(error: &Error) -> PyErr {
    match error.kind() {
        ErrorKind::InvalidInput => PyValueError::new_err(error.to_string()),
        _ => PyOSError::new_err(error.to_string()),
    }
}

fn read_receipt(name: &str) -> PyResult<Receipt> {
    match name {
        "read" => Ok(Receipt::Read),
        "kernel" => Ok(Receipt::Kernel),
        _ => Err(PyValueError::new_err(format!("{name:?} is no receipt: it is read or kernel"))),
    }
}

fn read_delay(kind: &str, delay_ns: &[u64], share: f64) -> PyResult<Delay> {
    match (kind, delay_ns) {
        ("none", []) => Ok(Delay::None),
        ("constant", &[delay_ns]) => Ok(Delay::Constant { delay_ns }),
        ("lognormal", &[median_ns]) => Ok(Delay::LogNormal { median_ns, sigma: share }),
        ("bimodal", &[fast_ns, slow_ns]) => {
            Ok(Delay::Bimodal { fast_ns, slow_ns, share_slow: share })
        }
        ("uniform", &[low_ns, high_ns]) => Ok(Delay::Uniform { low_ns, high_ns }),
        ("exponential", &[mean_ns]) => Ok(Delay::Exponential { mean_ns }),
        _ => Err(PyValueError::new_err(format!("{kind:?} with {delay_ns:?} ns is no delay"))),
    }
}

fn named(counts: &Counts) -> BTreeMap<&'static str, u64> {
    BTreeMap::from([
        ("accepted", counts.accepted),
        ("open", counts.open),
        ("requests", counts.requests),
        ("responses", counts.responses),
    ])
}
