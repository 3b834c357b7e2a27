//! Control of a responder's threads from outside (drain, end, pause), and their published counts.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicU64, AtomicU8, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::event::{eventfd, EventfdFlags};

use super::counts::Counts;
use crate::clock::now_ns;

const RUN: u8 = 0;
const DRAIN: u8 = 1;
const END: u8 = 2;

/// Shared by all threads of a responder.
pub struct Control {
    phase: AtomicU8,
    /// 0 without a pause.
    paused_until_ns: AtomicU64,
    threads: Vec<PerThread>,
}

struct PerThread {
    waker: OwnedFd,
    counts: Mutex<Counts>,
}

impl Control {
    pub fn new(threads: usize) -> io::Result<Self> {
        let per_thread = |_| {
            let waker = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
            Ok(PerThread { waker, counts: Mutex::default() })
        };
        let threads = (0..threads).map(per_thread).collect::<io::Result<_>>()?;
        Ok(Self { phase: AtomicU8::new(RUN), paused_until_ns: AtomicU64::new(0), threads })
    }

    /// Becomes readable when the thread has to check this control.
    pub fn waker(&self, thread: usize) -> &OwnedFd {
        &self.threads[thread].waker
    }

    /// Stops reading requests, and ends once those in flight have their response.
    pub fn drain(&self) {
        self.phase.fetch_max(DRAIN, Relaxed);
        self.wake_all();
    }

    /// Ends at once.
    pub fn end(&self) {
        self.phase.store(END, Relaxed);
        self.wake_all();
    }

    pub fn is_draining(&self) -> bool {
        self.phase.load(Relaxed) >= DRAIN
    }

    pub fn is_ending(&self) -> bool {
        self.phase.load(Relaxed) == END
    }

    /// Freezes all threads for `span` from now.
    pub fn pause(&self, span: Duration) {
        let span_ns = u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
        self.paused_until_ns.fetch_max(now_ns().saturating_add(span_ns), Relaxed);
        self.wake_all();
    }

    /// Blocks the calling thread until the end of the pause, if there is one.
    pub fn freeze_while_paused(&self) {
        let mut until_ns = self.paused_until_ns.load(Relaxed);
        while until_ns != 0 && !self.is_draining() {
            let left_ns = until_ns.saturating_sub(now_ns());
            if left_ns == 0 {
                // Fails if the pause was just prolonged. It is then checked again.
                let _ = self.paused_until_ns.compare_exchange(until_ns, 0, Relaxed, Relaxed);
            } else {
                thread::park_timeout(Duration::from_nanos(left_ns));
            }
            until_ns = self.paused_until_ns.load(Relaxed);
        }
    }

    /// Makes the counts of a thread visible to [`Control::counts`].
    pub fn publish(&self, thread: usize, counts: &Counts) {
        *lock(&self.threads[thread].counts) = *counts;
    }

    /// The sum of the published counts of all threads.
    pub fn counts(&self) -> Counts {
        let mut sum = Counts::default();
        for thread in &self.threads {
            sum.add(&lock(&thread.counts));
        }
        sum
    }

    fn wake_all(&self) {
        for thread in &self.threads {
            // Fails only if the counter is full, and then the thread is awake already.
            let _ = rustix::io::write(&thread.waker, &1_u64.to_ne_bytes());
        }
    }
}

/// Locks a mutex, also after a panic of another thread.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
