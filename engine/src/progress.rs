//! The live state of a drive that all threads share: cancellation, request budget and counters.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

/// A live counter that one thread writes and others read.
#[derive(Debug, Default)]
pub struct Gauge(AtomicU64);

impl Gauge {
    pub fn add(&self, amount: u64) {
        // With one writer a plain load and store is enough. It is cheaper than an atomic addition.
        self.0.store(self.get() + amount, Relaxed);
    }

    /// Adds or subtracts, down to 0.
    pub fn change(&self, amount: i64) {
        self.0.store(self.get().saturating_add_signed(amount), Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }

    fn reset(&self) {
        self.0.store(0, Relaxed);
    }
}

/// Live counters of one thread.
#[derive(Debug, Default)]
pub struct Gauges {
    pub completions: Gauge,
    pub failures: Gauge,
    pub bytes_received: Gauge,
    /// Open connections to all targets.
    pub connections: Gauge,
}

/// A snapshot of a drive: sums over all threads, lead-in included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    pub completions: u64,
    pub failures: u64,
    pub bytes_received: u64,
    /// Open at this moment.
    pub connections: u64,
}

/// Written by the threads of a session, read by the thread that waits for the drive.
#[derive(Debug)]
pub struct LiveProgress {
    cancelled: AtomicBool,
    requests_left: AtomicU64,
    gauges: Vec<Gauges>,
}

impl LiveProgress {
    pub fn new(threads: usize) -> Self {
        Self {
            cancelled: AtomicBool::new(false),
            requests_left: AtomicU64::new(0),
            gauges: (0..threads).map(|_| Gauges::default()).collect(),
        }
    }

    /// Prepares for a drive; `max_requests` is its budget.
    pub fn reset(&self, max_requests: Option<u64>) {
        self.cancelled.store(false, Relaxed);
        self.requests_left.store(max_requests.unwrap_or(u64::MAX), Relaxed);
        for gauges in &self.gauges {
            gauges.completions.reset();
            gauges.failures.reset();
            gauges.bytes_received.reset();
        }
    }

    /// Asks all threads to end the drive. They notice within 50 ms.
    pub fn cancel(&self) {
        self.cancelled.store(true, Relaxed);
    }

    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Relaxed)
    }

    /// Takes one request from the budget. Returns false once the budget is used up.
    pub fn take_request(&self) -> bool {
        let left = self.requests_left.load(Relaxed);
        if left == u64::MAX {
            return true;
        }
        self.requests_left.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok()
    }

    /// The counters of one thread.
    pub fn gauges(&self, thread: usize) -> &Gauges {
        &self.gauges[thread]
    }

    /// The sums over all threads at this moment.
    pub fn snapshot(&self) -> Progress {
        let sum = |field: fn(&Gauges) -> &Gauge| {
            self.gauges.iter().map(|gauges| field(gauges).get()).sum()
        };
        Progress {
            completions: sum(|gauges| &gauges.completions),
            failures: sum(|gauges| &gauges.failures),
            bytes_received: sum(|gauges| &gauges.bytes_received),
            connections: sum(|gauges| &gauges.connections),
        }
    }
}
