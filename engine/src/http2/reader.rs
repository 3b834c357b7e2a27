//! Frames from bytes that may be cut anywhere. Data is passed on as it comes, the rest in whole.

use std::ops::Range;

use super::frame::{self, FrameHead, FIRST_FRAME_BYTES, HEAD_BYTES};
use super::violation::{Refusal, Violation};

/// What some bytes have brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// All bytes were consumed.
    NeedsMore,
    /// A frame other than DATA.
    Frame { head: FrameHead, payload: Payload },
    /// A part of DATA, without its padding.
    Data {
        head: FrameHead,
        /// Where in the bytes it stands.
        place: Range<usize>,
        /// It is the first part: the whole frame counts against the windows now.
        begins: bool,
        ends: bool,
    },
}

/// Where the payload of a frame is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload {
    Here(Range<usize>),
    /// It came in pieces, which were put together: [`FrameReader::lend`] has it.
    Buffered,
}

/// Why a connection cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// It begins with something else than HTTP/2.
    Refused(Refusal),
    Violated(Violation),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Head,
    Payload(FrameHead),
    Data(Data),
}

/// The DATA frame that is being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Data {
    head: FrameHead,
    /// What is still to come, padding included.
    missing: usize,
    /// None: the byte with its length is still to be read.
    padding: Option<usize>,
    begins: bool,
}

/// Reads the frames of one connection in order.
#[derive(Clone, Debug, Default)]
pub struct FrameReader {
    state: State,
    /// The start of a head that is cut.
    begun: [u8; HEAD_BYTES],
    begun_bytes: usize,
    /// The start of a payload that is cut.
    buffer: Vec<u8>,
    /// The first frame was read: settings.
    has_begun: bool,
}

impl FrameReader {
    /// Reads on. Returns how many of the bytes it took.
    pub fn next(&mut self, input: &[u8]) -> Result<(usize, Step), Unreadable> {
        let mut at = 0;
        if self.state == State::Head {
            let added = input.len().min(HEAD_BYTES - self.begun_bytes);
            self.begun[self.begun_bytes..][..added].copy_from_slice(&input[..added]);
            self.begun_bytes += added;
            if self.begun_bytes < HEAD_BYTES {
                return Ok((added, Step::NeedsMore));
            }
            at = added;
            self.begun_bytes = 0;
            self.enter(FrameHead::read(&self.begun))?;
        }
        match self.state {
            State::Data(data) => self.data(input, at, data),
            State::Payload(head) => Ok(self.whole(input, at, head)),
            State::Head => Ok((at, Step::NeedsMore)),
        }
    }

    /// Lends the payload that was put together, to be given back.
    pub fn lend(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.buffer)
    }

    pub fn give_back(&mut self, buffer: Vec<u8>) {
        self.buffer = buffer;
    }

    /// Prepares for another connection.
    pub fn reset(&mut self) {
        self.state = State::Head;
        self.begun_bytes = 0;
        self.buffer.clear();
        self.has_begun = false;
    }

    fn enter(&mut self, head: FrameHead) -> Result<(), Unreadable> {
        if !self.has_begun {
            if self.begun.starts_with(b"HTTP/") {
                return Err(Unreadable::Refused(Refusal::Http1));
            }
            if head.kind != frame::SETTINGS || head.has(frame::ACK) || head.stream != 0 {
                return Err(Unreadable::Refused(Refusal::OtherProtocol));
            }
            self.has_begun = true;
        }
        if head.payload_bytes > FIRST_FRAME_BYTES {
            return Err(Unreadable::Violated(Violation::FrameSize));
        }
        self.buffer.clear();
        self.state = if head.kind == frame::DATA {
            let padding = if head.has(frame::PADDED) { None } else { Some(0) };
            State::Data(Data { head, missing: head.payload_bytes, padding, begins: true })
        } else {
            State::Payload(head)
        };
        Ok(())
    }

    fn whole(&mut self, input: &[u8], at: usize, head: FrameHead) -> (usize, Step) {
        let missing = head.payload_bytes - self.buffer.len();
        let here = &input[at..];
        if here.len() < missing {
            self.buffer.extend_from_slice(here);
            return (input.len(), Step::NeedsMore);
        }
        self.state = State::Head;
        let end = at + missing;
        let payload = if self.buffer.is_empty() {
            Payload::Here(at..end)
        } else {
            self.buffer.extend_from_slice(&here[..missing]);
            Payload::Buffered
        };
        (end, Step::Frame { head, payload })
    }

    fn data(
        &mut self,
        input: &[u8],
        mut at: usize,
        mut data: Data,
    ) -> Result<(usize, Step), Unreadable> {
        let Data { head, begins, .. } = data;
        if !begins && at == input.len() && data.missing > 0 {
            return Ok((at, Step::NeedsMore));
        }
        if data.padding.is_none() {
            // A frame without the byte is shorter than its padding.
            if data.missing == 0 {
                return Err(Unreadable::Violated(Violation::Padding));
            }
            let Some(&padding) = input.get(at) else { return Ok((at, Step::NeedsMore)) };
            at += 1;
            data.missing -= 1;
            if usize::from(padding) > data.missing {
                return Err(Unreadable::Violated(Violation::Padding));
            }
            data.padding = Some(usize::from(padding));
        }
        let padding = data.padding.unwrap_or(0);
        let here = (input.len() - at).min(data.missing);
        let content = here.min(data.missing.saturating_sub(padding));
        data.missing -= here;
        data.begins = false;
        let ends = data.missing == 0;
        if ends {
            self.state = State::Head;
        } else {
            // What is missing may be padding alone, or a part of it.
            data.padding = Some(padding.min(data.missing));
            self.state = State::Data(data);
        }
        Ok((at + here, Step::Data { head, place: at..at + content, begins, ends }))
    }
}
