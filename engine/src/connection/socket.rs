//! The WebSocket of a connection: its upgrade, the frames that come, and what is sent back.

use super::received::{Between, Received};
use crate::websocket::frame::{self, Opcode};
use crate::websocket::{
    Kind, MessageProgress, MessageReader, Upgrade, UpgradeProgress, UpgradeReader, NO_CODE,
};

const NORMAL: u16 = 1000;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// It is not connected.
    #[default]
    Idle,
    /// The upgrade has to be sent.
    Begins {
        nonce: u128,
    },
    Upgrading {
        nonce: u128,
    },
    Open,
}

/// What some bytes have brought.
pub enum Arrived {
    Message {
        consumed: usize,
        kind: Kind,
    },
    Other(Received),
    /// The connection has to be closed.
    Violation,
}

/// One at a time on each connection; what is said is [`WebSocket::take_replies`]'s, but for messages.
#[derive(Debug, Default)]
pub struct WebSocket {
    state: State,
    upgrade: UpgradeReader,
    messages: MessageReader,
    /// Both sides have agreed to compress messages.
    deflates: bool,
    /// Frames that control the connection and are to be sent.
    replies: Vec<u8>,
    /// How many of them there were: each has a key of its own.
    replied: u64,
}

impl WebSocket {
    /// Begins the upgrade, if it was not begun. Returns whether it did.
    pub fn begin(&mut self, nonce: u128) -> bool {
        let begins = self.state == State::Idle;
        if begins {
            self.replies.clear();
            self.state = State::Begins { nonce };
        }
        begins
    }

    pub fn deflates(&self) -> bool {
        self.deflates
    }

    pub fn is_upgrading(&self) -> bool {
        matches!(self.state, State::Begins { .. } | State::Upgrading { .. })
    }

    /// Appends what is to be sent beside messages.
    pub fn take_replies(&mut self, upgrade: &Upgrade, out: &mut Vec<u8>) {
        if let State::Begins { nonce } = self.state {
            upgrade.write(nonce, out);
            self.state = State::Upgrading { nonce };
        }
        out.append(&mut self.replies);
    }

    pub fn receive(
        &mut self,
        bytes: &[u8],
        upgrade: Option<&Upgrade>,
        body: &mut impl FnMut(&[u8]),
    ) -> Arrived {
        if let (State::Upgrading { nonce }, Some(upgrade)) = (self.state, upgrade) {
            return Arrived::Other(match self.upgrade.feed(bytes, upgrade, nonce) {
                UpgradeProgress::Partial => Received::Partial,
                UpgradeProgress::Refused(refusal) => Received::Refused(refusal),
                UpgradeProgress::Upgraded { consumed, deflates } => {
                    self.state = State::Open;
                    self.deflates = deflates;
                    self.messages.deflate(deflates);
                    Received::Upgraded { consumed, deflates }
                }
            });
        }
        let between = |consumed, between| Arrived::Other(Received::Between { consumed, between });
        match self.messages.feed(bytes, body) {
            Ok(MessageProgress::Partial) => Arrived::Other(Received::Partial),
            Ok(MessageProgress::Message { consumed, kind }) => Arrived::Message { consumed, kind },
            Ok(MessageProgress::Ping { consumed }) => {
                let payload = self.messages.control();
                self.replied += 1;
                frame::write_control(
                    &mut self.replies,
                    Opcode::Pong,
                    payload,
                    frame::key(self.replied),
                );
                between(consumed, Between::Ping)
            }
            Ok(MessageProgress::Pong { consumed }) => between(consumed, Between::Pong),
            Ok(MessageProgress::Close { code, .. }) => {
                self.close(code);
                Arrived::Other(Received::Closing { code })
            }
            Err(violation) => {
                self.close(violation.code());
                Arrived::Violation
            }
        }
    }

    /// The client ends the connection, as it has what it wanted. Returns whether it is open.
    pub fn say_close(&mut self) -> bool {
        let is_open = self.state == State::Open;
        if is_open && self.replies.is_empty() {
            self.close(NORMAL);
        }
        is_open
    }

    /// Prepares for another connection. What is to be sent on the present one stays.
    pub fn reset(&mut self) {
        self.state = State::Idle;
        self.deflates = false;
        self.upgrade.reset();
        self.messages.reset();
    }

    fn close(&mut self, code: u16) {
        self.replied += 1;
        let payload = if code == NO_CODE { vec![] } else { code.to_be_bytes().to_vec() };
        frame::write_control(&mut self.replies, Opcode::Close, &payload, frame::key(self.replied));
    }
}
