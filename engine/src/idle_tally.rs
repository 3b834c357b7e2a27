//! The result of a drive that opens connections and holds them: how many stay, and when others end.

use crate::histogram::Histogram;

/// Connections after their one response, which they had inside the drive.
#[derive(Clone, Debug, Default)]
pub struct IdleTally {
    /// Open when the drive ended.
    pub held: u64,
    /// The server ended them with their response.
    pub not_kept: u64,
    /// Until the server ended them, from their response on.
    pub closed_after: Histogram,
    /// Of those, the server reset so many.
    pub resets: u64,
}

impl IdleTally {
    /// The server has ended a connection that was idle for so long.
    pub fn close(&mut self, idle_ns: u64, is_reset: bool) {
        self.closed_after.record(idle_ns);
        self.resets += u64::from(is_reset);
    }

    /// Adds the tally of another thread.
    pub fn merge(&mut self, other: &Self) {
        self.held += other.held;
        self.not_kept += other.not_kept;
        self.closed_after.merge(&other.closed_after);
        self.resets += other.resets;
    }
}
