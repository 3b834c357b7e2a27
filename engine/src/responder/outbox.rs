//! Responses on their way into a socket.

use std::collections::VecDeque;

use super::page::Form;

/// What is to be done about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Usual,
    /// By its index.
    Fault(usize),
    /// Answers what was no request.
    Malformed,
}

/// A response whose last byte is in the outbox.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    pub step: Step,
    pub received_ns: u64,
    /// Counted from the first byte of this outbox.
    end: u64,
}

/// A body of which a part is still to be put into the outbox.
#[derive(Clone, Copy, Debug)]
pub struct Tail {
    pub step: Step,
    pub form: Form,
    pub received_ns: u64,
    /// How much of the body is in the outbox.
    pub placed: usize,
}

/// Bytes for one socket, and which responses they complete.
#[derive(Default)]
pub struct Outbox {
    pub bytes: Vec<u8>,
    sent: usize,
    /// Bytes that were here and are gone.
    forgotten: u64,
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
            self.forgotten += self.sent as u64;
            self.bytes.clear();
            self.sent = 0;
        }
    }

    /// A response is complete with the last byte.
    pub fn mark(&mut self, step: Step, received_ns: u64) {
        let end = self.forgotten + self.bytes.len() as u64;
        self.marks.push_back(Mark { step, received_ns, end });
    }

    /// Takes a response all of whose bytes are sent.
    pub fn take_sent(&mut self) -> Option<Mark> {
        let sent = self.forgotten + self.sent as u64;
        self.marks.front().filter(|mark| mark.end <= sent)?;
        self.marks.pop_front()
    }

    /// Is there nothing left to be sent or recorded?
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty() && self.marks.is_empty() && self.tail.is_none()
    }
}
