//! Connections that are held: what streams bring, how the client leaves them, and how idle ones end.

use super::{Generator, Phase};
use crate::load::{Drive, Model};
use crate::outcome::{Ended, Outcome};
use crate::stream::StreamRecord;

impl Generator {
    /// Begins the tallies of what only some drives have.
    pub(super) fn begin_tallies(&mut self, drive: &Drive) {
        let has_streams = self.shape.requests[drive.target].iter().any(|r| r.stream().is_some());
        self.drive.tally.streams = has_streams.then(Box::default);
        self.drive.tally.idle = matches!(drive.model, Model::Idle { .. }).then(Box::default);
        let is_http2 = self.shape.requests[drive.target].iter().any(|r| r.template().is_some());
        self.drive.tally.http2 = is_http2.then(Box::default);
    }

    /// Streams: counts what received bytes have brought. Each event gives the stream as much time
    /// again until the next, and so does a comment behind the first.
    pub(super) fn hear(&mut self, index: usize, now_ns: u64) {
        let Some(news) = self.slots[index].connection.take_news() else { return };
        let is_counted = self.drive.tally.in_window(now_ns);
        if let Some(streams) = &mut self.drive.tally.streams {
            if news.begins {
                streams.begin();
            }
            if is_counted {
                if let Some(gap_ns) = news.gap_ns {
                    streams.gap.record(gap_ns);
                }
                if news.together > 0 {
                    streams.gap.record_n(0, news.together);
                }
            }
        }
        let member = self.oldest_deadline(index);
        self.deadlines.clear(member);
        self.deadlines.set(member, now_ns + self.shape.timeout_ns);
    }

    /// Streams: leaves all that are held, once the window has closed.
    pub(super) fn leave_streams(&mut self, now_ns: u64) {
        let is_open = now_ns < self.drive.tally.timeline.closed_ns;
        if is_open || self.drive.has_left || self.drive.tally.streams.is_none() {
            return;
        }
        self.drive.has_left = true;
        for index in self.slots_of(self.drive.target) {
            if self.leave(index, now_ns) {
                self.reopen(index, now_ns);
            }
        }
    }

    /// Streams: leaves one whose first event comes after the window.
    pub(super) fn leave_late(&mut self, index: usize, now_ns: u64) {
        if self.drive.has_left && self.is_active(index) && self.leave(index, now_ns) {
            self.reopen(index, now_ns);
        }
    }

    /// Streams: ends one that is held and closes its connection. Returns whether it was held.
    pub(super) fn leave(&mut self, index: usize, now_ns: u64) -> bool {
        let slot = &mut self.slots[index];
        let requests = &self.shape.requests[slot.target];
        let Some((ended, status)) = slot.connection.leave(now_ns, requests) else { return false };
        self.ended(index, ended, Some(status), now_ns);
        self.close(index);
        true
    }

    /// Counts a request of a slot that has ended, and its stream.
    pub(super) fn record_of(&mut self, index: usize, ended: Ended) {
        if let Some((record, other_type)) = self.slots[index].connection.take_record() {
            self.end_stream(ended, &record);
            if let Some(streams) = &mut self.drive.tally.streams {
                if other_type.is_some() && streams.most_held == 0 {
                    // The next one would not be another: the load ends at once.
                    self.progress.cancel();
                }
                streams.other_type = streams.other_type.take().or(other_type);
            }
        }
        self.record(ended);
    }

    /// Open model: counts a request that never had a connection.
    pub(super) fn record_waiting(&mut self, outcome: Outcome, due_ns: u64, now_ns: u64) {
        let ended = Ended { request: 0, outcome, due_ns, sent_ns: None, ended_ns: now_ns };
        self.end_stream(ended, &StreamRecord::default());
        self.record(ended);
    }

    fn end_stream(&mut self, ended: Ended, record: &StreamRecord) {
        let is_due = self.drive.tally.in_window(ended.due_ns);
        let Some(streams) = &mut self.drive.tally.streams else { return };
        let request = &self.shape.requests[self.drive.target][ended.request];
        let wanted = request.stream().and_then(|stream| stream.events);
        streams.end(ended, record, wanted, is_due);
    }

    /// Idle connections: counts one that the server ends, if it has had its response.
    pub(super) fn note_idle_end(&mut self, index: usize, is_reset: bool, now_ns: u64) {
        let slot = &self.slots[index];
        let is_idle = slot.phase == Phase::Open && slot.connection.is_empty();
        if !is_idle || !self.is_active(index) {
            return;
        }
        let idle_ns = now_ns.saturating_sub(slot.free_since_ns);
        if let Some(idle) = &mut self.drive.tally.idle {
            idle.close(idle_ns, is_reset);
        }
    }

    /// Idle connections: counts one that ends with its response.
    pub(super) fn count_not_kept(&mut self, index: usize) {
        if self.is_active(index) {
            if let Some(idle) = &mut self.drive.tally.idle {
                idle.not_kept += 1;
            }
        }
    }
}

#[cfg(test)]
#[path = "streams_tests.rs"]
mod tests;
