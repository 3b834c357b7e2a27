//! CPU time of a thread, and how long it waited for a CPU.

use crate::clock::thread_cpu_ns;

/// The figures of one thread since its start or between two moments, or the sum over threads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ThreadCpu {
    pub cpu_ns: u64,
    /// How long it was runnable while another thread ran. None if the kernel keeps no schedstat.
    pub run_queue_wait_ns: Option<u64>,
}

impl ThreadCpu {
    /// The figures of the calling thread, from its start until now.
    pub fn of_thread() -> Self {
        let schedstat = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
        let run_queue_wait_ns = schedstat.as_deref().and_then(run_queue_wait_ns);
        Self { cpu_ns: thread_cpu_ns(), run_queue_wait_ns }
    }

    /// The figures between an earlier moment and this one.
    #[must_use]
    pub fn since(self, earlier: Self) -> Self {
        Self {
            cpu_ns: self.cpu_ns.saturating_sub(earlier.cpu_ns),
            run_queue_wait_ns: self
                .run_queue_wait_ns
                .zip(earlier.run_queue_wait_ns)
                .map(|(now, then)| now.saturating_sub(then)),
        }
    }

    /// The sum of two threads.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            cpu_ns: self.cpu_ns + other.cpu_ns,
            run_queue_wait_ns: self
                .run_queue_wait_ns
                .zip(other.run_queue_wait_ns)
                .map(|(one, another)| one + another),
        }
    }
}

/// Parses `/proc/PID/task/TID/schedstat`: time on the CPU, time in the run queue, timeslices.
fn run_queue_wait_ns(schedstat: &str) -> Option<u64> {
    schedstat.split_ascii_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

    #[test]
    fn the_wait_is_the_second_figure() {
        assert_eq!(run_queue_wait_ns("157 2042 12\n"), Some(2042));
        assert_eq!(run_queue_wait_ns(""), None);
    }

    #[test]
    fn what_one_thread_does_not_know_the_sum_does_not_know() {
        let known = ThreadCpu { cpu_ns: 5, run_queue_wait_ns: Some(7) };
        let unknown = ThreadCpu { cpu_ns: 1, run_queue_wait_ns: None };
        assert_eq!(known.plus(known), ThreadCpu { cpu_ns: 10, run_queue_wait_ns: Some(14) });
        assert_eq!(known.plus(unknown), ThreadCpu { cpu_ns: 6, run_queue_wait_ns: None });
    }

    #[test]
    fn a_thread_that_shares_its_cpu_waits() {
        if ThreadCpu::of_thread().run_queue_wait_ns.is_none() {
            println!("skipped: the kernel keeps no schedstat");
            return;
        }
        let over = AtomicBool::new(false);
        let allowed = rustix::thread::sched_getaffinity(None).unwrap();
        let cpu = (0..1024).find(|&cpu| allowed.is_set(cpu)).unwrap();
        let pin = || {
            let mut set = rustix::thread::CpuSet::new();
            set.set(cpu);
            rustix::thread::sched_setaffinity(None, &set).unwrap();
        };
        let used = std::thread::scope(|scope| {
            scope.spawn(|| {
                pin();
                while !over.load(Relaxed) {
                    std::hint::spin_loop();
                }
            });
            let waiting = scope.spawn(|| {
                pin();
                let start = ThreadCpu::of_thread();
                while ThreadCpu::of_thread().since(start).run_queue_wait_ns < Some(10_000_000) {}
                over.store(true, Relaxed);
                ThreadCpu::of_thread().since(start)
            });
            waiting.join().unwrap()
        });
        assert!(used.run_queue_wait_ns >= Some(10_000_000), "{used:?}");
    }
}
