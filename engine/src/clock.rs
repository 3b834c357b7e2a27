//! The clocks that the engine reads, in nanoseconds.

use rustix::time::{clock_gettime, ClockId, Timespec};

/// Now, by `CLOCK_MONOTONIC`: the same clock as Python's `time.monotonic_ns`.
#[inline]
pub fn now_ns() -> u64 {
    nanoseconds(clock_gettime(ClockId::Monotonic))
}

/// Now, by `CLOCK_REALTIME`, which jumps when the system's time is set.
pub fn real_ns() -> u64 {
    nanoseconds(clock_gettime(ClockId::Realtime))
}

/// CPU time of the calling thread since its start.
pub fn thread_cpu_ns() -> u64 {
    nanoseconds(clock_gettime(ClockId::ThreadCPUTime))
}

/// A span in the kernel's format.
pub fn timespec(span_ns: u64) -> Timespec {
    const NS_PER_S: u64 = 1_000_000_000;
    Timespec {
        tv_sec: i64::try_from(span_ns / NS_PER_S).unwrap_or(i64::MAX),
        tv_nsec: i64::try_from(span_ns % NS_PER_S).unwrap_or(0),
    }
}

fn nanoseconds(time: Timespec) -> u64 {
    u64::try_from(time.tv_sec).unwrap_or(0) * 1_000_000_000
        + u64::try_from(time.tv_nsec).unwrap_or(0)
}
