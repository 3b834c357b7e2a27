//! Bytes that wait to be written to a socket, and the responses that they complete.

use std::collections::VecDeque;

use super::response_plan::Form;

/// The kind of response that a request gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseKind {
    Regular,
    /// The index of the fault in the configuration.
    Fault(usize),
    /// The response to bytes that are not a request.
    Malformed,
}

/// A response whose last byte is in the outbox.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    pub kind: ResponseKind,
    pub received_ns: u64,
    /// Its offset from the first byte that was ever in this outbox.
    end: u64,
}

/// A body of which a part is not in the outbox yet.
#[derive(Clone, Copy, Debug)]
pub struct Tail {
    pub kind: ResponseKind,
    pub form: Form,
    pub received_ns: u64,
    /// How many bytes of the body are in the outbox.
    pub written: usize,
}

/// Bytes for one socket, and marks where responses end.
#[derive(Default)]
pub struct Outbox {
    pub bytes: Vec<u8>,
    sent: usize,
    /// Sent bytes that were removed.
    removed: u64,
    marks: VecDeque<Mark>,
    pub tail: Option<Tail>,
}

impl Outbox {
    pub fn unsent(&self) -> &[u8] {
        &self.bytes[self.sent..]
    }

    /// The first bytes of [`Outbox::unsent`] are sent.
    pub fn advance(&mut self, bytes: usize) {
        self.sent += bytes;
        if self.sent == self.bytes.len() {
            self.removed += self.sent as u64;
            self.bytes.clear();
            self.sent = 0;
        }
    }

    /// Marks the last byte as the end of a response.
    pub fn mark(&mut self, kind: ResponseKind, received_ns: u64) {
        let end = self.removed + self.bytes.len() as u64;
        self.marks.push_back(Mark { kind, received_ns, end });
    }

    /// Takes the oldest response if all its bytes are sent.
    pub fn take_sent(&mut self) -> Option<Mark> {
        let sent = self.removed + self.sent as u64;
        self.marks.front().filter(|mark| mark.end <= sent)?;
        self.marks.pop_front()
    }

    /// Is there nothing left to send or to record?
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty() && self.marks.is_empty() && self.tail.is_none()
    }
}
