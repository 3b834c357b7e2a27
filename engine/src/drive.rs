//! What belongs to one drive alone, on one thread.

use crate::load::Drive;
use crate::schedule::Schedule;
use crate::tally::{Ended, RequestTally, Tally, Timeline};
use crate::usage::Usage;
use crate::users::Users;

/// Each has a histogram of its own: a long list of requests would fill the memory.
const MOST_REQUEST_TALLIES: usize = 64;

/// When the next request of a thread is due.
#[derive(Default)]
pub enum Pacing {
    #[default]
    Closed,
    Open(Queue),
    Users(Users),
}

/// The arrivals of the open model that have no connection yet: two cursors over one schedule.
pub struct Queue {
    arrived: Schedule,
    taken: Schedule,
    waiting: u64,
}

impl Queue {
    pub fn new(schedule: Schedule) -> Self {
        Self { arrived: schedule.clone(), taken: schedule, waiting: 0 }
    }

    /// Lets all come that were due by `now` and before `end`, both counted from the begin.
    pub fn come(&mut self, now_ns: u64, end_ns: u64) {
        while self.arrived.peek().is_some_and(|due_ns| due_ns <= now_ns && due_ns < end_ns) {
            self.arrived.advance();
            self.waiting += 1;
        }
    }

    /// When the next one comes.
    pub fn next_ns(&mut self) -> Option<u64> {
        self.arrived.peek()
    }

    pub fn waiting(&self) -> u64 {
        self.waiting
    }

    /// Takes the one that has waited longest: when it was due.
    pub fn take(&mut self) -> Option<u64> {
        self.waiting = self.waiting.checked_sub(1)?;
        self.taken.next()
    }
}

/// The tally of a drive, and what it needs to know until it ends.
#[derive(Default)]
pub struct DriveState {
    pub tally: Tally,
    pub target: usize,
    pub pacing: Pacing,
    /// Requests under way.
    pub in_flight: usize,
    /// No request begins any more.
    pub arrivals_ended: bool,
    /// What is not done at this moment is censored.
    pub drain_until_ns: u64,
    /// Connections to the target that are open.
    pub open: u64,
    usage_at_opening: Option<Usage>,
    usage_at_closing: Option<Usage>,
}

impl DriveState {
    /// Before requests may begin.
    pub fn idle(target: usize, open: u64) -> Self {
        Self { target, open, arrivals_ended: true, ..Self::default() }
    }

    /// Lets requests begin.
    pub fn start(
        &mut self,
        drive: &Drive,
        pacing: Pacing,
        slots: usize,
        requests: usize,
        started_ns: u64,
    ) {
        if (2..=MOST_REQUEST_TALLIES).contains(&requests) {
            self.tally.by_request = vec![RequestTally::default(); requests];
        }
        let opened_ns = started_ns.saturating_add(drive.lead_in_ns);
        let closed_ns = opened_ns.saturating_add(drive.window_ns);
        self.arrivals_ended = false;
        self.pacing = pacing;
        self.drain_until_ns = closed_ns.saturating_add(drive.drain_ns);
        self.tally.connections_reached = self.open;
        self.tally.completions_per_connection = vec![0; slots];
        self.tally.timeline = Timeline { started_ns, opened_ns, closed_ns, drained_ns: 0 };
    }

    /// Reads what the thread has used when the window opens and when it closes.
    pub fn pass_marks(&mut self, now_ns: u64) {
        if now_ns >= self.tally.timeline.opened_ns {
            self.usage_at_opening.get_or_insert_with(Usage::of_thread);
        }
        if now_ns >= self.tally.timeline.closed_ns {
            self.usage_at_closing.get_or_insert_with(Usage::of_thread);
        }
    }

    pub fn arrive(&mut self, due_ns: u64) {
        self.in_flight += 1;
        self.tally.arrive(due_ns);
    }

    pub fn end(&mut self, ended: Ended) {
        self.in_flight -= 1;
        self.tally.end(ended);
    }

    pub fn count_lateness(&mut self, due_ns: u64, lateness_ns: u64) {
        if self.tally.in_window(due_ns) {
            self.tally.sent_late(lateness_ns);
        }
    }

    pub fn count_bytes(&mut self, bytes: u64, now_ns: u64) {
        if self.tally.in_window(now_ns) {
            self.tally.bytes_received += bytes;
        }
    }

    pub fn count_status(&mut self, status: u16, now_ns: u64) {
        if self.tally.in_window(now_ns) {
            self.tally.statuses[usize::from(status)] += 1;
        }
    }

    pub fn count_open(&mut self, change: i64) {
        self.open = self.open.saturating_add_signed(change);
        self.tally.connections_reached = self.tally.connections_reached.max(self.open);
    }

    /// All is drained: a window that had to end early closes now.
    pub fn finish(self, now_ns: u64) -> Tally {
        let mut tally = self.tally;
        tally.settle();
        let timeline = &mut tally.timeline;
        timeline.closed_ns = timeline.closed_ns.min(now_ns).max(timeline.opened_ns);
        timeline.drained_ns = now_ns.max(timeline.closed_ns);
        let at_closing = self.usage_at_closing.unwrap_or_else(Usage::of_thread);
        tally.usage = at_closing.since(self.usage_at_opening.unwrap_or(at_closing));
        tally
    }
}
