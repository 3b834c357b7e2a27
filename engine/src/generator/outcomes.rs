//! How connections and the requests on them end.

use std::cmp::Reverse;

use super::{unix_s, Action, Generator, Pacing, Phase, FIRST_BACKOFF_NS, LONGEST_BACKOFF_NS};
use crate::connection::{Between, Received};
use crate::outcome::{Ended, Outcome};
use crate::progress::Gauges;
use crate::websocket::UpgradeRefusal;

/// Makes nonces that follow each other look unlike: an odd factor keeps all of them different.
const NONCE_STEP: u128 = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;

impl Generator {
    /// The deadline that belongs to the slot's connect or to its oldest request.
    pub(super) fn oldest_deadline(&self, index: usize) -> usize {
        index * self.shape.pipeline + self.slots[index].lane
    }

    /// A connect has succeeded. A WebSocket is open only after its upgrade, within the same time.
    pub(super) fn connected(&mut self, index: usize, now_ns: u64) {
        self.next_nonce = self.next_nonce.wrapping_add(1);
        let nonce = self.next_nonce.wrapping_mul(NONCE_STEP);
        if self.slots[index].connection.begin_upgrade(nonce) {
            self.actions.push_back(Action::Send(index));
        } else {
            self.opened(index, now_ns);
        }
    }

    /// A server does not make a connection a WebSocket.
    pub(super) fn refused(&mut self, index: usize, refusal: UpgradeRefusal, now_ns: u64) {
        self.drive.tally.messages.refusal.get_or_insert(refusal);
        self.connect_failed(index, Outcome::ConnectFailed, now_ns);
    }

    /// Requests may be sent on a connection.
    pub(super) fn opened(&mut self, index: usize, now_ns: u64) {
        self.deadlines.clear(self.oldest_deadline(index));
        let slot = &mut self.slots[index];
        let Phase::Connecting { since_ns } = slot.phase else { return };
        slot.phase = Phase::Open;
        slot.failed_connects = 0;
        slot.free_since_ns = now_ns;
        self.count_connecting(index, -1);
        self.drive.tally.connect_time.record(now_ns.saturating_sub(since_ns));
        self.count_open(index, 1);
        if self.slots[index].connection.unsent() > 0 {
            self.actions.push_back(Action::Send(index));
        }
        self.refill(index, now_ns);
    }

    /// A connect has failed, and with it the request that it was for.
    pub(super) fn connect_failed(&mut self, index: usize, outcome: Outcome, now_ns: u64) {
        let slot = &mut self.slots[index];
        let backoff_ns = (FIRST_BACKOFF_NS << slot.failed_connects.min(10)).min(LONGEST_BACKOFF_NS);
        slot.failed_connects += 1;
        self.close(index);
        self.slots[index].phase = Phase::BackingOff;
        self.backoffs.push(Reverse((now_ns + backoff_ns, index)));
        self.abandon(index, outcome, now_ns);
        if self.listens(index) {
            return;
        }
        if self.is_beside(index) {
            // Requests of HTTP go on meanwhile.
            self.refill(index, now_ns);
            return;
        }
        // Open model: the connect was for the request that has waited longest. If no connection is
        // left and none will be opened, all waiting requests fail.
        let none_can_connect =
            self.arrivals_ended(now_ns) && self.drive.open == 0 && self.connecting == 0;
        while let Some(due_ns) = self.take_waiting() {
            self.drive.arrive(due_ns);
            self.record_waiting(outcome, due_ns, now_ns);
            if !none_can_connect {
                break;
            }
        }
    }

