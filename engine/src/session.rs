//! A session: threads that keep their connections open while the load moves between targets.

use std::io;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{getrlimit, Resource};

use crate::affinity;
use crate::clock::now_ns;
use crate::generator::Shape;
use crate::load::{Drive, Setting, Target};
use crate::progress::{LiveProgress, Progress};
use crate::reactor::backend::{available, Backend};
use crate::reactor::epoll::Epoll;
use crate::reactor::uring::Uring;
use crate::reactor::Reactor;
use crate::request::{is_mixed, Request};
use crate::tally::{AccountingError, Tally};
use crate::worker::Worker;

/// Why a session cannot continue.
#[derive(Debug)]
pub enum SessionError {
    /// A thread could not be started or pinned, or could not wait for its sockets.
    Io(io::Error),
    /// The counts of a drive do not add up: a bug.
    Accounting(AccountingError),
    /// An invalid setting, an unknown target, or a call that the state of the session forbids.
    Misuse(&'static str),
    /// Each connection is an open file, and the process may open no more than `allowed`.
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
            Self::Accounting(AccountingError(what)) => {
                write!(out, "the accounting does not add up: {what}")
            }
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

type DriveResult = Result<Tally, io::Error>;

/// A drive, and its start, which is the same for all threads.
type Order = (Drive, u64);

/// Connections to all targets, one of which is under load at a time.
pub struct Session {
    targets: usize,
    progress: Arc<LiveProgress>,
    orders: Vec<Sender<Order>>,
    results: Receiver<DriveResult>,
    threads: Vec<JoinHandle<()>>,
    /// Threads that have not delivered their tally of the current drive.
    outstanding: usize,
    merged: Option<Tally>,
}

impl Session {
    /// Starts the threads. The first drive of a target opens its connections.
    pub fn open(targets: &[Target], setting: &Setting) -> Result<Self, SessionError> {
        if targets.is_empty() || targets.iter().any(|target| target.requests.is_empty()) {
            return Err(SessionError::Misuse("a session needs targets with requests"));
        }
        let pairs = targets.iter().any(|target| is_mixed(&target.requests));
        if pairs && (setting.pipeline > 1 || setting.fresh_connections) {
            return Err(SessionError::Misuse(
                "requests and messages of one target come one at a time, on connections that last",
            ));
        }
        let broadcasts = |target: &Target| target.requests.iter().any(Request::is_broadcast);
        if pairs && targets.iter().any(broadcasts) {
            return Err(SessionError::Misuse("a target of a broadcast has messages alone"));
        }
        let has_versions = |target: &Target| {
            let first = target.requests[0].template().is_some();
            target.requests.iter().any(|request| request.template().is_some() != first)
        };
        if targets.iter().any(has_versions) {
            return Err(SessionError::Misuse("a target has requests of one version of HTTP"));
        }
        check_streams(targets, setting)?;
        check_uploads(targets, setting)?;
        if setting.connections == 0 || setting.threads == 0 || setting.pipeline == 0 {
            return Err(SessionError::Misuse(
                "a session needs a connection, a thread and a pipeline of 1 at least",
            ));
        }
        if setting.threads > 1 && targets.iter().any(|target| target.requests[0].is_broadcast()) {
            return Err(SessionError::Misuse("a broadcast takes one thread"));
        }
        if setting.timeout_ns == 0 {
            return Err(SessionError::Misuse("a timeout of 0 leaves no time for any response"));
        }
        // Each connection of HTTP has a WebSocket beside it.
        let sockets = if pairs { 2 } else { 1 };
        check_file_limit(setting.connections * sockets * targets.len())?;
        let backend = available(setting.backend).map_err(io::Error::other)?;
        let threads = setting.threads.min(setting.connections);
        let progress = Arc::new(LiveProgress::new(threads));
        let (result_sender, results) = mpsc::channel();
        let mut session = Self {
            targets: targets.len(),
            progress: Arc::clone(&progress),
            orders: vec![],
            results,
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
                slots_per_target: share(setting.connections, threads, thread) * sockets,
                timeout_ns: setting.timeout_ns,
                pipeline: setting.pipeline,
                fresh_connections: setting.fresh_connections,
            };
            let cpu = setting.cpus.get(thread % setting.cpus.len().max(1)).copied();
            let slots = targets.len() * shape.slots_per_target;
            let (targets, progress, spin) = (targets.to_vec(), Arc::clone(&progress), setting.spin);
            let results = result_sender.clone();
            if backend == Backend::Epoll {
                let reactor = Epoll::new(slots)?;
                let worker = Worker::new(reactor, targets, shape, progress, spin);
                session.spawn(thread, worker, cpu, results)?;
            } else {
                let reactor = Uring::new(slots)?;
                let worker = Worker::new(reactor, targets, shape, progress, spin);
                session.spawn(thread, worker, cpu, results)?;
            }
        }
        Ok(session)
    }

    fn spawn(
        &mut self,
        thread: usize,
        worker: Worker<impl Reactor + Send + 'static>,
        cpu: Option<usize>,
        results: Sender<DriveResult>,
    ) -> io::Result<()> {
        let (orders, received) = mpsc::channel();
        self.orders.push(orders);
        self.threads.push(
            std::thread::Builder::new()
                .name(format!("timetrial-{thread}"))
                .spawn(move || run_thread(worker, cpu, &received, &results))?,
        );
        Ok(())
    }

    /// Starts a drive; [`Session::wait`] returns its result.
    pub fn start(&mut self, drive: &Drive) -> Result<(), SessionError> {
        self.start_at(drive, now_ns())
    }

    /// Starts a drive whose lead-in counts from `started_ns`, a moment just before this call.
    pub(crate) fn start_at(&mut self, drive: &Drive, started_ns: u64) -> Result<(), SessionError> {
        if drive.target >= self.targets {
            return Err(SessionError::Misuse("no such target"));
        }
        if self.outstanding > 0 {
            return Err(SessionError::Misuse("the last drive has not ended yet"));
        }
        self.progress.reset(drive.max_requests);
        self.merged = None;
        for orders in &self.orders {
            orders.send((drive.clone(), started_ns)).map_err(|_| SessionError::ThreadDied)?;
        }
        self.outstanding = self.orders.len();
        Ok(())
    }

    /// Waits for the drive to end. Returns None if it has not ended after `at_most`.
    pub fn wait(&mut self, at_most: Duration) -> Result<Option<Tally>, SessionError> {
        if self.outstanding == 0 {
            return Err(SessionError::Misuse("no load run is in progress"));
        }
        let until = Instant::now() + at_most;
        while self.outstanding > 0 {
            let result = match self.results.recv_timeout(until - Instant::now().min(until)) {
                Ok(result) => result,
                Err(RecvTimeoutError::Timeout) => return Ok(None),
                Err(RecvTimeoutError::Disconnected) => return Err(SessionError::ThreadDied),
            };
            self.outstanding -= 1;
            let tally = result?;
            match &mut self.merged {
                Some(merged) => merged.merge(&tally),
                None => self.merged = Some(tally),
            }
        }
        let tally = self.merged.take().ok_or(SessionError::ThreadDied)?;
        tally.check().map_err(SessionError::Accounting)?;
        Ok(Some(tally))
    }

    /// Ends the drive at once and censors requests in flight. [`Session::wait`] returns the result.
    pub fn cancel(&self) {
        self.progress.cancel();
    }

    /// The progress of the drive, from any thread.
    pub fn progress(&self) -> Progress {
        self.progress.snapshot()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.cancel();
        self.orders.clear();
        for thread in self.threads.drain(..) {
            // A thread that panicked is reported by `wait`, as a missing tally.
            let _ = thread.join();
        }
    }
}

/// Executes orders until the session ends. Each one has a result, also if the thread is not pinned.
fn run_thread(
    mut worker: Worker<impl Reactor>,
    cpu: Option<usize>,
    orders: &Receiver<Order>,
    results: &Sender<DriveResult>,
) {
    let pinned = cpu.map_or(Ok(()), pin);
    while let Ok((drive, started_ns)) = orders.recv() {
        let result = match &pinned {
            Ok(()) => worker.drive(&drive, started_ns),
            Err(error) => Err(io::Error::new(error.kind(), error.to_string())),
        };
        if results.send(result).is_err() {
            return;
        }
    }
}

fn check_streams(targets: &[Target], setting: &Setting) -> Result<(), SessionError> {
    for target in targets {
        let streams = target.requests.iter().filter(|r| r.stream().is_some()).count();
        if streams > 0 && streams < target.requests.len() {
            return Err(SessionError::Misuse("a target has streams or other requests, not both"));
        }
        if streams > 0 && setting.pipeline > 1 {
            return Err(SessionError::Misuse("a connection has one stream at a time"));
        }
    }
    Ok(())
}

fn check_uploads(targets: &[Target], setting: &Setting) -> Result<(), SessionError> {
    let mut requests = targets.iter().flat_map(|target| &*target.requests);
    let has_any = requests.clone().any(|request| request.upload().is_some());
    if has_any && setting.pipeline > 1 {
        return Err(SessionError::Misuse("a connection has one upload at a time"));
    }
    if requests.any(|request| request.upload().is_some() && request.stream().is_some()) {
        return Err(SessionError::Misuse("a request has an upload or a stream, not both"));
    }
    Ok(())
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
    rustix::thread::sched_setaffinity(None, &affinity::only(cpu)?)
        .map_err(|error| io::Error::new(error.kind(), format!("cannot pin to CPU {cpu}: {error}")))
}

/// The share of `total` that one of `parts` gets. The first parts get the remainder.
fn share(total: usize, parts: usize, part: usize) -> usize {
    total / parts + usize::from(part < total % parts)
}
