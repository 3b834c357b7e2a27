//! Which slots a target has. Where it has requests and messages, each slot of the first half has
//! one of HTTP, and beside it, in the second half, one that becomes a WebSocket: a pair, which has
//! one of either in flight. The second is opened for its first message, and kept.

use std::ops::Range;

use super::{Generator, Phase};

impl Generator {
    pub(super) fn slots_of(&self, target: usize) -> Range<usize> {
        target * self.shape.slots_per_target..(target + 1) * self.shape.slots_per_target
    }

    /// Does the slot belong to the target of this drive?
    pub(super) fn is_active(&self, index: usize) -> bool {
        self.slots[index].target == self.drive.target
    }

    /// The slots that requests are assigned to: of pairs, those of HTTP.
    pub(super) fn primaries(&self, target: usize) -> Range<usize> {
        let slots = self.slots_of(target);
        slots.start..slots.end - if self.pairs { self.half() } else { 0 }
    }

    /// Is it the slot for messages of a pair?
    pub(super) fn is_beside(&self, index: usize) -> bool {
        self.pairs && index % self.shape.slots_per_target >= self.half()
    }

    /// The slot of HTTP of a slot's pair; without pairs the slot itself.
    pub(super) fn primary(&self, index: usize) -> usize {
        index - if self.is_beside(index) { self.half() } else { 0 }
    }

    /// The number of the user of a slot among those of its target.
    pub(super) fn user(&self, index: usize) -> usize {
        self.primary(index) % self.shape.slots_per_target
    }

    /// The slot of a pair that sends a request.
    pub(super) fn sender(&self, primary: usize, request: usize) -> usize {
        let requests = &self.shape.requests[self.slots[primary].target];
        let is_message = self.pairs && requests[request].upgrade().is_some();
        primary + if is_message { self.half() } else { 0 }
    }

    /// May a pair send a request now? It has none in flight, and no connect that has to wait.
    pub(super) fn can_send(&self, primary: usize, request: usize) -> bool {
        let sender = self.sender(primary, request);
        let other = self.primary(sender) + if sender == primary { self.half() } else { 0 };
        self.slots[sender].connection.is_empty()
            && self.slots[other].connection.is_empty()
            && !matches!(self.slots[sender].phase, Phase::BackingOff | Phase::Connecting { .. })
    }

    /// Closed model: assigns the next request to the slot of a pair that sends it.
    pub(super) fn fill_pair(&mut self, primary: usize, now_ns: u64) {
        let sender = self.sender(primary, self.upcoming());
        if !self.can_send(primary, self.upcoming()) || self.arrivals_ended(now_ns) {
            return;
        }
        if !self.progress.take_request() {
            self.drive.arrivals_ended = true;
            return;
        }
        self.slots[sender].free_since_ns = now_ns;
        let request = self.choose_request();
        self.assign(sender, request, now_ns, now_ns);
    }

    /// Counts a connect that begins or ends. One for a message is not for requests that wait.
    pub(super) fn count_connecting(&mut self, index: usize, change: i64) {
        if !self.is_beside(index) {
            self.connecting = self.connecting.saturating_add_signed(change);
        }
    }

    fn half(&self) -> usize {
        self.shape.slots_per_target / 2
    }
}
