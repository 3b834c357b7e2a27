//! What is sent on a connection: the requests that are assigned to it.

use super::{unix_s, Generator, Pacing, Phase};
use crate::upload::Piece;

impl Generator {
    /// Writes the unsent requests of a slot into `bytes` and counts them as sent. Returns what is to
    /// be sent behind them: [`Event::Drained`] has to follow.
    pub fn outgoing(&mut self, index: usize, now_ns: u64, bytes: &mut Vec<u8>) -> Option<Piece> {
        bytes.clear();
        if self.slots[index].connection.is_multiplexed() {
            self.outgoing_streams(index, now_ns, bytes);
            self.drive.count_sent(bytes.len() as u64, now_ns);
            return None;
        }
        let user = self.user(index);
        let slot = &mut self.slots[index];
        let requests = &self.shape.requests[slot.target];
        slot.connection.take_replies(requests, bytes);
        if slot.phase != Phase::Open {
            return None;
        }
        let begins = slot.connection.unsent() > 0;
        let jar = match &self.drive.pacing {
            Pacing::Users(users) => Some(users.jar(user)),
            Pacing::Closed | Pacing::Open(_) => None,
        };
        let clock_s = || unix_s(self.real_offset_ns, now_ns);
        for (request, token) in slot.connection.to_send() {
            let request = &requests[request];
            let encrypted = self.shape.encrypted[slot.target];
            let cookies = jar.and_then(|jar| jar.header(request.path(), encrypted, clock_s()));
            if slot.connection.deflates() {
                request.write_compressed(token, self.deflater.get_or_insert_default(), bytes);
            } else {
                request.write(token, cookies.as_deref(), bytes);
            }
            if let Some(deliveries) = &mut self.drive.tally.deliveries {
                let listeners = self.drive.open.saturating_sub(1);
                deliveries.due += listeners;
                self.broadcast.send(token, now_ns, listeners);
            }
        }
        let first = slot.lane + slot.connection.len() - slot.connection.unsent();
        for (offset, due_ns) in slot.connection.sent(now_ns).enumerate() {
            let lane = (first + offset) % self.shape.pipeline;
            let member = index * self.shape.pipeline + lane;
            self.deadlines.set(member, now_ns + self.shape.timeout_ns);
            let possible_ns = due_ns.max(slot.free_since_ns);
            self.drive.count_lateness(due_ns, now_ns.saturating_sub(possible_ns));
        }
        self.drive.count_sent(bytes.len() as u64, now_ns);
        self.next_piece(index, begins, now_ns)
    }
}
