//! What only uploads have.

/// Uploads by how they were sent, since the start of the lead-in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UploadTally {
    /// Were answered before their body was sent: the rest of it was not, and the connection closed.
    pub cut_short: u64,
    /// Waited for the server to ask for the body, and it did.
    pub invited: u64,
    /// Waited as long as a client should, and were sent without having been asked for.
    pub uninvited: u64,
}

impl UploadTally {
    /// Adds the uploads of another thread.
    pub fn merge(&mut self, other: &Self) {
        self.cut_short += other.cut_short;
        self.invited += other.invited;
        self.uninvited += other.uninvited;
    }
}
