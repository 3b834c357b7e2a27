//! Gaps in the engine's own clock: moments at which its thread could have run, but did not, because
//! the process was stopped or the CPU was given to others. What is late then is no fault of a
//! server. No clock of its own: moments and CPU times come in.

/// A shorter gap is not recorded: a scheduler takes as long now and then.
pub const LEAST_GAP_NS: u64 = 20_000_000;
/// How often the CPU time of the thread is read, which costs a system call.
const CPU_READ_EVERY_NS: u64 = 10_000_000;

/// The gaps of one thread in one drive; of several threads: those of the thread that had the
/// largest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClockGaps {
    pub total_ns: u64,
    pub largest_ns: u64,
    /// When the largest one began, by the monotonic clock; 0 without one.
    pub largest_at_ns: u64,
}

impl ClockGaps {
    fn add(&mut self, began_ns: u64, length_ns: u64) {
        self.total_ns += length_ns;
        if length_ns > self.largest_ns {
            self.largest_ns = length_ns;
            self.largest_at_ns = began_ns;
        }
    }

    /// Adds the gaps of another thread. A stop of the process is a gap of all threads at once, and
    /// counts once.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        if other.largest_ns > self.largest_ns {
            other
        } else {
            self
        }
    }
}

/// Compares the time that passes between two beats with the sleep that was asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Heartbeat {
    last_ns: u64,
    asked_ns: u64,
    cpu_read_at_ns: u64,
    cpu_ns: u64,
    gaps: ClockGaps,
    has_new: bool,
}

impl Heartbeat {
    /// Begins at a moment at which the thread had used `cpu_ns` of CPU time.
    pub fn start(now_ns: u64, cpu_ns: u64) -> Self {
        Self { last_ns: now_ns, cpu_read_at_ns: now_ns, cpu_ns, ..Self::default() }
    }

    /// The thread is going to sleep for so long, or until something happens.
    #[inline]
    pub fn sleeps(&mut self, span_ns: u64) {
        self.asked_ns = span_ns;
    }

    /// The thread runs. Returns the length of the gap before that, or 0. `cpu_ns` reads the CPU time
    /// of the thread.
    #[inline]
    pub fn beat(&mut self, now_ns: u64, cpu_ns: impl FnOnce() -> u64) -> u64 {
        let passed_ns = now_ns.saturating_sub(self.last_ns);
        let mut gap_ns = 0;
        if now_ns >= self.cpu_read_at_ns + CPU_READ_EVERY_NS {
            gap_ns = self.compare(now_ns, passed_ns, cpu_ns());
        }
        self.last_ns = now_ns;
        self.asked_ns = 0;
        gap_ns
    }

    #[cold]
    fn compare(&mut self, now_ns: u64, passed_ns: u64, cpu_ns: u64) -> u64 {
        let over_ns = passed_ns.saturating_sub(self.asked_ns);
        let used_ns = cpu_ns.saturating_sub(self.cpu_ns);
        // What the thread has computed is no gap: it opened thousands of connections, say.
        let idle_ns = now_ns.saturating_sub(self.cpu_read_at_ns).saturating_sub(used_ns);
        self.cpu_read_at_ns = now_ns;
        self.cpu_ns = cpu_ns;
        let gap_ns = over_ns.min(idle_ns);
        if gap_ns < LEAST_GAP_NS {
            return 0;
        }
        self.gaps.add(now_ns - gap_ns, gap_ns);
        self.has_new = true;
        gap_ns
    }

    /// Was there a gap since the last call?
    #[inline]
    pub fn take_new(&mut self) -> bool {
        std::mem::take(&mut self.has_new)
    }

    pub fn gaps(&self) -> ClockGaps {
        self.gaps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;
    const S: u64 = 1_000 * MS;

    /// A thread in virtual time, with the CPU time that it has used.
    struct Thread {
        heartbeat: Heartbeat,
        now_ns: u64,
        cpu_ns: u64,
    }

    impl Thread {
        fn new() -> Self {
            Self { heartbeat: Heartbeat::start(S, 0), now_ns: S, cpu_ns: 0 }
        }

        /// Sleeps for `asked_ns` at most, and wakes after `took_ns`, of which it worked `cpu_ns`.
        fn turn(&mut self, asked_ns: u64, took_ns: u64, cpu_ns: u64) {
            self.heartbeat.sleeps(asked_ns);
            self.now_ns += took_ns;
            self.cpu_ns += cpu_ns;
            let cpu_ns = self.cpu_ns;
            self.heartbeat.beat(self.now_ns, || cpu_ns);
        }

        fn gaps(&self) -> ClockGaps {
            self.heartbeat.gaps()
        }
    }

    #[test]
    fn sleep_that_was_asked_for_and_work_are_no_gaps() {
        let mut thread = Thread::new();
        for _ in 0..100 {
            thread.turn(50 * MS, 51 * MS, MS);
            thread.turn(50 * MS, MS / 10, MS / 10);
            thread.turn(0, 300 * MS, 295 * MS);
            thread.turn(0, 5 * MS, 0);
        }
        assert_eq!(thread.gaps(), ClockGaps::default());
        assert!(!thread.heartbeat.take_new());
    }

    #[test]
    fn a_stop_is_a_gap_of_its_length_wherever_it_falls() {
        for (asked_ns, least_ns) in [(0, 5_000 * MS), (50 * MS, 4_950 * MS)] {
            let mut thread = Thread::new();
            (0..1_000).for_each(|_| thread.turn(0, MS / 10, MS / 20));
            let stopped_at_ns = thread.now_ns;
            thread.turn(asked_ns, 5_000 * MS, MS / 10);
            assert!(thread.heartbeat.take_new() && !thread.heartbeat.take_new());
            (0..1_000).for_each(|_| thread.turn(50 * MS, MS / 10, MS / 20));
            let gaps = thread.gaps();
            assert!(gaps.largest_ns.abs_diff(least_ns) < 10 * MS, "{gaps:?}");
            assert_eq!(gaps.total_ns, gaps.largest_ns);
            assert!(gaps.largest_at_ns.abs_diff(stopped_at_ns) <= 51 * MS, "{gaps:?}");
        }
    }

    #[test]
    fn the_cpu_time_is_read_seldom() {
        let mut heartbeat = Heartbeat::start(S, 0);
        let mut reads = 0;
        for beat in 1..=100_000 {
            heartbeat.beat(S + beat * 10_000, || {
                reads += 1;
                0
            });
        }
        assert!(reads <= 100, "{reads}");
    }

    #[test]
    fn gaps_of_threads_are_those_of_the_worst() {
        let mut one = ClockGaps::default();
        one.add(5, 30);
        one.add(50, 20);
        let mut other = ClockGaps::default();
        other.add(7, 40);
        assert_eq!(one, ClockGaps { total_ns: 50, largest_ns: 30, largest_at_ns: 5 });
        assert_eq!(one.or(other), other);
        assert_eq!(other.or(one), other);
    }
}