    /// Handles received bytes, which may contain several responses.
    pub(super) fn received(&mut self, index: usize, bytes: &[u8], closing: bool, now_ns: u64) {
        self.drive.count_bytes(bytes.len() as u64, now_ns);
        self.gauges().bytes_received.add(bytes.len() as u64);
        let mut rest = bytes;
        while !rest.is_empty() {
            let slot = &mut self.slots[index];
            let requests = &self.shape.requests[slot.target];
            let was_uploading = slot.connection.is_uploading();
            let received = slot.connection.receive(rest, now_ns, requests, &mut self.memo);
            self.hear(index, now_ns);
            match received {
                Received::Partial => {
                    self.leave_late(index, now_ns);
                    return;
                }
                Received::Continues => {
                    self.invited(index);
                    return;
                }
                Received::Unsolicited => {
                    self.drive.tally.unsolicited += 1;
                    self.note_idle_end(index, false, now_ns);
                    self.say_close(index);
                    self.fail(index, Outcome::Malformed, now_ns);
                    return;
                }
                Received::Upgraded { consumed, deflates } => {
                    rest = &rest[consumed..];
                    if let Some(deflated) = &mut self.drive.tally.messages.deflated {
                        *deflated += u64::from(deflates);
                    }
                    self.opened(index, now_ns);
                }
                Received::Refused(refusal) => {
                    self.refused(index, refusal, now_ns);
                    return;
                }
                Received::Between { consumed, between } => {
                    rest = &rest[consumed..];
                    self.between_messages(index, between, now_ns);
                }
                Received::Closing { code } => {
                    self.drive.tally.messages.count_close(code);
                    self.note_idle_end(index, false, now_ns);
                    self.actions.push_back(Action::Send(index));
                    self.fail(index, Outcome::ClosedEarly, now_ns);
                    return;
                }
                Received::Ended { consumed, ended, status, reusable } => {
                    rest = &rest[consumed..];
                    self.count_cut_short(was_uploading);
                    self.forget_upload(index);
                    self.ended(index, ended, status, now_ns);
                    let done = closing && self.slots[index].connection.is_empty();
                    if !reusable || self.shape.fresh_connections || done {
                        self.drive.tally.unsolicited += u64::from(!rest.is_empty());
                        self.count_not_kept(index);
                        self.say_close(index);
                        self.fail(index, Outcome::ClosedEarly, now_ns);
                        return;
                    }
                }
            }
        }
        if self.drive.tally.idle.is_none() {
            self.slots[index].free_since_ns = now_ns;
            self.refill(index, now_ns);
        }
    }

    /// WebSocket: what comes between the messages that are answers.
    fn between_messages(&mut self, index: usize, between: Between, now_ns: u64) {
        let messages = &mut self.drive.tally.messages;
        match between {
            Between::Ping => {
                messages.pings += 1;
                self.actions.push_back(Action::Send(index));
            }
            Between::Pong => {}
            Between::Message => messages.unasked += 1,
            Between::Heard { token } => self.heard(token, now_ns),
        }
    }

    /// WebSocket: tells the server that the connection ends, before it is closed.
    fn say_close(&mut self, index: usize) {
        if self.slots[index].connection.say_close() {
            self.actions.push_back(Action::Send(index));
        }
    }

    /// The oldest request of a slot has ended with a response.
    pub(super) fn ended(&mut self, index: usize, ended: Ended, status: Option<u16>, now_ns: u64) {
        self.deadlines.clear(self.oldest_deadline(index));
        let slot = &mut self.slots[index];
        slot.lane = (slot.lane + 1) % self.shape.pipeline;
        slot.free_since_ns = now_ns;
        self.answered(index, ended, status, now_ns);
    }

    /// A request of a slot has ended with a response.
    pub(super) fn answered(
        &mut self,
        index: usize,
        ended: Ended,
        status: Option<u16>,
        now_ns: u64,
    ) {
        if let Some(status) = status {
            self.drive.tally.count_status(status, ended.due_ns);
            self.keep_cookies(index, ended.request, now_ns);
        }
        if ended.outcome == Outcome::Ok && self.is_active(index) {
            let slot_of_target = index - self.slots_of(self.drive.target).start;
            let counts = &mut self.drive.tally.completions_per_connection;
            if let Some(count) = counts.get_mut(slot_of_target) {
                *count += 1;
            }
        }
        self.record_of(index, ended);
        self.step_ended(index, now_ns);
    }

