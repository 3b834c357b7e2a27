//! The one module that knows Python: the classes of `timetrial._engine`.

mod histogram;
mod responder;
mod tally;

use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use pyo3::create_exception;
use pyo3::exceptions::{PyException, PyOSError, PyValueError};
use pyo3::prelude::*;

use crate::address::InvalidAddress;
use crate::load::{self, Expectation, ExpectedBody, Model};
use crate::schedule::{Arrival, Stage};
use crate::session::{self, SessionError};
use crate::tls::{ClientTls, Trust};
use crate::users::ThinkTime;
use histogram::Histogram;
use tally::{Progress, Tally};

create_exception!(_engine, Fault, PyException, "The engine broke one of its own laws: a bug.");

#[pyclass(name = "Request", module = "timetrial._engine", frozen)]
struct Request(load::Request);

#[pymethods]
impl Request {
    #[new]
    #[pyo3(signature = (
        *, host, path, method = "GET", headers = vec![], content = vec![],
        status = None, body = None, body_bytes = None
    ))]
    // One argument for each thing that a request is made of.
    #[allow(clippy::too_many_arguments, clippy::needless_pass_by_value)]
    fn new(
        host: &str,
        path: &str,
        method: &str,
        headers: Vec<(String, String)>,
        content: Vec<u8>,
        status: Option<u16>,
        body: Option<Vec<u8>>,
        body_bytes: Option<u64>,
    ) -> PyResult<Self> {
        require_one_line(&[method, host, path])?;
        for (name, value) in &headers {
            require_one_line(&[name, value])?;
        }
        let body = match (body, body_bytes) {
            (Some(body), _) => ExpectedBody::Literal(body.into()),
            (None, Some(length)) => ExpectedBody::Length(length),
            (None, None) => ExpectedBody::Any,
        };
        Ok(Self(load::Request {
            bytes: load::request_bytes(method, host, path, &headers, &content),
            is_head: method == "HEAD",
            expect: Expectation { status, body },
        }))
    }
}

/// A line break would end the line of the request's head, and begin another one.
fn require_one_line(parts: &[&str]) -> PyResult<()> {
    match parts.iter().find(|part| part.contains(['\r', '\n', '\0'])) {
        Some(part) => Err(PyValueError::new_err(format!("{part:?} has a line break or a NUL"))),
        None => Ok(()),
    }
}

#[pyclass(name = "Target", module = "timetrial._engine", frozen)]
struct Target(load::Target);

#[pymethods]
impl Target {
    #[new]
    #[pyo3(signature = (address, requests, *, sources = vec![], tls = None))]
    fn new(
        address: &str,
        requests: Vec<PyRef<'_, Request>>,
        sources: Vec<IpAddr>,
        tls: Option<(String, Option<Vec<u8>>)>,
    ) -> PyResult<Self> {
        let tls = tls
            .map(|(host, authorities)| {
                let trust = authorities.map_or(Trust::Anyone, Trust::Authorities);
                ClientTls::new(&host, &trust)
            })
            .transpose()
            .map_err(PyValueError::new_err)?;
        let address = address
            .parse()
            .map_err(|error: InvalidAddress| PyValueError::new_err(error.to_string()))?;
        let requests: Vec<_> = requests.into_iter().map(|request| request.0.clone()).collect();
        let (requests, sources) = (requests.into(), sources.into());
        Ok(Self(load::Target { address, requests, tls, sources }))
    }
}

/// (kind, one or two times in ns)
type ThinkOfPython = (String, Vec<u64>);

/// (duration in ns, rate at its begin, rate at its end)
type StageOfPython = (u64, f64, f64);

#[pyclass(name = "Session", module = "timetrial._engine", frozen)]
struct Session(Mutex<Option<session::Session>>);

#[pymethods]
impl Session {
    #[new]
    #[pyo3(signature = (
        targets, *, connections, threads, cpus, timeout_ns, pipeline = 1,
        fresh_connections = false, backend = "auto"
    ))]
    // One argument for each thing that a session is made of.
    #[allow(clippy::too_many_arguments)]
    fn new(
        targets: Vec<PyRef<'_, Target>>,
        connections: usize,
        threads: usize,
        cpus: Vec<usize>,
        timeout_ns: u64,
        pipeline: usize,
        fresh_connections: bool,
        backend: &str,
    ) -> PyResult<Self> {
        let backend = backend.parse().map_err(PyValueError::new_err::<String>)?;
        let targets: Vec<load::Target> =
            targets.into_iter().map(|target| target.0.clone()).collect();
        let setting =
            load::Setting { connections, threads, cpus, timeout_ns, pipeline, fresh_connections };
        let session = session::Session::open_with(&targets, &setting, backend).map_err(raised)?;
        Ok(Self(Mutex::new(Some(session))))
    }

    #[pyo3(signature = (
        target, *, lead_in_ns, window_ns, drain_ns, max_requests = None,
        stages = None, poisson = false, think = None, seed = 0
    ))]
    // One argument for each thing that a drive is made of.
    #[allow(clippy::too_many_arguments)]
    fn start(
        &self,
        target: usize,
        lead_in_ns: u64,
        window_ns: u64,
        drain_ns: u64,
        max_requests: Option<u64>,
        stages: Option<Vec<StageOfPython>>,
        poisson: bool,
        think: Option<Vec<ThinkOfPython>>,
        seed: u64,
    ) -> PyResult<()> {
        let model = match (stages, think) {
            (Some(stages), _) => open_model(stages, poisson, seed),
            (None, Some(think)) => users_model(&think, seed)?,
            (None, None) => Model::Closed,
        };
        let drive = load::Drive { target, model, lead_in_ns, window_ns, drain_ns, max_requests };
        self.with(|session| session.start(&drive).map_err(raised))
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

fn users_model(think: &[ThinkOfPython], seed: u64) -> PyResult<Model> {
    let think = think.iter().map(think_time).collect::<PyResult<_>>()?;
    Ok(Model::Users { think, seed })
}

fn think_time((kind, times_ns): &ThinkOfPython) -> PyResult<ThinkTime> {
    match (kind.as_str(), times_ns.as_slice()) {
        ("none", []) => Ok(ThinkTime::None),
        ("constant", &[think_ns]) => Ok(ThinkTime::Constant { think_ns }),
        ("uniform", &[low_ns, high_ns]) => Ok(ThinkTime::Uniform { low_ns, high_ns }),
        ("exponential", &[mean_ns]) => Ok(ThinkTime::Exponential { mean_ns }),
        _ => Err(PyValueError::new_err(format!("{kind:?} with {times_ns:?} ns is no think time"))),
    }
}

fn open_model(stages: Vec<StageOfPython>, poisson: bool, seed: u64) -> Model {
    let stages = stages
        .into_iter()
        .map(|(duration_ns, rate_from, rate_to)| Stage { duration_ns, rate_from, rate_to })
        .collect();
    Model::Open {
        stages,
        arrival: if poisson { Arrival::Poisson } else { Arrival::Constant },
        seed,
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

#[pymodule]
fn _engine(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("Fault", module.py().get_type::<Fault>())?;
    module.add_class::<Histogram>()?;
    module.add_class::<Request>()?;
    module.add_class::<responder::Responder>()?;
    module.add_class::<Target>()?;
    module.add_class::<Session>()?;
    module.add_class::<Progress>()?;
    module.add_class::<Tally>()?;
    module.add_function(wrap_pyfunction!(responder::self_signed, module)?)
}
