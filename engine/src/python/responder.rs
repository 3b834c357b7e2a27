//! The responder and the upstream as Python classes.

use std::collections::BTreeMap;
use std::io::{Error, ErrorKind};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::histogram::Histogram;
use crate::address::Address;
use crate::responder::{
    self, upstream, Body, Config, Counts, Delay, Receipt, SelfSigned, ServerTls, Stall,
};

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
        receipt = "read", stall_ns = None, body = None, template = None, content_type = None,
        tls = false, tls_pem = None, threads = 1, cpus = vec![], seed = 0
    ))]
    // One argument for each setting of a responder.
    #[allow(clippy::too_many_arguments, clippy::needless_pass_by_value)]
    fn new(
        address: &str,
        delay: &str,
        delay_ns: Vec<u64>,
        share: f64,
        receipt: &str,
        stall_ns: Option<(u64, u64)>,
        body: Option<Vec<u8>>,
        template: Option<String>,
        content_type: Option<String>,
        tls: bool,
        tls_pem: Option<(String, String)>,
        threads: usize,
        cpus: Vec<usize>,
        seed: u64,
    ) -> PyResult<Self> {
        let defaults = Config::default();
        let body = body.map(Body::Fixed).or(template.map(Body::Template));
        let given =
            tls_pem.map(|(certificate_pem, key_pem)| ServerTls { certificate_pem, key_pem });
        let signed = tls.then(SelfSigned::make).transpose().map_err(|error| raised(&error))?;
        let (created, authority) =
            signed.map(|signed| (signed.server, signed.authority_pem)).unzip();
        let config = Config {
            address: address.parse::<Address>()?,
            delay: read_delay(delay, &delay_ns, share)?,
            receipt: read_receipt(receipt)?,
            stall: stall_ns.map(|(every_ns, length_ns)| Stall { every_ns, length_ns }),
            body: body.unwrap_or(defaults.body),
            content_type: content_type.unwrap_or(defaults.content_type),
            tls: given.or(created),
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

    fn with<T>(&self, call: impl FnOnce(&responder::Responder) -> T) -> PyResult<T> {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.as_ref().map(call).ok_or_else(stopped)
    }
}

fn stopped() -> PyErr {
    PyValueError::new_err("the responder is stopped")
}

/// An invalid configuration is a `ValueError`, a failure of the system an `OSError`.
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
        ("delay_ns", counts.delay_ns),
        ("response_ns", counts.response_ns),
    ])
}

#[pyclass(name = "Upstream", module = "timetrial._engine", frozen)]
pub struct Upstream(upstream::Upstream);

#[pymethods]
impl Upstream {
    #[new]
    #[pyo3(signature = (
        *, body, content_type, tls_pem, address = "127.0.0.1:0", delay = "none",
        delay_ns = vec![], share = 0.0, seed = 0
    ))]
    // One argument for each setting of an upstream.
    #[allow(clippy::too_many_arguments, clippy::needless_pass_by_value)]
    fn new(
        body: Vec<u8>,
        content_type: String,
        tls_pem: (String, String),
        address: &str,
        delay: &str,
        delay_ns: Vec<u64>,
        share: f64,
        seed: u64,
    ) -> PyResult<Self> {
        let (certificate_pem, key_pem) = tls_pem;
        let config = upstream::Config {
            address: address.parse::<Address>()?,
            tls: ServerTls { certificate_pem, key_pem },
            body,
            content_type,
            delay: read_delay(delay, &delay_ns, share)?,
            seed,
        };
        let started = upstream::Upstream::start(config);
        started.map(Self).map_err(|error| PyOSError::new_err(error.to_string()))
    }

    #[getter]
    fn address(&self) -> String {
        self.0.address().to_string()
    }

    fn counts(&self) -> BTreeMap<&'static str, u64> {
        let counts = self.0.counts();
        BTreeMap::from([
            ("accepted", counts.accepted),
            ("open", counts.open),
            ("http2", counts.http2),
            ("requests", counts.requests),
            ("responses", counts.responses),
            ("delay_ns", counts.delay_ns),
            ("response_ns", counts.response_ns),
        ])
    }
}

/// A certificate for localhost, its key, and the authority that clients have to trust, in PEM.
#[pyfunction]
pub fn self_signed() -> PyResult<(String, String, String)> {
    let signed = SelfSigned::make().map_err(|error| PyOSError::new_err(error.to_string()))?;
    Ok((signed.server.certificate_pem, signed.server.key_pem, signed.authority_pem))
}
