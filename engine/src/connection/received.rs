//! What received bytes bring.

use crate::outcome::Ended;
use crate::websocket::UpgradeRefusal;

/// The effect of received bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// The response is incomplete.
    Partial,
    /// The response is incomplete, and the server has asked for the body of the request.
    Continues,
    /// The oldest request has ended; its response took this many of the bytes.
    Ended {
        consumed: usize,
        ended: Ended,
        /// The status of the response, unless it is malformed.
        status: Option<u16>,
        /// If not, the connection has to be closed.
        reusable: bool,
    },
    /// No request is in flight: the connection has to be closed.
    Unsolicited,
    /// WebSocket: messages may be sent, and compressed if it `deflates`.
    Upgraded { consumed: usize, deflates: bool },
    /// WebSocket: the connection does not become one, and has to be closed.
    Refused(UpgradeRefusal),
    /// WebSocket: a frame between messages, or a message that answers none.
    Between { consumed: usize, between: Between },
    /// WebSocket: the server ends the connection. What it is told, [`Connection::take_replies`] has.
    Closing { code: u16 },
}

/// What a WebSocket has between the messages that are answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Between {
    /// What answers it, [`Connection::take_replies`] has.
    Ping,
    Pong,
    /// A message while none was in flight.
    Message,
    /// The same, with the token of a broadcast.
    Heard {
        token: u64,
    },
}
