//! WebSocket: the first connection of a target sends, and all others hear it.

use super::{Generator, Phase};
use crate::broadcast::Broadcast;
use crate::request::Request;
use crate::tally::Deliveries;
use crate::websocket::Upgrade;

impl Generator {
    /// Begins the tallies that only messages have, and forgets an earlier drive's messages.
    pub(super) fn begin_messages(&mut self, target: usize) {
        let requests = &self.shape.requests[target];
        let messages = &mut self.drive.tally.messages;
        messages.has_statuses = requests.iter().all(|request| request.upgrade().is_none());
        let offers = requests.iter().find_map(Request::upgrade).is_some_and(Upgrade::deflates);
        messages.deflated = offers.then_some(0);
        self.broadcasts = requests[0].is_broadcast();
        self.broadcast = Broadcast::new(self.next_token);
        self.drive.tally.deliveries = self.broadcasts.then(Deliveries::default);
    }

    /// Does a slot only hear what the first one of its target sends?
    pub(super) fn listens(&self, index: usize) -> bool {
        self.broadcasts && index != self.slots_of(self.slots[index].target).start
    }

    /// Connects a slot that only hears, if it is not.
    pub(super) fn listen(&mut self, index: usize, now_ns: u64) {
        if self.slots[index].phase == Phase::Closed && !self.arrivals_ended(now_ns) {
            self.connect(index, now_ns);
        }
    }

    /// A slot has heard a message. It counts if the message is one of this drive's.
    pub(super) fn heard(&mut self, token: u64, now_ns: u64) {
        let sent_ns = self.broadcast.hear(token);
        match (sent_ns, &mut self.drive.tally.deliveries) {
            (Some(sent_ns), Some(deliveries)) => {
                deliveries.heard += 1;
                deliveries.delay.record(now_ns.saturating_sub(sent_ns));
            }
            // Of an earlier drive, for those who came too late to be counted.
            _ if token < self.broadcast.first => {}
            _ => self.drive.tally.messages.unasked += 1,
        }
    }

    /// Is there somebody who may still hear something?
    pub(super) fn awaits_listeners(&self) -> bool {
        self.broadcasts && (self.connecting > 0 || !self.broadcast.is_heard())
    }
}
