//! What belongs to one drive alone, on one thread.

use crate::clock::thread_cpu_ns;
use crate::load::Drive;
use crate::tally::{Ended, Tally, Timeline};

/// The tally of a drive, and what it needs to know until it ends.
#[derive(Default)]
pub struct DriveState {
    pub tally: Tally,
    pub target: usize,
    /// Requests under way.
    pub in_flight: usize,
    /// No request begins any more.
    pub arrivals_ended: bool,
    /// Connections to the target that are open.
    open: u64,
    cpu_at_opening_ns: Option<u64>,
    cpu_at_closing_ns: Option<u64>,
}

impl DriveState {
    /// Before the clock is started: no request may begin.
    pub fn idle(target: usize, open: u64) -> Self {
        Self { target, open, arrivals_ended: true, ..Self::default() }
    }

    /// Lets requests begin.
    pub fn start(&mut self, drive: &Drive, started_ns: u64) {
        let opened_ns = started_ns.saturating_add(drive.lead_in_ns);
        let closed_ns = opened_ns.saturating_add(drive.window_ns);
        self.arrivals_ended = false;
        self.tally.connections_reached = self.open;
        self.tally.timeline = Timeline { started_ns, opened_ns, closed_ns, drained_ns: 0 };
    }

    /// Reads the CPU clock when the window opens and when it closes.
    pub fn pass_marks(&mut self, now_ns: u64) {
        if now_ns >= self.tally.timeline.opened_ns {
            self.cpu_at_opening_ns.get_or_insert_with(thread_cpu_ns);
        }
        if now_ns >= self.tally.timeline.closed_ns {
            self.cpu_at_closing_ns.get_or_insert_with(thread_cpu_ns);
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

    pub fn count_bytes(&mut self, bytes: u64, now_ns: u64) {
        if self.tally.in_window(now_ns) {
            self.tally.bytes_received += bytes;
        }
    }

    pub fn count_status(&mut self, status: Option<u16>, now_ns: u64) {
        if let Some(status) = status.filter(|_| self.tally.in_window(now_ns)) {
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
        let timeline = &mut tally.timeline;
        timeline.closed_ns = timeline.closed_ns.min(now_ns).max(timeline.opened_ns);
        timeline.drained_ns = now_ns.max(timeline.closed_ns);
        let at_closing_ns = self.cpu_at_closing_ns.unwrap_or_else(thread_cpu_ns);
        let at_opening_ns = self.cpu_at_opening_ns.unwrap_or(at_closing_ns);
        tally.cpu_ns = at_closing_ns.saturating_sub(at_opening_ns);
        tally
    }
}
