//! Virtual users: each sends the target's requests in order, with a think time after each.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rand_distr::{Distribution, Exp1, StandardUniform};
use rand_xoshiro::rand_core::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::cookies::Jar;

/// How long a virtual user waits between a response and the next request.
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
    // Truncation is intended: the clock counts whole nanoseconds.
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

/// The position of one user in the scenario.
#[derive(Clone, Copy, Debug, Default)]
struct User {
    step: usize,
    /// When the step is to be sent, or was.
    due_ns: u64,
    is_thinking: bool,
    iteration_started_ns: u64,
}

impl User {
    /// The start of an iteration.
    fn at(due_ns: u64) -> Self {
        Self { due_ns, iteration_started_ns: due_ns, ..Self::default() }
    }
}

/// All users of a thread. A user is a slot, counted from the first slot of the target.
#[derive(Debug)]
pub struct Users {
    think: Vec<ThinkTime>,
    states: Vec<User>,
    random: Xoshiro256PlusPlus,
    jars: Vec<Jar>,
    /// The users that are thinking, by the end of their think time.
    thinking: BinaryHeap<Reverse<(u64, usize)>>,
}

impl Users {
    /// `think` has one think time for each step. All users start at the first step.
    pub fn new(think: Vec<ThinkTime>, users: usize, seed: u64, thread: usize, now_ns: u64) -> Self {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
        (0..thread).for_each(|_| random.jump());
        Self {
            think,
            states: vec![User::at(now_ns); users],
            random,
            jars: vec![Jar::default(); users],
            thinking: BinaryHeap::new(),
        }
    }

    /// The cookies of a user. They last for all iterations.
    pub fn jar(&self, user: usize) -> &Jar {
        &self.jars[user]
    }

    pub fn jar_mut(&mut self, user: usize) -> &mut Jar {
        &mut self.jars[user]
    }

    /// The step that a user sends next and its due time. None while the user is thinking.
    pub fn next_step(&self, user: usize) -> Option<(usize, u64)> {
        let User { step, due_ns, is_thinking, .. } = self.states[user];
        (!is_thinking).then_some((step, due_ns))
    }

    /// A user's step has ended, whatever its outcome: the user thinks, then takes the next step.
    ///
    /// Returns the duration of the iteration if this was its last step.
    pub fn step_ended(&mut self, index: usize, now_ns: u64) -> Option<u64> {
        let user = &mut self.states[index];
        let due_ns = now_ns + self.think[user.step].draw_ns(&mut self.random);
        let mut iteration_ns = None;
        user.step += 1;
        user.due_ns = due_ns;
        if user.step == self.think.len() {
            // The think time after the last step lies between iterations.
            iteration_ns = Some(now_ns.saturating_sub(user.iteration_started_ns));
            *user = User::at(due_ns);
        }
        if due_ns > now_ns {
            user.is_thinking = true;
            self.thinking.push(Reverse((due_ns, index)));
        }
        iteration_ns
    }

    /// When the next think time ends. None while no user is thinking.
    pub fn next_ns(&self) -> Option<u64> {
        self.thinking.peek().map(|Reverse((due_ns, _))| *due_ns)
    }

    /// Resumes one user whose think time has ended. None if there is no such user.
    pub fn wake(&mut self, now_ns: u64) -> Option<usize> {
        if self.next_ns()? > now_ns {
            return None;
        }
        let Reverse((_, user)) = self.thinking.pop()?;
        self.states[user].is_thinking = false;
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
