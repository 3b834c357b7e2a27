//! When requests are due in the open load model: a pure, seeded schedule in constant memory.

use rand_distr::{Distribution, Exp1};
use rand_xoshiro::rand_core::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

const NS_PER_S: f64 = 1e9;

/// How arrivals are distributed over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// At equal intervals.
    Constant,
    /// A Poisson process: the intervals are independent and exponential.
    Poisson,
}

/// A span with a constant or a linearly changing arrival rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stage {
    pub duration_ns: u64,
    /// The arrival rate at the start, in requests per second.
    pub rate_from: f64,
    /// The arrival rate at the end, in requests per second.
    pub rate_to: f64,
}

impl Stage {
    fn duration_s(&self) -> f64 {
        self.duration_ns as f64 / NS_PER_S
    }

    /// The expected number of arrivals in the stage.
    fn arrivals(&self) -> f64 {
        f64::midpoint(self.rate_from, self.rate_to) * self.duration_s()
    }

    /// When `arrivals` are expected to have arrived, in seconds since the start of the stage.
    fn time_of(&self, arrivals: f64) -> f64 {
        let slope = (self.rate_to - self.rate_from) / self.duration_s();
        // The root of slope/2·t² + rate_from·t − arrivals, in a form that also holds for slope 0.
        let root = (self.rate_from * self.rate_from + 2.0 * slope * arrivals).max(0.0).sqrt();
        let denominator = self.rate_from + root;
        if denominator > 0.0 {
            2.0 * arrivals / denominator
        } else {
            0.0
        }
    }
}

/// The moments at which requests are due, in nanoseconds since the start of the drive.
///
/// Each of the `threads` has a schedule of its own, and their union is the whole. A changing
/// arrival rate is followed by inverting its integral (Çinlar, Introduction to Stochastic
/// Processes, 1975, chapter 4).
#[derive(Clone, Debug)]
pub struct Schedule {
    stages: Vec<Stage>,
    arrival: Arrival,
    random: Xoshiro256PlusPlus,
    threads: f64,
    stage: usize,
    stage_started_ns: u64,
    /// Expected arrivals of all threads from the start of the current stage to the next arrival.
    until_next: f64,
}

impl Schedule {
    pub fn new(
        stages: Vec<Stage>,
        arrival: Arrival,
        seed: u64,
        thread: usize,
        threads: usize,
    ) -> Self {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
        // The streams of one seed do not overlap for 2¹²⁸ draws.
        (0..thread).for_each(|_| random.jump());
        let until_next = match arrival {
            Arrival::Constant => thread as f64,
            Arrival::Poisson => exponential(&mut random) * threads as f64,
        };
        Self {
            stages,
            arrival,
            random,
            threads: threads as f64,
            stage: 0,
            stage_started_ns: 0,
            until_next,
        }
    }

    /// When the next request is due. None after the last one.
    pub fn peek(&mut self) -> Option<u64> {
        loop {
            let stage = self.stages.get(self.stage)?;
            let arrivals = stage.arrivals();
            if self.until_next < arrivals {
                let after_s = stage.time_of(self.until_next);
                // Truncation is intended: the clock counts whole nanoseconds.
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                return Some(self.stage_started_ns + (after_s * NS_PER_S) as u64);
            }
            self.until_next -= arrivals;
            self.stage_started_ns += stage.duration_ns;
            self.stage += 1;
        }
    }

    /// Moves on to the next request.
    pub fn advance(&mut self) {
        self.until_next += match self.arrival {
            Arrival::Constant => self.threads,
            Arrival::Poisson => exponential(&mut self.random) * self.threads,
        };
    }
}

impl Iterator for Schedule {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        let due_ns = self.peek()?;
        self.advance();
        Some(due_ns)
    }
}

