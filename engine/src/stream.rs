//! Responses whose events come over time: what an event is, their order, and the record of one stream.

mod needle;
mod numbers;
mod order;
mod record;
mod sse;

pub use needle::{InvalidNeedle, Needle};
pub use numbers::Numbers;
pub use order::{Order, Place, MOST_SKIPPED};
pub use record::{EventRecord, StreamRecord};
pub use sse::{EventReader, Sign};

/// The media type of server-sent events.
pub const EVENT_STREAM: &[u8] = b"text/event-stream";

/// How a response is read as a stream.
#[derive(Clone, Debug)]
pub struct Stream {
    pub kind: StreamKind,
    /// Where each event has its number. None: events have none.
    pub numbers: Option<Numbers>,
    /// The client leaves after this many events. None: it stays until the load ends.
    pub events: Option<u64>,
}

/// What an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamKind {
    /// One of a response of type [`EVENT_STREAM`].
    Sse,
    /// A chunk; of a response that is not chunked, what is read at once.
    Chunks,
}

/// Is this value of Content-Type that of server-sent events?
pub fn is_event_stream(content_type: &[u8]) -> bool {
    let media = content_type.split(|&byte| byte == b';').next().unwrap_or_default();
    media.trim_ascii().eq_ignore_ascii_case(EVENT_STREAM)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_and_case_do_not_change_a_media_type() {
        for value in ["text/event-stream", "Text/Event-Stream; charset=utf-8", " text/event-stream "]
        {
            assert!(is_event_stream(value.as_bytes()), "{value:?}");
        }
        for value in ["", "text/html", "text/event-streams", "application/json"] {
            assert!(!is_event_stream(value.as_bytes()), "{value:?}");
        }
    }
}
