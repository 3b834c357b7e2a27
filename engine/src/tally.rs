//! Counting: every request that was due ends up in exactly one place.

use crate::histogram::Histogram;
use crate::series::Series;
use crate::usage::Usage;

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Ok,
    WrongStatus,
    WrongBody,
    /// The answer to another request, as its token tells.
    WrongOrder,
    ConnectFailed,
    Reset,
    ClosedEarly,
    Malformed,
    Timeout,
    /// Had no answer yet when the drive had to end.
    Censored,
}

pub const OUTCOMES: usize = 10;

/// How outcomes are called wherever they are written down.
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

/// Requests by how they ended, and how many there were.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Counted when a request becomes due, not when it ends.
    pub arrivals: u64,
    ended: [u64; OUTCOMES],
}

impl Counts {
    pub fn of(&self, outcome: Outcome) -> u64 {
        self.ended[outcome as usize]
    }

    pub fn count(&mut self, outcome: Outcome) {
        self.ended[outcome as usize] += 1;
    }

    pub fn failed(&self) -> u64 {
        self.ended.iter().sum::<u64>() - self.of(Outcome::Ok)
    }

    fn merge(&mut self, other: &Self) {
        self.arrivals += other.arrivals;
        for (sum, count) in self.ended.iter_mut().zip(other.ended) {
            *sum += count;
        }
    }

    fn adds_up(&self) -> bool {
        self.arrivals == self.ended.iter().sum::<u64>()
    }
}

/// One request, ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Which of the target's requests it was.
    pub request: usize,
    pub outcome: Outcome,
    /// When it was to be sent.
    pub due_ns: u64,
    /// When it was sent; none if no connection came about.
    pub sent_ns: Option<u64>,
    pub ended_ns: u64,
}

/// When a drive began, recorded, and ended, by the monotonic clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    pub started_ns: u64,
    pub opened_ns: u64,
    pub closed_ns: u64,
    pub drained_ns: u64,
}

/// What became of one of the target's requests.
#[derive(Clone, Debug, Default)]
pub struct RequestTally {
    pub counts: Counts,
    pub response_time: Histogram,
}

/// All that a drive has counted; tallies of threads merge by addition.
#[derive(Clone, Debug)]
pub struct Tally {
    pub timeline: Timeline,
    /// Of the requests that were due inside the window.
    pub window: Counts,
    /// Of all requests from the begin of the lead-in on.
    pub overall: Counts,
    /// Correct responses that came inside the window.
    pub completions: u64,
    /// From the moment a request was due, in the window; failed ones at their elapsed time.
    pub response_time: Histogram,
    /// From the send to the last byte, in the window, of whatever was sent.
    pub service_time: Histogram,
    /// How much later than it could have the generator itself sent, in the window.
    pub lateness: Histogram,
    /// Of connections that came about, from the begin of the lead-in on.
    pub connect_time: Histogram,
    /// Responses by status, in the window.
    pub statuses: Vec<u64>,
    /// Bytes that came inside the window.
    pub bytes_received: u64,
    /// The same for each of the target's requests, in the window, if there are several.
    pub by_request: Vec<RequestTally>,
    /// How long virtual users took from the first request to the response to the last one.
    pub iteration_time: Histogram,
    /// What happened in each tenth of a second from the begin of the lead-in on.
    pub series: Series,
    /// Correct responses of each connection's place, from the begin of the lead-in on.
    pub completions_per_connection: Vec<u64>,
    /// The most connections to the target that were open at once.
    pub connections_reached: u64,
    /// Connections on which bytes came that no request had asked for.
    pub unsolicited: u64,
    /// What the engine's threads have used inside the window.
    pub usage: Usage,
}

/// The accounting does not add up: a bug of the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault(pub String);

impl Tally {
    pub fn new() -> Self {
        Self {
            timeline: Timeline::default(),
            window: Counts::default(),
            overall: Counts::default(),
            completions: 0,
            response_time: Histogram::new(),
            service_time: Histogram::new(),
            lateness: Histogram::new(),
            connect_time: Histogram::new(),
            by_request: vec![],
            iteration_time: Histogram::new(),
            series: Series::default(),
            completions_per_connection: vec![],
            statuses: vec![0; 1000],
            bytes_received: 0,
            connections_reached: 0,
            unsolicited: 0,
            usage: Usage::default(),
        }
    }

    /// Is a moment inside the window? A window that has not closed yet has no end.
    pub fn in_window(&self, moment_ns: u64) -> bool {
        (self.timeline.opened_ns..self.timeline.closed_ns).contains(&moment_ns)
    }