/// A draw from the exponential distribution with mean 1.
fn exponential(random: &mut Xoshiro256PlusPlus) -> f64 {
    Exp1.sample(random)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const S: u64 = 1_000_000_000;

    fn steady(rate: f64, duration_ns: u64) -> Vec<Stage> {
        vec![Stage { duration_ns, rate_from: rate, rate_to: rate }]
    }

    #[test]
    fn constant_arrivals_are_evenly_spaced_from_the_begin() {
        let due: Vec<u64> =
            Schedule::new(steady(1_000.0, S / 100), Arrival::Constant, 1, 0, 1).collect();
        assert_eq!(due, (0..10).map(|i| i * 1_000_000).collect::<Vec<_>>());
    }

    #[test]
    fn the_threads_together_keep_the_schedule_of_one() {
        let stages = steady(1_000.0, S / 100);
        let mut due: Vec<u64> = (0..3)
            .flat_map(|thread| Schedule::new(stages.clone(), Arrival::Constant, 1, thread, 3))
            .collect();
        due.sort_unstable();
        let alone: Vec<u64> = Schedule::new(stages, Arrival::Constant, 1, 0, 1).collect();
        assert_eq!(due, alone);
    }

    #[test]
    fn a_ramp_brings_its_average_rate_and_most_of_it_late() {
        let ramp = vec![Stage { duration_ns: 2 * S, rate_from: 0.0, rate_to: 1_000.0 }];
        let due: Vec<u64> = Schedule::new(ramp, Arrival::Constant, 1, 0, 1).collect();
        assert_eq!(due.len(), 1_000);
        assert_eq!(due.iter().filter(|&&due_ns| due_ns < S).count(), 250);
    }

    #[test]
    fn poisson_arrivals_pass_a_kolmogorov_smirnov_test_against_the_exponential() {
        for (seed, threads) in [(1, 1), (2, 1), (3, 2), (4, 4)] {
            let mut due: Vec<u64> = (0..threads)
                .flat_map(|thread| {
                    Schedule::new(steady(1_000.0, 20 * S), Arrival::Poisson, seed, thread, threads)
                })
                .collect();
            due.sort_unstable();
            let mut gaps: Vec<f64> =
                due.windows(2).map(|pair| (pair[1] - pair[0]) as f64 / 1e6).collect();
            gaps.sort_unstable_by(f64::total_cmp);
            let count = gaps.len() as f64;
            let distance = gaps
                .iter()
                .enumerate()
                .map(|(index, gap)| {
                    let expected = 1.0 - (-gap).exp();
                    let (below, above) = (index as f64 / count, (index + 1) as f64 / count);
                    (expected - below).abs().max((expected - above).abs())
                })
                .fold(0.0, f64::max);
            // The critical value at a level of 0.001.
            assert!(distance < 1.95 / count.sqrt(), "{distance} with {threads} threads");
        }
    }

    #[test]
    fn the_first_of_one_in_four_threads_comes_after_four_mean_gaps_on_average() {
        let first_ns = |seed| {
            let stages = steady(1_000.0, 60 * S);
            Schedule::new(stages, Arrival::Poisson, seed, 0, 4).peek().unwrap() as f64
        };
        let mean_ns = (0..1_000).map(first_ns).sum::<f64>() / 1_000.0;
        // Three standard errors of an exponential's mean.
        assert!((mean_ns / 4e6 - 1.0).abs() < 3.0 / 1_000_f64.sqrt(), "{mean_ns} ns");
    }

    proptest! {
        #[test]
        fn moments_never_go_back_and_lie_inside_the_stages(
            stages in prop::collection::vec((1..S, 0.0..5_000.0, 0.0..5_000.0), 1..4),
            seed in any::<u64>(),
            poisson in any::<bool>(),
        ) {
            let stages: Vec<Stage> = stages
                .into_iter()
                .map(|(duration_ns, rate_from, rate_to)| Stage { duration_ns, rate_from, rate_to })
                .collect();
            let end: u64 = stages.iter().map(|stage| stage.duration_ns).sum();
            let arrival = if poisson { Arrival::Poisson } else { Arrival::Constant };
            let due: Vec<u64> = Schedule::new(stages, arrival, seed, 0, 1).collect();
            prop_assert!(due.windows(2).all(|pair| pair[0] <= pair[1]));
            prop_assert!(due.last().is_none_or(|&last| last <= end));
        }

        #[test]
        fn the_same_seed_gives_the_same_moments(seed in any::<u64>()) {
            let draw = || -> Vec<u64> {
                Schedule::new(steady(500.0, S), Arrival::Poisson, seed, 0, 1).collect()
            };
            prop_assert_eq!(draw(), draw());
        }
    }
}
