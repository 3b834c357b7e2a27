//! A session: threads that keep their connections while the load moves from target to target.

use std::io;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::clock::now_ns;
use crate::load::{Drive, Load, Target};
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
    pub fn open(targets: &[Target], load: &Load) -> Result<Self, SessionError> {
        if targets.is_empty() || load.connections == 0 || load.threads == 0 {
            return Err(SessionError::Misuse("a session needs targets, connections and threads"));
        }
        let threads = load.threads.min(load.connections);
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
            let worker = Worker::new(
                thread,
                targets.to_vec(),
                share(load.connections, threads, thread),
                load.timeout_ns,
                Arc::clone(&shared),
            )?;
            let (orders, received) = mpsc::channel();
            let outcome_sender = outcome_sender.clone();
            let cpu = load.cpus.get(thread % load.cpus.len().max(1)).copied();
            session.orders.push(orders);
            session.threads.push(
                std::thread::Builder::new()
                    .name(format!("timetrial-{thread}"))
                    .spawn(move || obey(worker, cpu, &received, &outcome_sender))?,
            );
        }
        Ok(session)
    }

    /// Begins a drive; [`Session::wait`] gives its result.
    pub fn start(&mut self, drive: Drive) -> Result<(), SessionError> {
        if drive.target >= self.targets {
            return Err(SessionError::Misuse("no such target"));
        }
        if self.outstanding > 0 {
            return Err(SessionError::Misuse("the last drive has not ended yet"));
        }
        self.shared.reset(drive.max_requests);
        self.merged = None;
        let started_ns = now_ns();
        for orders in &self.orders {
            orders.send((drive, started_ns)).map_err(|_| SessionError::ThreadDied)?;
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
    mut worker: Worker,
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

fn pin(cpu: usize) -> io::Result<()> {
    let mut set = rustix::thread::CpuSet::new();
    set.set(cpu);
    rustix::thread::sched_setaffinity(None, &set)
        .map_err(|error| io::Error::new(error.kind(), format!("cannot pin to CPU {cpu}: {error}")))
}

/// The part of `total` that falls to one of `parts`; the first ones get what is left over.
fn share(total: usize, parts: usize, part: usize) -> usize {
    total / parts + usize::from(part < total % parts)
}
