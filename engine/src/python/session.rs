//! Sessions, alternate and duet, as a Python class.

use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use pyo3::create_exception;
use pyo3::exceptions::{PyException, PyOSError, PyValueError};
use pyo3::prelude::*;

use super::tally::{Progress, Tally};
use super::target::Target;
use crate::duet;
use crate::load::{self, Model};
use crate::schedule::{Arrival, Stage};
use crate::session::{self, SessionError};
use crate::users::ThinkTime;

create_exception!(_engine, Fault, PyException, "The engine broke one of its own laws: a bug.");

/// (kind, no, one or two times in ns)
type ThinkOfPython = (String, Vec<u64>);

/// (duration in ns, arrival rate at its start, arrival rate at its end)
type StageOfPython = (u64, f64, f64);

/// How the load visits the targets: in turn, or both at once.
enum Mode {
    Alternate(Box<session::Session>),
    Duet(Box<duet::Duet>),
}

impl Mode {
    fn open(targets: &[load::Target], setting: &load::Setting, duet: bool) -> PyResult<Self> {
        if !duet {
            let session = session::Session::open(targets, setting).map_err(raised)?;
            return Ok(Self::Alternate(Box::new(session)));
        }
        let targets = targets
            .first_chunk()
            .filter(|_| targets.len() == 2)
            .ok_or_else(|| PyValueError::new_err("a duet has two targets"))?;
        let duet = duet::Duet::open(targets, setting).map_err(raised)?;
        Ok(Self::Duet(Box::new(duet)))
    }

    fn start(&mut self, drive: &load::Drive) -> Result<(), SessionError> {
        match self {
            Self::Alternate(session) => session.start(drive),
            Self::Duet(duet) => duet.start(drive),
        }
    }

    fn wait(&mut self, at_most: Duration) -> Result<Option<Vec<Tally>>, SessionError> {
        Ok(match self {
            Self::Alternate(session) => session.wait(at_most)?.map(|tally| vec![Tally(tally)]),
            Self::Duet(duet) => duet.wait(at_most)?.map(|tallies| tallies.map(Tally).into()),
        })
    }

    fn cancel(&self) {
        match self {
            Self::Alternate(session) => session.cancel(),
            Self::Duet(duet) => duet.cancel(),
        }
    }

    fn progress(&self) -> Vec<Progress> {
        match self {
            Self::Alternate(session) => vec![Progress(session.progress())],
            Self::Duet(duet) => duet.progress().map(Progress).into(),
        }
    }
}

#[pyclass(name = "Session", module = "timetrial._engine", frozen)]
pub struct Session(Mutex<Option<Mode>>);

#[pymethods]
impl Session {
    #[new]
    #[pyo3(signature = (
        targets, *, connections, threads, cpus, timeout_ns, pipeline = 1,
        fresh_connections = false, backend = "auto", spin = false,
        duet = false
    ))]
    // One argument for each setting of a session.
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
        spin: bool,
        duet: bool,
    ) -> PyResult<Self> {
        let backend = backend.parse().map_err(PyValueError::new_err::<String>)?;
        let targets: Vec<load::Target> =
            targets.into_iter().map(|target| target.0.clone()).collect();
        let setting = load::Setting {
            connections,
            threads,
            cpus,
            timeout_ns,
            pipeline,
            fresh_connections,
            backend,
            spin,
        };
        Ok(Self(Mutex::new(Some(Mode::open(&targets, &setting, duet)?))))
    }

    #[pyo3(signature = (
        target, *, lead_in_ns, window_ns, drain_ns, max_requests = None,
        stages = None, poisson = false, think = None, seed = 0, idle = false
    ))]
    // One argument for each part of a drive.
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
        idle: bool,
    ) -> PyResult<()> {
        let model = match (stages, think) {
            (Some(stages), _) if idle => Model::Idle { stages: stages_of(stages) },
            (Some(stages), _) => open_model(stages, poisson, seed),
            (None, Some(think)) => users_model(&think, seed)?,
            (None, None) => Model::Closed,
        };
        let drive = load::Drive { target, model, lead_in_ns, window_ns, drain_ns, max_requests };
        self.with(|session| session.start(&drive).map_err(raised))
    }

    fn wait(&self, py: Python<'_>, at_most_s: f64) -> PyResult<Option<Vec<Tally>>> {
        let at_most = Duration::try_from_secs_f64(at_most_s)
            .map_err(|error| PyValueError::new_err(error.to_string()))?;
        py.detach(|| self.with(|session| session.wait(at_most).map_err(raised)))
    }

    fn cancel(&self) -> PyResult<()> {
        self.with(|session| {
            session.cancel();
            Ok(())
        })
    }

    fn progress(&self) -> PyResult<Vec<Progress>> {
        self.with(|session| Ok(session.progress()))
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

fn stages_of(stages: Vec<StageOfPython>) -> Vec<Stage> {
    stages
        .into_iter()
        .map(|(duration_ns, rate_from, rate_to)| Stage { duration_ns, rate_from, rate_to })
        .collect()
}

fn open_model(stages: Vec<StageOfPython>, poisson: bool, seed: u64) -> Model {
    Model::Open {
        stages: stages_of(stages),
        arrival: if poisson { Arrival::Poisson } else { Arrival::Constant },
        seed,
    }
}

impl Session {
    fn lock(&self) -> MutexGuard<'_, Option<Mode>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn with<T>(&self, act: impl FnOnce(&mut Mode) -> PyResult<T>) -> PyResult<T> {
        match self.lock().as_mut() {
            Some(session) => act(session),
            None => Err(PyValueError::new_err("the session is closed")),
        }
    }
}

fn raised(error: SessionError) -> PyErr {
    match error {
        SessionError::Io(error) => PyOSError::new_err(error.to_string()),
        misuse @ (SessionError::Misuse(_) | SessionError::TooManyConnections { .. }) => {
            PyValueError::new_err(misuse.to_string())
        }
        fault => Fault::new_err(fault.to_string()),
    }
}
