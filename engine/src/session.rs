//! A session: threads that keep their connections while the load moves from target to target.

use std::io;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{getrlimit, Resource};
use rustix::thread::CpuSet;

use crate::clock::now_ns;
use crate::generator::Shape;
use crate::load::{Drive, Setting, Target};
use crate::reactor::backend::{available, Backend};
use crate::reactor::epoll::Epoll;
use crate::reactor::uring::Uring;
use crate::reactor::Reactor;
use crate::shared::{Progress, Shared};
use crate::tally::{Fault, Tally};
use crate::worker::Worker;

/// Why a session cannot go on.
#[derive(Debug)]
pub enum SessionError {
    /// A thread could not be started, pinned, or could not wait for its sockets.
    Io(io::Error),
    /// The accounting does not add up.
    Fault(Fault),
    /// No such target, a drive before the last one has ended, or a result without a drive.
    Misuse(&'static str),
    /// A connection is an open file, of which a process may have so many.
    TooManyConnections { connections: usize, allowed: usize },
    /// A thread has died: a bug.
    ThreadDied,
}

impl From<io::Error> for SessionError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl std::fmt::Display for SessionError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Io(error) => write!(out, "{error}"),
            Self::Fault(Fault(what)) => write!(out, "the accounting does not add up: {what}"),
            Self::Misuse(what) => write!(out, "{what}"),
            Self::TooManyConnections { connections, allowed } => write!(
                out,
                "{connections} connections are more than the {allowed} that this process may \
                 still open (ulimit -n)"
            ),
            Self::ThreadDied => write!(out, "a thread of the engine has died"),
        }
    }
}

impl std::error::Error for SessionError {}

type Outcome = Result<Tally, io::Error>;

/// A drive, and the moment from which all threads count its lead-in and window.
type Order = (Drive, u64);

/// The generator: connections to all targets, one of which is loaded at a time.
pub struct Session {
    targets: usize,
    shared: Arc<Shared>,
    orders: Vec<Sender<Order>>,
    outcomes: Receiver<Outcome>,
    threads: Vec<JoinHandle<()>>,
    /// Threads whose tally is still to come, while a drive is under way.
    outstanding: usize,
    merged: Option<Tally>,
}

impl Session {
    /// Starts the threads. Nothing is connected before the first drive of a target.
    pub fn open(targets: &[Target], setting: &Setting) -> Result<Self, SessionError> {
        if targets.is_empty() || targets.iter().any(|target| target.requests.is_empty()) {
            return Err(SessionError::Misuse("a session needs targets with requests"));
        }
        if setting.connections == 0 || setting.threads == 0 || setting.pipeline == 0 {
            return Err(SessionError::Misuse(
                "a session needs a connection, a thread and a pipeline of 1 at least",
            ));
        }
        if setting.timeout_ns == 0 {
            return Err(SessionError::Misuse("a timeout of 0 leaves no time for any response"));
        }
        check_file_limit(setting.connections * targets.len())?;
        let backend = available(setting.backend).map_err(io::Error::other)?;
        let threads = setting.threads.min(setting.connections);
        let shared = Arc::new(Shared::new(threads));
        let (outcome_sender, outcomes) = mpsc::channel();
        let mut session = Self {
            targets: targets.len(),
            shared: Arc::clone(&shared),
            orders: vec![],
            outcomes,
            threads: vec![],
            outstanding: 0,
            merged: None,
        };
        for thread in 0..threads {
            let shape = Shape {
                thread,
                threads,
                requests: targets.iter().map(|target| Arc::clone(&target.requests)).collect(),
                encrypted: targets.iter().map(|target| target.tls.is_some()).collect(),
                slots_per_target: share(setting.connections, threads, thread),
                timeout_ns: setting.timeout_ns,
                pipeline: setting.pipeline,
                fresh_connections: setting.fresh_connections,
            };
            let cpu = setting.cpus.get(thread % setting.cpus.len().max(1)).copied();
            let slots = targets.len() * shape.slots_per_target;
            let outcomes = outcome_sender.clone();
            match backend {
                Backend::Epoll => {
                    session.spawn(
                        Epoll::new(slots)?,
                        targets,
                        shape,
                        cpu,
                        setting.spin,
                        outcomes,
                    )?;
                }
                _ => session.spawn(
                    Uring::new(slots)?,
                    targets,
                    shape,
                    cpu,
                    setting.spin,
                    outcomes,
                )?,
            }
        }
        Ok(session)
    }

