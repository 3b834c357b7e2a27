//! How much work takes about 200 µs of CPU time, and why there may be no probe. No clock of its own:
//! what work takes comes in.

use std::fmt;

/// How often the work is done.
pub const EVERY_NS: u64 = 20_000_000;
/// What it is to take.
const WANTED_NS: u64 = 200_000;
/// The most that it may take of its CPU.
pub const MOST_CPU_SHARE: f64 = 0.015;
/// The first amount that is tried; smaller ones are too coarse a measure.
const LEAST: u32 = 64;
const TRIES: usize = 15;
const ROUNDS: usize = 4;
/// A clock of steps of this length cannot time the work to a per cent.
const COARSE_NS: u64 = WANTED_NS / 100;

/// Why there is no probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    NoCpu,
    /// The kernel's clock of a thread does not go, or in steps that are too coarse.
    NoThreadClock,
    /// A thread may not be pinned.
    NoAffinity(String),
    NoThread(String),
    /// Even a small piece of work takes more than its share of a CPU.
    TooCostly,
}

impl Refusal {
    /// Its name.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NoCpu => "no-cpu",
            Self::NoThreadClock => "no-thread-clock",
            Self::NoAffinity(_) => "no-affinity",
            Self::NoThread(_) => "no-thread",
            Self::TooCostly => "too-costly",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAffinity(detail) | Self::NoThread(detail) => f.write_str(detail),
            Self::NoCpu | Self::NoThreadClock | Self::TooCostly => f.write_str(self.reason()),
        }
    }
}

/// Finds the amount. `run` does an amount of work, and returns its CPU time in ns.
pub fn calibrate(mut run: impl FnMut(u32) -> u64) -> Result<u32, Refusal> {
    let mut amount = LEAST;
    for _ in 0..ROUNDS {
        let times_ns: Vec<u64> = (0..TRIES).map(|_| run(amount)).collect();
        if is_coarse(&times_ns) {
            return Err(Refusal::NoThreadClock);
        }
        let typical_ns = median(times_ns);
        let wanted = u64::from(amount) * WANTED_NS / typical_ns;
        if wanted < u64::from(LEAST) {
            let is_too_costly = typical_ns as f64 > MOST_CPU_SHARE * EVERY_NS as f64;
            return if is_too_costly { Err(Refusal::TooCostly) } else { Ok(LEAST) };
        }
        amount = u32::try_from(wanted).unwrap_or(u32::MAX);
    }
    Ok(amount)
}

/// Does the clock stand still, or go in long steps? A clock of steps says the same, or nothing, of
/// one piece of work and of the next; a fine one tells them apart.
fn is_coarse(times_ns: &[u64]) -> bool {
    let stand = times_ns.iter().filter(|&&time_ns| time_ns == 0).count();
    let in_steps = times_ns.iter().all(|time_ns| time_ns % COARSE_NS == 0);
    2 * stand > times_ns.len() || in_steps
}

fn median(mut times_ns: Vec<u64>) -> u64 {
    times_ns.sort_unstable();
    times_ns[times_ns.len() / 2].max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Work of so many ns a step, on a clock that goes in steps of `tick_ns`.
    fn machine(step_ns: u64, tick_ns: u64) -> impl FnMut(u32) -> u64 {
        let mut now_ns = 7;
        move |amount| {
            let before_ns = now_ns / tick_ns * tick_ns;
            now_ns += u64::from(amount) * step_ns + 3;
            now_ns / tick_ns * tick_ns - before_ns
        }
    }

    #[test]
    fn the_work_takes_200_microseconds_on_fast_and_slow_cpus() {
        for step_ns in [5, 50, 500, 2_000] {
            let amount = calibrate(machine(step_ns, 1)).unwrap();
            let took_ns = u64::from(amount) * step_ns;
            assert!(took_ns.abs_diff(200_000) < 5_000, "{step_ns}: {took_ns}");
        }
    }

    #[test]
    fn a_disturbed_try_does_not_count() {
        let (mut tries, mut quiet) = (0, machine(50, 1));
        let amount = calibrate(|amount| {
            tries += 1;
            quiet(amount) + if tries % 5 == 0 { 9_000_000 } else { 0 }
        });
        assert!(amount.unwrap().abs_diff(4_000) < 100);
    }

    #[test]
    fn a_clock_that_stands_or_goes_in_ticks_is_none() {
        assert_eq!(calibrate(|_| 0), Err(Refusal::NoThreadClock));
        for tick_ns in [10_000_000, 1_000_000, 4_000] {
            assert_eq!(calibrate(machine(50, tick_ns)), Err(Refusal::NoThreadClock), "{tick_ns}");
        }
    }

    #[test]
    fn work_beyond_its_share_is_too_costly() {
        assert_eq!(calibrate(machine(10_000, 1)), Err(Refusal::TooCostly));
        assert_eq!(calibrate(machine(4_000, 1)), Ok(LEAST));
    }
}
