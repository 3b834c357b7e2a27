//! HTTP/2: the requests of a connection end in any order, and some are sent again.

use super::{unix_s, Action, Generator, Pacing, Phase};
use crate::connection::Delivered;
use crate::http2::{Refusal, Violation};
use crate::http2_tally::Http2Tally;
use crate::outcome::Outcome;
use crate::reactor::Event;

impl Generator {
    /// Handles an event of a connection that was opened.
    pub(super) fn handle_streams(&mut self, event: Event, bytes: &[u8], now_ns: u64) {
        match event {
            Event::Received { slot, closing } => {
                self.received_streams(slot, bytes, closing, now_ns);
            }
            Event::Closed { slot } => self.streams_lost(slot, Outcome::ClosedEarly, now_ns),
            Event::Reset { slot } => self.streams_lost(slot, Outcome::Reset, now_ns),
            Event::Connected { .. } | Event::ConnectFailed { .. } | Event::Drained { .. } => {}
        }
    }

    /// Writes all that may be sent on a connection into `bytes`, and counts requests as sent.
    pub(super) fn outgoing_streams(&mut self, index: usize, now_ns: u64, bytes: &mut Vec<u8>) {
        let slot = &mut self.slots[index];
        let requests = &self.shape.requests[slot.target];
        slot.connection.take_output(requests, bytes);
        if slot.phase != Phase::Open {
            return;
        }
        while let Some(request) = slot.connection.next_to_open() {
            let cookies = match &self.drive.pacing {
                Pacing::Users(users) => {
                    let jar = users.jar(index % self.shape.slots_per_target);
                    let encrypted = self.shape.encrypted[slot.target];
                    let clock_s = unix_s(self.real_offset_ns, now_ns);
                    jar.value(requests[request].path(), encrypted, clock_s)
                }
                Pacing::Closed | Pacing::Open(_) => None,
            };
            let opened = slot.connection.open_next(requests, cookies.as_deref(), now_ns, bytes);
            let Some(opened) = opened else { break };
            let member = index * self.shape.pipeline + opened.lane;
            self.deadlines.set(member, now_ns + self.shape.timeout_ns);
            let possible_ns = opened.due_ns.max(slot.free_since_ns);
            self.drive.count_lateness(opened.due_ns, now_ns.saturating_sub(possible_ns));
        }
        if let Some(tally) = &mut self.drive.tally.http2 {
            tally.note_streams(slot.connection.in_flight(), slot.connection.most_streams());
        }
    }

    /// Handles received bytes, which may end several requests.
    fn received_streams(&mut self, index: usize, bytes: &[u8], closing: bool, now_ns: u64) {
        self.drive.count_bytes(bytes.len() as u64, now_ns);
        self.gauges().bytes_received.add(bytes.len() as u64);
        let mut rest = bytes;
        loop {
            let slot = &mut self.slots[index];
            let requests = &self.shape.requests[slot.target];
            let (taken, delivered) = slot.connection.receive_streams(rest, now_ns, requests);
            rest = &rest[taken..];
            match delivered {
                Delivered::Partial => break,
                Delivered::Ready => self.opened(index, now_ns),
                Delivered::Refused(refusal) => {
                    self.protocol_refused(index, refusal, Outcome::ConnectFailed, now_ns);
                    return;
                }
                Delivered::Ended { lane, ended, status, reset } => {
                    self.deadlines.clear(index * self.shape.pipeline + lane);
                    if let (Some(tally), Some(code)) = (&mut self.drive.tally.http2, reset) {
                        tally.count_reset(code);
                    }
                    self.answered(index, ended, status, now_ns);
                    if self.shape.fresh_connections {
                        self.say_goaway(index);
                        self.fail(index, Outcome::ClosedEarly, now_ns);
                        return;
                    }
                }
                Delivered::Unprocessed { lane } => {
                    self.deadlines.clear(index * self.shape.pipeline + lane);
                    self.note(|tally| tally.retries += 1);
                }
                Delivered::GoAway { code } => self.note(|tally| tally.count_goaway(code)),
                Delivered::Violated(violation) => {
                    self.streams_violated(index, violation, now_ns);
                    return;
                }
            }
        }
        self.go_on(index, closing, now_ns);
    }

