//! The messages of a server, from bytes that may be cut anywhere, and what comes between them.

use super::deflate::{Broken, Inflater};
use super::frame::{parse_head, Head, Invalid, Opcode, LONGEST_HEAD, MOST_CONTROL_BYTES};
use super::utf8::{NotUtf8, Utf8};

/// How a message is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    Binary,
}

impl Kind {
    pub fn opcode(self) -> Opcode {
        match self {
            Self::Text => Opcode::Text,
            Self::Binary => Opcode::Binary,
        }
    }
}

/// Stands for the code of a close frame without one (RFC 6455, 7.4.1).
pub const NO_CODE: u16 = 1005;

/// The server has broken the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Violation {
    Protocol,
    /// A text, or the reason of a close, is none.
    NotUtf8,
}

impl Violation {
    /// The code that a server is told it by (RFC 6455, 7.4.1).
    pub fn code(self) -> u16 {
        match self {
            Self::Protocol => 1002,
            Self::NotUtf8 => 1007,
        }
    }
}

impl From<NotUtf8> for Violation {
    fn from(_: NotUtf8) -> Self {
        Self::NotUtf8
    }
}

impl From<Broken> for Violation {
    fn from(_: Broken) -> Self {
        Self::Protocol
    }
}

impl From<Invalid> for Violation {
    fn from(_: Invalid) -> Self {
        Self::Protocol
    }
}

/// What some bytes have brought; `consumed` of them are part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageProgress {
    /// All bytes were consumed, and nothing is complete.
    Partial,
    Message {
        consumed: usize,
        kind: Kind,
    },
    /// [`MessageReader::control`] has what a pong has to repeat.
    Ping {
        consumed: usize,
    },
    Pong {
        consumed: usize,
    },
    /// The server ends the connection.
    Close {
        consumed: usize,
        code: u16,
    },
}

/// Reads the frames of one connection in order.
#[derive(Debug, Default)]
pub struct MessageReader {
    /// The start of a head that is cut.
    begun: [u8; LONGEST_HEAD],
    begun_bytes: usize,
    /// The present frame, and how much of its payload is missing.
    frame: Option<(Head, u64)>,
    /// The message whose frames arrive.
    message: Option<Kind>,
    /// That message is compressed.
    is_compressed: bool,
    utf8: Utf8,
    /// Messages may be compressed; the state is made for the first one that is.
    deflates: bool,
    inflater: Option<Box<Inflater>>,
    /// The payload of a frame that controls the connection.
    control: Vec<u8>,
}

impl MessageReader {
    /// Reads received bytes and passes the pieces of a message to `body`.
    pub fn feed(
        &mut self,
        input: &[u8],
        body: &mut impl FnMut(&[u8]),
    ) -> Result<MessageProgress, Violation> {
        let mut at = 0;
        loop {
            let Some((head, missing)) = self.frame else {
                let rest = &input[at..];
                let Some(taken) = self.take_head(rest)? else {
                    return Ok(MessageProgress::Partial);
                };
                at += taken;
                continue;
            };
            let rest = &input[at..];
            let here = usize::try_from(missing).unwrap_or(usize::MAX).min(rest.len());
            self.take_payload(head, &rest[..here], body)?;
            at += here;
            let missing = missing - here as u64;
            if missing > 0 {
                self.frame = Some((head, missing));
                return Ok(MessageProgress::Partial);
            }
            self.frame = None;
            if let Some(progress) = self.end_of(head, at, body)? {
                return Ok(progress);
            }
        }
    }

    /// The payload of the last frame that controls the connection.
    pub fn control(&self) -> &[u8] {
        &self.control
    }

    /// Allows messages that are compressed, on the present connection.
    pub fn deflate(&mut self, deflates: bool) {
        self.deflates = deflates;
    }

    /// Prepares for another connection.
    pub fn reset(&mut self) {
        self.begun_bytes = 0;
        self.frame = None;
        self.message = None;
        self.deflates = false;
        if let Some(inflater) = &mut self.inflater {
            inflater.reset();
        }
        self.utf8 = Utf8::default();
        self.control.clear();
    }

