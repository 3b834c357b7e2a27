//! The one file that knows Python: the classes of `timetrial._engine`.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use pyo3::create_exception;
use pyo3::exceptions::{PyException, PyOSError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::load::{self, Expectation, ExpectedBody};
use crate::session::{self, SessionError};
use crate::tally::{self, Outcome};
use crate::{histogram, shared};

create_exception!(_engine, Fault, PyException, "The engine broke one of its own laws: a bug.");

#[pyclass(name = "Histogram", module = "timetrial._engine")]
#[derive(Clone)]
struct Histogram(histogram::Histogram);

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

#[pyclass(name = "Target", module = "timetrial._engine", frozen)]
struct Target(load::Target);

#[pymethods]
impl Target {
    #[new]
    #[pyo3(signature = (address, *, host, path, status = None, body = None, body_bytes = None))]
    fn new(
        address: &str,
        host: &str,
        path: &str,
        status: Option<u16>,
        body: Option<Vec<u8>>,
        body_bytes: Option<u64>,
    ) -> PyResult<Self> {
        let address: SocketAddr = address.parse().map_err(|_| {
            PyValueError::new_err(format!("{address:?} is no IP address with a port"))
        })?;
        let body = match (body, body_bytes) {
            (Some(body), _) => ExpectedBody::Literal(body.into()),
            (None, Some(length)) => ExpectedBody::Length(length),
            (None, None) => ExpectedBody::Any,
        };
        let request = load::get_request(host, path);
        Ok(Self(load::Target { address, request, expect: Expectation { status, body } }))
    }
}

#[pyclass(name = "Session", module = "timetrial._engine", frozen)]
struct Session(Mutex<Option<session::Session>>);

#[pymethods]
impl Session {
    #[new]
    #[pyo3(signature = (targets, *, connections, threads, cpus, timeout_ns))]
    fn new(
        targets: Vec<PyRef<'_, Target>>,
        connections: usize,
        threads: usize,
        cpus: Vec<usize>,
        timeout_ns: u64,
    ) -> PyResult<Self> {
        let targets: Vec<load::Target> =
            targets.into_iter().map(|target| target.0.clone()).collect();
        let load = load::Load { connections, threads, cpus, timeout_ns };
        let session = session::Session::open(&targets, &load).map_err(raised)?;
        Ok(Self(Mutex::new(Some(session))))
    }

    #[pyo3(signature = (target, *, lead_in_ns, window_ns, drain_ns, max_requests = None))]
    fn start(
        &self,
        target: usize,
        lead_in_ns: u64,
        window_ns: u64,
        drain_ns: u64,
        max_requests: Option<u64>,
    ) -> PyResult<()> {
        let drive = load::Drive { target, lead_in_ns, window_ns, drain_ns, max_requests };
        self.with(|session| session.start(drive).map_err(raised))
    }

    fn wait(&self, py: Python<'_>, at_most_s: f64) -> PyResult<Option<Tally>> {
        let at_most = Duration::try_from_secs_f64(at_most_s)
            .map_err(|error| PyValueError::new_err(error.to_string()))?;
        py.detach(|| self.with(|session| session.wait(at_most).map_err(raised)))
            .map(|tally| tally.map(Tally))
    }

    fn cancel(&self) -> PyResult<()> {
        self.with(|session| {
            session.cancel();
            Ok(())
        })
    }

    fn progress(&self) -> PyResult<Progress> {
        self.with(|session| Ok(Progress(session.progress())))
    }

    fn close(&self, py: Python<'_>) {
        py.detach(|| drop(self.lock().take()));
    }
}

impl Session {
    fn lock(&self) -> MutexGuard<'_, Option<session::Session>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn with<T>(&self, act: impl FnOnce(&mut session::Session) -> PyResult<T>) -> PyResult<T> {
        match self.lock().as_mut() {
            Some(session) => act(session),
            None => Err(PyValueError::new_err("the session is closed")),
        }
    }
}

fn raised(error: SessionError) -> PyErr {
    match error {
        SessionError::Io(error) => PyOSError::new_err(error.to_string()),
        SessionError::Misuse(what) => PyValueError::new_err(what),
        fault => Fault::new_err(fault.to_string()),
    }
}

#[pyclass(name = "Progress", module = "timetrial._engine", frozen)]
struct Progress(shared::Progress);

#[pymethods]
impl Progress {
    #[getter]
    fn completions(&self) -> u64 {
        self.0.completions
    }

    #[getter]
    fn failures(&self) -> u64 {
        self.0.failures
    }

    #[getter]
    fn bytes_received(&self) -> u64 {
        self.0.bytes_received
    }

    #[getter]
    fn connections(&self) -> u64 {
        self.0.connections
    }
}

#[pyclass(name = "Tally", module = "timetrial._engine", frozen)]
struct Tally(tally::Tally);

#[pymethods]
impl Tally {
    #[getter]
    fn started_ns(&self) -> u64 {
        self.0.timeline.started_ns
    }

    #[getter]
    fn opened_ns(&self) -> u64 {
        self.0.timeline.opened_ns
    }

    #[getter]
    fn closed_ns(&self) -> u64 {
        self.0.timeline.closed_ns
    }

    #[getter]
    fn drained_ns(&self) -> u64 {
        self.0.timeline.drained_ns
    }

    #[getter]
    fn window(&self) -> BTreeMap<&'static str, u64> {
        named(&self.0.window)
    }

    #[getter]
    fn overall(&self) -> BTreeMap<&'static str, u64> {
        named(&self.0.overall)
    }

    #[getter]
    fn completions(&self) -> u64 {
        self.0.completions
    }

    #[getter]
    fn response_time(&self) -> Histogram {
        Histogram(self.0.response_time.clone())
    }

    #[getter]
    fn service_time(&self) -> Histogram {
        Histogram(self.0.service_time.clone())
    }

    #[getter]
    fn connect_time(&self) -> Histogram {
        Histogram(self.0.connect_time.clone())
    }

    #[getter]
    fn statuses(&self) -> BTreeMap<usize, u64> {
        let counts = self.0.statuses.iter().copied().enumerate();
        counts.filter(|&(_, count)| count > 0).collect()
    }

    #[getter]
    fn bytes_received(&self) -> u64 {
        self.0.bytes_received
    }

    #[getter]
    fn connections_reached(&self) -> u64 {
        self.0.connections_reached
    }

    #[getter]
    fn unsolicited(&self) -> u64 {
        self.0.unsolicited
    }

    #[getter]
    fn cpu_ns(&self) -> u64 {
        self.0.cpu_ns
    }
}

fn named(counts: &tally::Counts) -> BTreeMap<&'static str, u64> {
    [
        ("ok", Outcome::Ok),
        ("wrong_status", Outcome::WrongStatus),
        ("wrong_body", Outcome::WrongBody),
        ("connect_failed", Outcome::ConnectFailed),
        ("reset", Outcome::Reset),
        ("closed_early", Outcome::ClosedEarly),
        ("malformed", Outcome::Malformed),
        ("timeout", Outcome::Timeout),
        ("censored", Outcome::Censored),
    ]
    .into_iter()
    .map(|(name, outcome)| (name, counts.of(outcome)))
    .chain([("arrivals", counts.arrivals)])
    .collect()
}

#[pymodule]
fn _engine(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("Fault", module.py().get_type::<Fault>())?;
    module.add_class::<Histogram>()?;
    module.add_class::<Target>()?;
    module.add_class::<Session>()?;
    module.add_class::<Progress>()?;
    module.add_class::<Tally>()
}
