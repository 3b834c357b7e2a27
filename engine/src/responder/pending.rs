//! Requests that wait for their response.

use super::outbox::ResponseKind;
use super::response_plan::Form;

/// The interim response to `Expect: 100-continue`.
pub const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// A request that waits for its response.
#[derive(Clone, Copy, Debug)]
pub struct Pending {
    /// The response is [`CONTINUE`]. The final one is another entry.
    pub is_interim: bool,
    pub received_ns: u64,
    pub due_ns: u64,
    pub token_bytes: usize,
    pub kind: ResponseKind,
    pub form: Form,
}

impl Pending {
    /// An interim response, which is not counted.
    pub fn interim(received_ns: u64) -> Self {
        Self {
            is_interim: true,
            received_ns,
            due_ns: received_ns,
            token_bytes: 0,
            kind: ResponseKind::Regular,
            form: Form::MALFORMED,
        }
    }
}