    /// Reads a head. Returns how many of the bytes it took, None if it needs more.
    fn take_head(&mut self, rest: &[u8]) -> Result<Option<usize>, Violation> {
        let before = self.begun_bytes;
        let added = rest.len().min(LONGEST_HEAD - before);
        self.begun[before..before + added].copy_from_slice(&rest[..added]);
        let Some((length, head)) = parse_head(&self.begun[..before + added], self.deflates)? else {
            self.begun_bytes += added;
            return Ok(None);
        };
        self.begun_bytes = 0;
        match head.opcode {
            Opcode::Close | Opcode::Ping | Opcode::Pong => self.control.clear(),
            Opcode::Continuation if self.message.is_none() => return Err(Violation::Protocol),
            Opcode::Continuation => {}
            Opcode::Text | Opcode::Binary if self.message.is_some() => {
                return Err(Violation::Protocol)
            }
            Opcode::Text => self.message = Some(Kind::Text),
            Opcode::Binary => self.message = Some(Kind::Binary),
        }
        if matches!(head.opcode, Opcode::Text | Opcode::Binary) {
            self.is_compressed = head.is_compressed;
        }
        self.frame = Some((head, head.payload_bytes));
        Ok(Some(length - before))
    }

    fn take_payload(
        &mut self,
        head: Head,
        piece: &[u8],
        body: &mut impl FnMut(&[u8]),
    ) -> Result<(), Violation> {
        if head.opcode.is_control() {
            debug_assert!(self.control.len() + piece.len() <= MOST_CONTROL_BYTES);
            self.control.extend_from_slice(piece);
            return Ok(());
        }
        let Some(kind) = self.message else { return Err(Violation::Protocol) };
        let mut take = taker(&mut self.utf8, kind, body);
        if self.is_compressed {
            self.inflater.get_or_insert_default().feed(piece, &mut take)
        } else {
            take(piece)
        }
    }

    /// A frame is complete. None: its message goes on.
    fn end_of(
        &mut self,
        head: Head,
        consumed: usize,
        body: &mut impl FnMut(&[u8]),
    ) -> Result<Option<MessageProgress>, Violation> {
        Ok(Some(match head.opcode {
            Opcode::Ping => MessageProgress::Ping { consumed },
            Opcode::Pong => MessageProgress::Pong { consumed },
            Opcode::Close => MessageProgress::Close { consumed, code: close_code(&self.control)? },
            Opcode::Continuation | Opcode::Text | Opcode::Binary => {
                if !head.is_final {
                    return Ok(None);
                }
                let Some(kind) = self.message else { return Err(Violation::Protocol) };
                if self.is_compressed {
                    let mut take = taker(&mut self.utf8, kind, body);
                    self.inflater.get_or_insert_default().end(&mut take)?;
                }
                self.message = None;
                if kind == Kind::Text {
                    self.utf8.end()?;
                }
                MessageProgress::Message { consumed, kind }
            }
        }))
    }
}

/// Takes pieces of a message as they were before they were compressed.
fn taker<'a>(
    utf8: &'a mut Utf8,
    kind: Kind,
    body: &'a mut impl FnMut(&[u8]),
) -> impl FnMut(&[u8]) -> Result<(), Violation> + 'a {
    move |piece| {
        if kind == Kind::Text {
            utf8.take(piece)?;
        }
        body(piece);
        Ok(())
    }
}

/// The code of a close frame, which a reason in UTF-8 may follow.
fn close_code(payload: &[u8]) -> Result<u16, Violation> {
    let Some((&code, reason)) = payload.split_first_chunk() else {
        return if payload.is_empty() { Ok(NO_CODE) } else { Err(Violation::Protocol) };
    };
    let code = u16::from_be_bytes(code);
    if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
        return Err(Violation::Protocol);
    }
    if std::str::from_utf8(reason).is_err() {
        return Err(Violation::NotUtf8);
    }
    Ok(code)
}

#[cfg(test)]
#[path = "messages_tests.rs"]
mod tests;