    pub fn arrive(&mut self, due_ns: u64) {
        self.overall.arrivals += 1;
        self.window.arrivals += u64::from(self.in_window(due_ns));
    }

    pub fn end(&mut self, ended: Ended) {
        self.overall.count(ended.outcome);
        self.series.record(ended, self.timeline.started_ns);
        let correct = ended.outcome == Outcome::Ok;
        self.completions += u64::from(correct && self.in_window(ended.ended_ns));
        if !self.in_window(ended.due_ns) {
            return;
        }
        self.window.count(ended.outcome);
        let response_time_ns = ended.ended_ns.saturating_sub(ended.due_ns);
        self.response_time.record(response_time_ns);
        if let Some(request) = self.by_request.get_mut(ended.request) {
            request.counts.arrivals += 1;
            request.counts.count(ended.outcome);
            request.response_time.record(response_time_ns);
        }
        if let Some(sent_ns) = ended.sent_ns {
            self.service_time.record(ended.ended_ns.saturating_sub(sent_ns));
        }
    }

    /// Adds what another thread has counted in the same drive.
    pub fn merge(&mut self, other: &Self) {
        self.window.merge(&other.window);
        self.overall.merge(&other.overall);
        self.completions += other.completions;
        self.response_time.merge(&other.response_time);
        self.service_time.merge(&other.service_time);
        self.lateness.merge(&other.lateness);
        self.iteration_time.merge(&other.iteration_time);
        for (sum, request) in self.by_request.iter_mut().zip(&other.by_request) {
            sum.counts.merge(&request.counts);
            sum.response_time.merge(&request.response_time);
        }
        self.connect_time.merge(&other.connect_time);
        self.series.merge(&other.series);
        self.completions_per_connection.extend_from_slice(&other.completions_per_connection);
        for (sum, count) in self.statuses.iter_mut().zip(&other.statuses) {
            *sum += count;
        }
        self.bytes_received += other.bytes_received;
        self.connections_reached += other.connections_reached;
        self.unsolicited += other.unsolicited;
        self.usage = self.usage.plus(other.usage);
        self.timeline.drained_ns = self.timeline.drained_ns.max(other.timeline.drained_ns);
        self.timeline.closed_ns = self.timeline.closed_ns.max(other.timeline.closed_ns);
    }

    /// The law of the engine: `arrivals = ok + wrong + error + timeout + censored`.
    pub fn check(&self) -> Result<(), Fault> {
        for (place, counts) in [("in the window", &self.window), ("overall", &self.overall)] {
            if !counts.adds_up() {
                return Err(Fault(format!("{place}, requests do not add up: {counts:?}")));
            }
        }
        if self.response_time.count() != self.window.arrivals {
            return Err(Fault(format!(
                "{} requests were due in the window, {} response times were recorded",
                self.window.arrivals,
                self.response_time.count()
            )));
        }
        Ok(())
    }
}

impl Default for Tally {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open_window() -> Tally {
        let mut tally = Tally::new();
        tally.timeline = Timeline { opened_ns: 100, closed_ns: 200, ..Timeline::default() };
        tally
    }

    fn ended(outcome: Outcome, due_ns: u64, ended_ns: u64) -> Ended {
        Ended { request: 0, outcome, due_ns, sent_ns: Some(due_ns), ended_ns }
    }

    #[test]
    fn a_response_counts_for_throughput_where_it_ends_and_for_latency_where_it_was_due() {
        let mut tally = open_window();
        for (due_ns, ended_ns) in [(90, 110), (150, 160), (190, 210)] {
            tally.arrive(due_ns);
            tally.end(ended(Outcome::Ok, due_ns, ended_ns));
        }
        assert_eq!(tally.completions, 2);
        assert_eq!(tally.window.arrivals, 2);
        assert_eq!(tally.overall.of(Outcome::Ok), 3);
        assert_eq!(tally.check(), Ok(()));
    }

    #[test]
    fn a_failed_request_is_recorded_at_its_elapsed_time() {
        let mut tally = open_window();
        tally.arrive(150);
        tally.end(ended(Outcome::Timeout, 150, 950));
        assert_eq!(tally.response_time.max_ns(), 800);
        assert_eq!(tally.completions, 0);
    }

    #[test]
    fn a_request_that_never_ends_is_a_fault() {
        let mut tally = open_window();
        tally.arrive(150);
        assert!(tally.check().is_err());
    }
}