    fn spawn(
        &mut self,
        reactor: impl Reactor + Send + 'static,
        targets: &[Target],
        shape: Shape,
        cpu: Option<usize>,
        spin: bool,
        outcomes: Sender<Outcome>,
    ) -> io::Result<()> {
        let name = format!("timetrial-{}", shape.thread);
        let worker = Worker::new(reactor, targets.to_vec(), shape, Arc::clone(&self.shared), spin);
        let (orders, received) = mpsc::channel();
        self.orders.push(orders);
        self.threads.push(
            std::thread::Builder::new()
                .name(name)
                .spawn(move || obey(worker, cpu, &received, &outcomes))?,
        );
        Ok(())
    }

    /// Begins a drive; [`Session::wait`] gives its result.
    pub fn start(&mut self, drive: &Drive) -> Result<(), SessionError> {
        self.start_at(drive, now_ns())
    }

    /// The same, counted from a moment that has just been.
    pub(crate) fn start_at(&mut self, drive: &Drive, started_ns: u64) -> Result<(), SessionError> {
        if drive.target >= self.targets {
            return Err(SessionError::Misuse("no such target"));
        }
        if self.outstanding > 0 {
            return Err(SessionError::Misuse("the last drive has not ended yet"));
        }
        self.shared.reset(drive.max_requests);
        self.merged = None;
        for orders in &self.orders {
            orders.send((drive.clone(), started_ns)).map_err(|_| SessionError::ThreadDied)?;
        }
        self.outstanding = self.orders.len();
        Ok(())
    }

    /// Waits for the end of the drive, at most so long; none if it has not ended by then.
    pub fn wait(&mut self, at_most: Duration) -> Result<Option<Tally>, SessionError> {
        if self.outstanding == 0 {
            return Err(SessionError::Misuse("no drive is under way"));
        }
        let until = Instant::now() + at_most;
        while self.outstanding > 0 {
            let outcome = match self.outcomes.recv_timeout(until - Instant::now().min(until)) {
                Ok(outcome) => outcome,
                Err(RecvTimeoutError::Timeout) => return Ok(None),
                Err(RecvTimeoutError::Disconnected) => return Err(SessionError::ThreadDied),
            };
            self.outstanding -= 1;
            let tally = outcome?;
            match &mut self.merged {
                Some(merged) => merged.merge(&tally),
                None => self.merged = Some(tally),
            }
        }
        let tally = self.merged.take().ok_or(SessionError::ThreadDied)?;
        tally.check().map_err(SessionError::Fault)?;
        Ok(Some(tally))
    }

    /// Ends the drive at once; what is under way is censored. [`Session::wait`] has the result.
    pub fn cancel(&self) {
        self.shared.cancel();
    }

    pub fn progress(&self) -> Progress {
        self.shared.progress()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.cancel();
        self.orders.clear();
        for thread in self.threads.drain(..) {
            // A thread that died has told so already, by what it did not send.
            let _ = thread.join();
        }
    }
}

fn obey(
    mut worker: Worker<impl Reactor>,
    cpu: Option<usize>,
    orders: &Receiver<Order>,
    outcomes: &Sender<Outcome>,
) {
    let pinned = cpu.map_or(Ok(()), pin);
    while let Ok((drive, started_ns)) = orders.recv() {
        let outcome = match &pinned {
            Ok(()) => worker.drive(&drive, started_ns),
            Err(error) => Err(io::Error::new(error.kind(), error.to_string())),
        };
        if outcomes.send(outcome).is_err() {
            return;
        }
    }
}

fn check_file_limit(connections: usize) -> Result<(), SessionError> {
    let limit = getrlimit(Resource::Nofile).current.and_then(|limit| usize::try_from(limit).ok());
    let open = std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
    match limit.map(|limit| limit.saturating_sub(open)) {
        Some(allowed) if connections > allowed => {
            Err(SessionError::TooManyConnections { connections, allowed })
        }
        _ => Ok(()),
    }
}

fn pin(cpu: usize) -> io::Result<()> {
    if cpu >= CpuSet::MAX_CPU {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("no CPU {cpu}")));
    }
    let mut set = CpuSet::new();
    set.set(cpu);
    rustix::thread::sched_setaffinity(None, &set)
        .map_err(|error| io::Error::new(error.kind(), format!("cannot pin to CPU {cpu}: {error}")))
}

/// The part of `total` that falls to one of `parts`; the first ones get what is left over.
fn share(total: usize, parts: usize, part: usize) -> usize {
    total / parts + usize::from(part < total % parts)
}