    /// Virtual users: stores the cookies of a response in the user's jar.
    fn keep_cookies(&mut self, index: usize, request: usize, now_ns: u64) {
        let user = self.user(index);
        let Pacing::Users(users) = &mut self.drive.pacing else { return };
        let slot = &mut self.slots[index];
        if slot.target != self.drive.target {
            return;
        }
        let path = self.shape.requests[slot.target][request].path();
        let clock_s = unix_s(self.real_offset_ns, now_ns);
        for set_cookie in slot.connection.take_cookies() {
            users.jar_mut(user).take(&set_cookie, path, clock_s);
        }
    }

    /// The peer has closed a connection, which may complete a response.
    pub(super) fn peer_closed(&mut self, index: usize, now_ns: u64) {
        let slot = &mut self.slots[index];
        let requests = &self.shape.requests[slot.target];
        if let Some((ended, status)) = slot.connection.peer_closed(now_ns, requests) {
            self.ended(index, ended, Some(status), now_ns);
            self.count_not_kept(index);
        }
        self.fail(index, Outcome::ClosedEarly, now_ns);
    }

    /// Closes a connection, ends its requests with `outcome`, and puts the slot back to use.
    pub(super) fn fail(&mut self, index: usize, outcome: Outcome, now_ns: u64) {
        self.close(index);
        self.abandon(index, outcome, now_ns);
        if self.is_active(index) {
            self.reopen(index, now_ns);
        }
    }

    /// Ends all requests of a slot with `outcome`.
    pub(super) fn abandon(&mut self, index: usize, outcome: Outcome, now_ns: u64) {
        while let Some(ended) = self.slots[index].connection.abandon(outcome, now_ns) {
            self.record_of(index, ended);
            self.step_ended(index, now_ns);
        }
    }

    /// Closes the connection of a slot, but leaves its requests.
    pub(super) fn close(&mut self, index: usize) {
        for lane in 0..self.shape.pipeline {
            self.deadlines.clear(index * self.shape.pipeline + lane);
        }
        self.forget_upload(index);
        let slot = &mut self.slots[index];
        let phase = std::mem::replace(&mut slot.phase, Phase::Closed);
        slot.connection.reset();
        slot.lane = 0;
        match phase {
            Phase::Open => self.count_open(index, -1),
            Phase::Connecting { .. } => self.count_connecting(index, -1),
            Phase::Closed | Phase::BackingOff => return,
        }
        self.actions.push_back(Action::Close(index));
    }

    /// Ends all requests that are in flight or waiting.
    pub(super) fn censor(&mut self, now_ns: u64) {
        self.admit_arrivals(now_ns);
        self.broadcast.give_up(u64::MAX);
        self.drive.arrivals_ended = true;
        for index in self.slots_of(self.drive.target) {
            let slot = &self.slots[index];
            let connecting = matches!(slot.phase, Phase::Connecting { .. });
            if (connecting || !slot.connection.is_empty()) && !self.leave(index, now_ns) {
                self.close(index);
                self.abandon(index, Outcome::Censored, now_ns);
            }
        }
        while let Some(due_ns) = self.take_waiting() {
            self.drive.arrive(due_ns);
            self.record_waiting(Outcome::Censored, due_ns, now_ns);
        }
    }

    pub(super) fn count_open(&mut self, index: usize, change: i64) {
        self.gauges().connections.change(change);
        if self.is_active(index) {
            self.drive.count_open(change);
        }
    }

    /// Counts a request that has ended.
    pub(super) fn record(&mut self, ended: Ended) {
        self.drive.end(ended);
        let gauges = self.gauges();
        let gauge =
            if ended.outcome == Outcome::Ok { &gauges.completions } else { &gauges.failures };
        gauge.add(1);
    }

    pub(super) fn gauges(&self) -> &Gauges {
        self.progress.gauges(self.shape.thread)
    }
}