    /// Sends what there is to send, and more requests where there is room.
    fn go_on(&mut self, index: usize, closing: bool, now_ns: u64) {
        let slot = &mut self.slots[index];
        slot.free_since_ns = now_ns;
        if slot.connection.has_output() {
            self.actions.push_back(Action::Send(index));
        }
        if slot.phase != Phase::Open {
            return;
        }
        if slot.connection.is_draining() && slot.connection.in_flight() == 0 {
            self.say_goaway(index);
            self.renew(index, now_ns);
        } else if !closing {
            self.refill(index, now_ns);
        }
    }

    /// Another connection takes the place of one that takes no more requests. Those that wait for it
    /// are sent there.
    fn renew(&mut self, index: usize, now_ns: u64) {
        self.close(index);
        while let Some(ended) = self.slots[index].connection.lose_waiting(now_ns) {
            self.record(ended);
            self.step_ended(index, now_ns);
        }
        if !self.slots[index].connection.is_empty() {
            self.connect(index, now_ns);
        } else if self.is_active(index) {
            self.reopen(index, now_ns);
        }
    }

    /// The peer has closed a connection, or it is broken.
    fn streams_lost(&mut self, index: usize, outcome: Outcome, now_ns: u64) {
        let connection = &self.slots[index].connection;
        if connection.is_beginning() {
            self.protocol_refused(index, Refusal::Closed, Outcome::ConnectFailed, now_ns);
            return;
        }
        if !connection.is_draining() {
            self.fail(index, outcome, now_ns);
            return;
        }
        while let Some(ended) = self.slots[index].connection.abandon_sent(outcome, now_ns) {
            self.record(ended);
            self.step_ended(index, now_ns);
        }
        self.renew(index, now_ns);
    }

    /// A connect takes too long, or the response in a lane.
    pub(super) fn stream_timed_out(&mut self, index: usize, lane: usize, now_ns: u64) {
        let slot = &mut self.slots[index];
        if matches!(slot.phase, Phase::Connecting { .. }) {
            if slot.connection.is_beginning() {
                self.protocol_refused(index, Refusal::Silent, Outcome::Timeout, now_ns);
            } else {
                self.connect_failed(index, Outcome::Timeout, now_ns);
            }
            return;
        }
        self.deadlines.clear(index * self.shape.pipeline + lane);
        if let Some(ended) = slot.connection.cancel(lane, Outcome::Timeout, now_ns) {
            self.record(ended);
            self.step_ended(index, now_ns);
        }
        self.go_on(index, false, now_ns);
    }

    /// The server broke the protocol: it is told so, and all that is in flight fails.
    fn streams_violated(&mut self, index: usize, violation: Violation, now_ns: u64) {
        self.note(|tally| {
            tally.violation.get_or_insert(violation);
        });
        self.actions.push_back(Action::Send(index));
        if matches!(self.slots[index].phase, Phase::Connecting { .. }) {
            self.connect_failed(index, Outcome::Malformed, now_ns);
        } else {
            self.fail(index, Outcome::Malformed, now_ns);
        }
    }

    /// Encryption was agreed, but not HTTP/2 (ALPN).
    pub fn refuse_protocol(&mut self, index: usize, now_ns: u64) {
        self.protocol_refused(index, Refusal::NotNegotiated, Outcome::ConnectFailed, now_ns);
    }

    /// A connection does not become one of HTTP/2. If the next will not either, the drive ends.
    fn protocol_refused(&mut self, index: usize, refusal: Refusal, outcome: Outcome, now_ns: u64) {
        self.note(|tally| {
            tally.refusal.get_or_insert(refusal);
        });
        if refusal.is_final() && !self.has_connected() {
            self.progress.cancel();
        }
        self.connect_failed(index, outcome, now_ns);
    }

    fn say_goaway(&mut self, index: usize) {
        if self.slots[index].connection.say_goaway() {
            self.actions.push_back(Action::Send(index));
        }
    }

    fn note(&mut self, change: impl FnOnce(&mut Http2Tally)) {
        if let Some(tally) = &mut self.drive.tally.http2 {
            change(tally);
        }
    }
}

#[cfg(test)]
#[path = "http2_tests.rs"]
mod tests;
