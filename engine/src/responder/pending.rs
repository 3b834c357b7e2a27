//! What a connection still has to write.

use super::outbox::Step;
use super::page::Form;

pub const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// A request that waits for its answer.
#[derive(Clone, Copy, Debug)]
pub struct Pending {
    /// Its body may come: the answer is another one, after that.
    pub is_interim: bool,
    pub received_ns: u64,
    pub due_ns: u64,
    pub token_bytes: usize,
    pub step: Step,
    pub form: Form,
}

impl Pending {
    /// The word that a body may come; it counts for nothing.
    pub fn interim(received_ns: u64) -> Self {
        Self {
            is_interim: true,
            received_ns,
            due_ns: received_ns,
            token_bytes: 0,
            step: Step::Usual,
            form: Form::MALFORMED,
        }
    }
}
