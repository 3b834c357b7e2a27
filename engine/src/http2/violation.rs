//! What a server does that HTTP/2 forbids, and what it says when it ends streams and connections.

use super::hpack::Invalid;

/// The codes that end streams and connections (RFC 9113, 7), as far as they are of use here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Code {
    NoError = 0,
    Protocol = 1,
    FlowControl = 3,
    StreamClosed = 5,
    FrameSize = 6,
    RefusedStream = 7,
    Cancel = 8,
    Compression = 9,
    EnhanceYourCalm = 11,
}

/// Why a connection cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Violation {
    /// A frame is longer than allowed, or has another length than its kind.
    FrameSize,
    /// A stream that this side has not opened, or none where one is needed.
    StreamId,
    /// Frames on a stream after its end.
    AfterEnd,
    /// More data than the windows allow, or a window that grows too large.
    FlowControl,
    /// Header fields that cannot be decoded.
    Compression,
    /// The connection's window is changed by nothing.
    EmptyUpdate,
    /// A head that is larger than allowed, or comes in too many frames.
    HeadTooLarge,
    /// A head is not continued, or what was not begun is.
    Continuation,
    /// Padding that is longer than its frame.
    Padding,
    /// A setting with an impossible value.
    Settings,
    /// A push, although that is switched off.
    Push,
    /// Thousands of frames that ask for answers, and nothing else.
    Flood,
}

/// The name of each in all outputs.
pub const VIOLATIONS: [(&str, Violation); 12] = [
    ("frame-size", Violation::FrameSize),
    ("stream-id", Violation::StreamId),
    ("after-end", Violation::AfterEnd),
    ("flow-control", Violation::FlowControl),
    ("empty-update", Violation::EmptyUpdate),
    ("compression", Violation::Compression),
    ("head-too-large", Violation::HeadTooLarge),
    ("continuation", Violation::Continuation),
    ("padding", Violation::Padding),
    ("settings", Violation::Settings),
    ("push", Violation::Push),
    ("flood", Violation::Flood),
];

impl Violation {
    /// The name in all outputs.
    pub fn name(self) -> &'static str {
        VIOLATIONS.iter().find(|(_, violation)| *violation == self).map_or("", |&(name, _)| name)
    }

    /// What the server is told.
    pub fn code(self) -> Code {
        match self {
            Self::FrameSize => Code::FrameSize,
            Self::AfterEnd => Code::StreamClosed,
            Self::FlowControl => Code::FlowControl,
            Self::Compression => Code::Compression,
            Self::HeadTooLarge | Self::Flood => Code::EnhanceYourCalm,
            Self::StreamId
            | Self::EmptyUpdate
            | Self::Continuation
            | Self::Padding
            | Self::Settings
            | Self::Push => Code::Protocol,
        }
    }
}

impl From<Invalid> for Violation {
    fn from(invalid: Invalid) -> Self {
        match invalid {
            Invalid::TooLarge => Self::HeadTooLarge,
            _ => Self::Compression,
        }
    }
}

/// Why a connection does not become one of HTTP/2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The server answers in HTTP/1.
    Http1,
    /// It sends something else.
    OtherProtocol,
    /// It did not choose HTTP/2 when the encryption was agreed (ALPN).
    NotNegotiated,
    /// It closed the connection.
    Closed,
    /// It said nothing.
    Silent,
}

impl Refusal {
    /// Is it the same for each connection?
    pub fn is_final(self) -> bool {
        matches!(self, Self::Http1 | Self::OtherProtocol | Self::NotNegotiated)
    }

    /// The name in all outputs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Http1 => "http1",
            Self::OtherProtocol => "other-protocol",
            Self::NotNegotiated => "not-negotiated",
            Self::Closed => "closed",
            Self::Silent => "silent",
        }
    }
}
