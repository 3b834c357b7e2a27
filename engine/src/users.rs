//! Virtual users: each goes through the target's requests in order, and thinks after each.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rand_distr::{Distribution, Exp1, StandardUniform};
use rand_xoshiro::rand_core::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::cookies::Jar;

/// How long a user waits after a response before the next request.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum ThinkTime {
    #[default]
    None,
    Constant {
        think_ns: u64,
    },
    Uniform {
        low_ns: u64,
        high_ns: u64,
    },
    Exponential {
        mean_ns: u64,
    },
}

impl ThinkTime {
    // Truncation is meant: the clock counts whole nanoseconds.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    fn draw_ns(self, random: &mut Xoshiro256PlusPlus) -> u64 {
        match self {
            Self::None => 0,
            Self::Constant { think_ns } => think_ns,
            Self::Uniform { low_ns, high_ns } => {
                let share: f64 = StandardUniform.sample(random);
                low_ns + (share * high_ns.saturating_sub(low_ns) as f64) as u64
            }
            Self::Exponential { mean_ns } => {
                let means: f64 = Exp1.sample(random);
                (means * mean_ns as f64) as u64
            }
        }
    }
}

/// Where one user is in the scenario.
#[derive(Clone, Copy, Debug, Default)]
struct User {
    step: usize,
    /// When the step was, or is, to be sent.
    due_ns: u64,
    is_thinking: bool,
    iteration_began_ns: u64,
}

impl User {
    /// At the begin of an iteration.
    fn at(due_ns: u64) -> Self {
        Self { due_ns, iteration_began_ns: due_ns, ..Self::default() }
    }
}

/// All users of a thread; a user is a slot, counted from the first one of the target.
#[derive(Debug)]
pub struct Users {
    think: Vec<ThinkTime>,
    places: Vec<User>,
    random: Xoshiro256PlusPlus,
    jars: Vec<Jar>,
    /// Who thinks, and until when.
    thinking: BinaryHeap<Reverse<(u64, usize)>>,
}

impl Users {
    /// One think time for each step; all users begin with the first one.
    pub fn new(think: Vec<ThinkTime>, users: usize, seed: u64, thread: usize, now_ns: u64) -> Self {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
        (0..thread).for_each(|_| random.jump());
        Self {
            think,
            places: vec![User::at(now_ns); users],
            random,
            jars: vec![Jar::default(); users],
            thinking: BinaryHeap::new(),
        }
    }

    /// The cookies of a user, kept from one iteration to the next.
    pub fn jar(&self, user: usize) -> &Jar {
        &self.jars[user]
    }

    pub fn jar_mut(&mut self, user: usize) -> &mut Jar {
        &mut self.jars[user]
    }

    /// Which request a user is to send, and when it is due; none as long as the user thinks.
    pub fn next_step(&self, user: usize) -> Option<(usize, u64)> {
        let User { step, due_ns, is_thinking, .. } = self.places[user];
        (!is_thinking).then_some((step, due_ns))
    }

    /// A user's step has ended, well or not: the user thinks, then goes on. Gives the length of
    /// the iteration that has ended with it, if one has.
    pub fn step_ended(&mut self, user: usize, now_ns: u64) -> Option<u64> {
        let place = &mut self.places[user];
        let due_ns = now_ns + self.think[place.step].draw_ns(&mut self.random);
        let mut iteration_ns = None;
        place.step += 1;
        place.due_ns = due_ns;
        if place.step == self.think.len() {
            // The think time after the last step lies between iterations.
            iteration_ns = Some(now_ns.saturating_sub(place.iteration_began_ns));
            *place = User::at(due_ns);
        }
        if due_ns > now_ns {
            place.is_thinking = true;
            self.thinking.push(Reverse((due_ns, user)));
        }
        iteration_ns
    }

    /// When the next user has done thinking.
    pub fn next_ns(&self) -> Option<u64> {
        self.thinking.peek().map(|Reverse((due_ns, _))| *due_ns)
    }

    /// A user who has done thinking by now.
    pub fn wake(&mut self, now_ns: u64) -> Option<usize> {
        if self.next_ns()? > now_ns {
            return None;
        }
        let Reverse((_, user)) = self.thinking.pop()?;
        self.places[user].is_thinking = false;
        Some(user)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_user_takes_the_steps_in_order_and_begins_anew() {
        let think = vec![ThinkTime::Constant { think_ns: 100 }, ThinkTime::None];
        let mut users = Users::new(think, 1, 1, 0, 0);
        assert_eq!(users.next_step(0), Some((0, 0)));
        assert_eq!(users.step_ended(0, 10), None);
        assert_eq!((users.next_step(0), users.wake(109)), (None, None));
        assert_eq!(users.wake(115), Some(0));
        assert_eq!(users.next_step(0), Some((1, 110)));
        assert_eq!(users.step_ended(0, 120), Some(120));
        assert_eq!(users.next_step(0), Some((0, 120)));
    }

    proptest! {
        #[test]
        fn uniform_think_times_stay_in_their_span(low in 0..1_000_u64, width in 0..1_000_u64, seed in any::<u64>()) {
            let think = ThinkTime::Uniform { low_ns: low, high_ns: low + width };
            let drawn = think.draw_ns(&mut Xoshiro256PlusPlus::seed_from_u64(seed));
            prop_assert!((low..=low + width).contains(&drawn));
        }
    }

    #[test]
    fn exponential_think_times_have_their_mean() {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(5);
        let think = ThinkTime::Exponential { mean_ns: 1_000_000 };
        let sum: u64 = (0..20_000).map(|_| think.draw_ns(&mut random)).sum();
        assert!((sum / 20_000).abs_diff(1_000_000) < 30_000);
    }
}
