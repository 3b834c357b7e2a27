//! How requests end: the outcomes, their names, and counts by outcome.

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Ok,
    WrongStatus,
    WrongBody,
    /// The response carries the token of another request.
    WrongOrder,
    ConnectFailed,
    Reset,
    ClosedEarly,
    Malformed,
    Timeout,
    /// Had no response when the drive ended.
    Censored,
}

/// The number of outcomes.
pub const OUTCOMES: usize = 10;

/// The name of each outcome in all outputs.
pub const NAMES: [(&str, Outcome); OUTCOMES] = [
    ("ok", Outcome::Ok),
    ("wrong_status", Outcome::WrongStatus),
    ("wrong_body", Outcome::WrongBody),
    ("wrong_order", Outcome::WrongOrder),
    ("connect_failed", Outcome::ConnectFailed),
    ("reset", Outcome::Reset),
    ("closed_early", Outcome::ClosedEarly),
    ("malformed", Outcome::Malformed),
    ("timeout", Outcome::Timeout),
    ("censored", Outcome::Censored),
];

/// Numbers of requests: how many became due, and how they ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutcomeCounts {
    /// Counted when a request becomes due, not when it ends.
    pub arrivals: u64,
    ended: [u64; OUTCOMES],
}

impl OutcomeCounts {
    /// How many requests ended with this outcome.
    pub fn of(&self, outcome: Outcome) -> u64 {
        self.ended[outcome as usize]
    }

    /// Counts a request that ended with this outcome.
    pub fn count(&mut self, outcome: Outcome) {
        self.ended[outcome as usize] += 1;
    }

    /// Requests that ended with another outcome than `Ok`.
    pub fn failed(&self) -> u64 {
        self.ended.iter().sum::<u64>() - self.of(Outcome::Ok)
    }

    /// Requests that got a whole response, a wrong one included.
    pub fn responses(&self) -> u64 {
        [Outcome::Ok, Outcome::WrongStatus, Outcome::WrongBody, Outcome::WrongOrder]
            .map(|outcome| self.of(outcome))
            .iter()
            .sum()
    }

    /// Adds the counts of another thread.
    pub fn merge(&mut self, other: &Self) {
        self.arrivals += other.arrivals;
        for (sum, count) in self.ended.iter_mut().zip(other.ended) {
            *sum += count;
        }
    }

    /// Has every request that became due ended?
    pub fn adds_up(&self) -> bool {
        self.arrivals == self.ended.iter().sum::<u64>()
    }
}

/// One request that has ended. Times are readings of the monotonic clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The index among the target's requests.
    pub request: usize,
    pub outcome: Outcome,
    /// When it was to be sent.
    pub due_ns: u64,
    /// When it was sent; None if there was no connection.
    pub sent_ns: Option<u64>,
    pub ended_ns: u64,
}
