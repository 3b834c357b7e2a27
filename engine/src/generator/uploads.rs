//! Bodies that are sent in pieces: what follows the head of a request, and when.

use super::{Action, Generator};
use crate::upload::Piece;

/// So long a client waits for a server to ask for a body (RFC 9110, 10.1.1: not indefinitely).
pub(super) const CONTINUE_NS: u64 = 1_000_000_000;

impl Generator {
    /// What of a body is sent now: behind the head of its request, which `begins` it, or behind the
    /// piece before.
    pub(super) fn next_piece(&mut self, index: usize, begins: bool, now_ns: u64) -> Option<Piece> {
        if !self.has_uploads {
            return None;
        }
        let slot = &mut self.slots[index];
        let requests = &self.shape.requests[slot.target];
        if begins && slot.connection.begin_upload(requests) {
            self.continues.set(index, now_ns + CONTINUE_NS);
        }
        slot.connection.next_piece(requests)
    }

    /// A piece was sent. Bytes count when a whole piece is.
    pub(super) fn drained(&mut self, index: usize, now_ns: u64) {
        let slot = &mut self.slots[index];
        let requests = &self.shape.requests[slot.target];
        let bytes = slot.connection.piece_sent(requests);
        if slot.connection.is_uploading() {
            self.actions.push_back(Action::Send(index));
        }
        self.drive.count_sent(bytes as u64, now_ns);
    }

    /// The server has asked for the body of a request.
    pub(super) fn invited(&mut self, index: usize) {
        self.continues.clear(index);
        self.drive.tally.uploads.invited += 1;
        self.actions.push_back(Action::Send(index));
    }

    /// Sends the bodies that servers have not asked for in time.
    pub(super) fn send_unasked(&mut self, now_ns: u64) {
        while let Some(index) = self.continues.expired(now_ns) {
            self.continues.clear(index);
            if self.slots[index].connection.send_unasked() {
                self.drive.tally.uploads.uninvited += 1;
                self.actions.push_back(Action::Send(index));
            }
        }
    }

    /// A connection has nothing to ask for any longer.
    pub(super) fn forget_upload(&mut self, index: usize) {
        if self.has_uploads {
            self.continues.clear(index);
        }
    }

    /// Counts a response that came before the body of its request was sent.
    pub(super) fn count_cut_short(&mut self, was_uploading: bool) {
        self.drive.tally.uploads.cut_short += u64::from(was_uploading);
    }
}

#[cfg(test)]
#[path = "uploads_tests.rs"]
mod tests;
