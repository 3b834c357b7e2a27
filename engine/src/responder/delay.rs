//! How long responses are delayed: distributions and regular stalls.

use rand_distr::{Distribution, Exp1, StandardNormal, StandardUniform};
use rand_xoshiro::Xoshiro256PlusPlus;

/// The distribution of the time from the receipt of a complete request to its response.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Delay {
    /// Responds at once.
    #[default]
    None,
    Constant {
        delay_ns: u64,
    },
    /// `sigma` is the standard deviation of the natural logarithm.
    LogNormal {
        median_ns: u64,
        sigma: f64,
    },
    /// One of two delays; `share_slow` (0 to 1) of the requests take the slow one.
    Bimodal {
        fast_ns: u64,
        slow_ns: u64,
        share_slow: f64,
    },
    Uniform {
        low_ns: u64,
        high_ns: u64,
    },
    Exponential {
        mean_ns: u64,
    },
}

impl Delay {
    /// What is wrong with the parameters. None if they are valid.
    pub(super) fn problem(&self) -> Option<String> {
        match *self {
            Self::LogNormal { sigma, .. } if !(sigma.is_finite() && sigma >= 0.0) => {
                Some(format!("sigma {sigma}: allowed are finite numbers from 0"))
            }
            Self::Bimodal { share_slow, .. } if !(0.0..=1.0).contains(&share_slow) => {
                Some(format!("share_slow {share_slow}: allowed is 0 to 1"))
            }
            Self::Uniform { low_ns, high_ns } if low_ns > high_ns => {
                Some(format!("low_ns {low_ns} exceeds high_ns {high_ns}"))
            }
            _ => None,
        }
    }

    pub(super) fn draw_ns(&self, random: &mut Xoshiro256PlusPlus) -> u64 {
        match *self {
            Self::None => 0,
            Self::Constant { delay_ns } => delay_ns,
            Self::LogNormal { median_ns, sigma } => {
                let deviations: f64 = StandardNormal.sample(random);
                nanoseconds(median_ns as f64 * (sigma * deviations).exp())
            }
            Self::Bimodal { fast_ns, slow_ns, share_slow } => {
                if draw_share(random) < share_slow {
                    slow_ns
                } else {
                    fast_ns
                }
            }
            Self::Uniform { low_ns, high_ns } => {
                low_ns + nanoseconds((high_ns - low_ns) as f64 * draw_share(random))
            }
            Self::Exponential { mean_ns } => {
                let means: f64 = Exp1.sample(random);
                nanoseconds(mean_ns as f64 * means)
            }
        }
    }
}

/// A regular interval in which requests are read but no response is sent.
///
/// The first stall starts `every_ns` after the start of the responder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stall {
    /// From the start of one stall to the start of the next.
    pub every_ns: u64,
    pub length_ns: u64,
}

impl Stall {
    /// What is wrong with the parameters. None if they are valid.
    pub(super) fn problem(&self) -> Option<String> {
        let Self { every_ns, length_ns } = *self;
        (length_ns >= every_ns)
            .then(|| format!("a stall of {length_ns} ns leaves nothing of every {every_ns} ns"))
    }

    /// The end of the current stall. Both times count from the start of the responder. None if
    /// there is no stall at that time.
    pub(super) fn end_ns(&self, since_start_ns: u64) -> Option<u64> {
        let in_period_ns = since_start_ns % self.every_ns;
        let is_stalled = since_start_ns >= self.every_ns && in_period_ns < self.length_ns;
        is_stalled.then(|| since_start_ns - in_period_ns + self.length_ns)
    }
}

/// Draws from the uniform distribution from 0 to 1, 1 excluded.
pub(super) fn draw_share(random: &mut Xoshiro256PlusPlus) -> f64 {
    StandardUniform.sample(random)
}

// The cast saturates, and a drawn value is never negative.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn nanoseconds(drawn: f64) -> u64 {
    drawn.round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand_xoshiro::rand_core::SeedableRng;

    const MS: u64 = 1_000_000;

    fn drawn(delay: Delay, seed: u64) -> Vec<u64> {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut delays: Vec<u64> = (0..20_000).map(|_| delay.draw_ns(&mut random)).collect();
        delays.sort_unstable();
        delays
    }

    fn assert_quantile(delay: Delay, q: f64, expected_ns: f64) {
        let delays = drawn(delay, 7);
        let index = nanoseconds(q * delays.len() as f64);
        let found_ns = delays[usize::try_from(index).unwrap()] as f64;
        assert!((found_ns / expected_ns - 1.0).abs() < 0.05, "{delay:?}: {found_ns}");
    }

    #[test]
    fn what_is_drawn_has_the_quantiles_of_the_distribution() {
        let log_normal = Delay::LogNormal { median_ns: 5 * MS, sigma: 0.5 };
        assert_quantile(log_normal, 0.5, 5e6);
        assert_quantile(log_normal, 0.99, 5e6 * (0.5_f64 * 2.3263).exp());
        let exponential = Delay::Exponential { mean_ns: MS };
        assert_quantile(exponential, 0.5, 1e6 * std::f64::consts::LN_2);
        assert_quantile(exponential, 0.99, 1e6 * 100_f64.ln());
        let uniform = Delay::Uniform { low_ns: MS, high_ns: 3 * MS };
        assert_quantile(uniform, 0.25, 1.5e6);
        assert_quantile(uniform, 0.999, 3e6);
        let bimodal = Delay::Bimodal { fast_ns: MS, slow_ns: 100 * MS, share_slow: 0.1 };
        assert_quantile(bimodal, 0.88, 1e6);
        assert_quantile(bimodal, 0.92, 1e8);
        assert_quantile(Delay::Constant { delay_ns: MS }, 0.0, 1e6);
    }

    #[test]
    fn the_same_seed_draws_the_same_delays() {
        let delay = Delay::Exponential { mean_ns: MS };
        assert_eq!(drawn(delay, 1), drawn(delay, 1));
        assert_ne!(drawn(delay, 1), drawn(delay, 2));
    }

    proptest! {
        #[test]
        fn a_stall_ends_within_its_length(at_ns in 0..10_000_u64) {
            let stall = Stall { every_ns: 1_000, length_ns: 100 };
            let expected = at_ns >= 1_000 && at_ns % 1_000 < 100;
            prop_assert_eq!(stall.end_ns(at_ns).is_some(), expected);
            if let Some(end_ns) = stall.end_ns(at_ns) {
                prop_assert!(end_ns > at_ns && end_ns - at_ns <= 100);
                prop_assert_eq!(stall.end_ns(end_ns), None);
            }
        }
    }
}
