//! The state of one drive on one thread: its tally, and when its next request is due.

use crate::load::Drive;
use crate::outcome::Ended;
use crate::schedule::Schedule;
use crate::tally::{RequestTally, Tally, Timeline};
use crate::thread_cpu::ThreadCpu;
use crate::users::Users;

/// Each request has a histogram of its own. A longer list would take too much memory.
const MOST_REQUEST_TALLIES: usize = 64;

/// The load model on one thread, which determines when the next request is due.
#[derive(Default)]
pub enum Pacing {
    #[default]
    Closed,
    Open(Queue),
    Users(Users),
}

/// Arrivals of the open model that wait for a connection, in constant memory.
pub struct Queue {
    /// A cursor at the next arrival.
    arrived: Schedule,
    /// A second cursor, at the arrival that has waited longest.
    taken: Schedule,
    waiting: u64,
}

impl Queue {
    pub fn new(schedule: Schedule) -> Self {
        Self { arrived: schedule.clone(), taken: schedule, waiting: 0 }
    }

    /// Adds arrivals that are due by `now_ns` and before `end_ns`, both since the drive's start.
    pub fn admit(&mut self, now_ns: u64, end_ns: u64) {
        while self.arrived.peek().is_some_and(|due_ns| due_ns <= now_ns && due_ns < end_ns) {
            self.arrived.advance();
            self.waiting += 1;
        }
    }

    /// When the next arrival is due, since the drive's start. None after the last one.
    pub fn next_ns(&mut self) -> Option<u64> {
        self.arrived.peek()
    }

    /// How many arrivals wait for a connection.
    pub fn waiting(&self) -> u64 {
        self.waiting
    }

    /// Removes the arrival that has waited longest and returns its due time.
    pub fn take(&mut self) -> Option<u64> {
        self.waiting = self.waiting.checked_sub(1)?;
        self.taken.next()
    }
}

/// The tally of a drive, and its state until it ends.
#[derive(Default)]
pub struct DriveState {
    pub tally: Tally,
    pub target: usize,
    pub pacing: Pacing,
    pub in_flight: usize,
    /// No more requests become due.
    pub arrivals_ended: bool,
    /// Requests that are in flight or waiting at this moment are censored.
    pub drain_until_ns: u64,
    /// Open connections to the target.
    pub open: u64,
    /// The streams that were held when the window closed have been left.
    pub has_left: bool,
    cpu_at_opening: Option<ThreadCpu>,
    cpu_at_closing: Option<ThreadCpu>,
}

impl DriveState {
    /// The state before the start: `open` connections, and no request becomes due.
    pub fn idle(target: usize, open: u64) -> Self {
        Self { target, open, arrivals_ended: true, ..Self::default() }
    }

    /// Starts the drive: requests may become due.
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

    /// Reads the CPU time of the thread when the window opens and when it closes.
    pub fn pass_marks(&mut self, now_ns: u64) {
        if now_ns >= self.tally.timeline.opened_ns {
            self.cpu_at_opening.get_or_insert_with(ThreadCpu::of_thread);
        }
        if now_ns >= self.tally.timeline.closed_ns {
            self.cpu_at_closing.get_or_insert_with(ThreadCpu::of_thread);
        }
    }

    /// Counts a request that becomes due.
    pub fn arrive(&mut self, due_ns: u64) {
        self.in_flight += 1;
        self.tally.arrive(due_ns);
    }

    /// Counts a request that has ended.
    pub fn end(&mut self, ended: Ended) {
        self.in_flight -= 1;
        self.tally.end(ended);
    }

    /// Records the lateness of a request that was due inside the window.
    pub fn count_lateness(&mut self, due_ns: u64, lateness_ns: u64) {
        if self.tally.in_window(due_ns) {
            self.tally.sent_late(lateness_ns);
        }
    }

    /// Counts bytes that arrive inside the window.
    pub fn count_bytes(&mut self, bytes: u64, now_ns: u64) {
        if self.tally.in_window(now_ns) {
            self.tally.bytes_received += bytes;
        }
    }

    /// Counts bytes that are sent inside the window.
    pub fn count_sent(&mut self, bytes: u64, now_ns: u64) {
        if self.tally.in_window(now_ns) {
            self.tally.bytes_sent += bytes;
        }
    }

    /// Changes the number of open connections to the target.
    pub fn count_open(&mut self, change: i64) {
        self.open = self.open.saturating_add_signed(change);
        self.tally.connections_reached = self.tally.connections_reached.max(self.open);
    }

    /// Completes the tally at the end of the drain. A window that is still open closes now.
    pub fn finish(self, now_ns: u64) -> Tally {
        let mut tally = self.tally;
        tally.settle();
        if let Some(idle) = &mut tally.idle {
            idle.held = self.open;
        }
        let timeline = &mut tally.timeline;
        timeline.closed_ns = timeline.closed_ns.min(now_ns).max(timeline.opened_ns);
        timeline.drained_ns = now_ns.max(timeline.closed_ns);
        let at_closing = self.cpu_at_closing.unwrap_or_else(ThreadCpu::of_thread);
        tally.thread_cpu = at_closing.since(self.cpu_at_opening.unwrap_or(at_closing));
        tally
    }
}
