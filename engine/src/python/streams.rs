//! What a drive tells of streams and of idle connections, for Python.

use std::collections::BTreeMap;

use pyo3::exceptions::PyValueError;
use pyo3::PyResult;

use super::histogram::Histogram;
use crate::idle_tally::IdleTally;
use crate::stream::{Needle, Numbers, Stream, StreamKind};
use crate::stream_tally::StreamTally;

type Counts = BTreeMap<&'static str, u64>;

/// (events by outcome, other counts, times, Content-Type of a response that was no stream)
pub type StreamsOfPython = (Counts, Counts, BTreeMap<&'static str, Histogram>, Option<String>);

/// (held, ended with their response, reset, until the server ended them)
pub type IdleOfPython = (u64, u64, u64, Histogram);

pub fn streams_of(tally: &StreamTally) -> StreamsOfPython {
    let (events, orders) = (tally.events, tally.orders);
    let by_outcome = BTreeMap::from([
        ("arrivals", events.arrivals),
        ("ok", events.ok),
        ("wrong", events.wrong),
        ("error", events.error),
        ("timeout", events.timeout),
        ("censored", events.censored),
    ]);
    let others = BTreeMap::from([
        ("late", orders.late),
        ("repeated", orders.repeated),
        ("unnumbered", orders.unnumbered),
        ("lost", orders.lost),
        ("comments", tally.comments),
        ("most_held", tally.most_held),
        ("left", tally.left),
        ("complete", tally.complete),
        ("silent", tally.silent),
        ("several", tally.several),
        ("together", tally.together),
    ]);
    let times = [
        ("head", &tally.head_time),
        ("first_byte", &tally.first_byte_time),
        ("first_event", &tally.first_event_time),
        ("gap", &tally.gap),
    ];
    let times = times.into_iter().map(|(name, time)| (name, Histogram(time.clone()))).collect();
    (by_outcome, others, times, tally.other_type.clone())
}

pub fn idle_of(tally: &IdleTally) -> IdleOfPython {
    let closed_after = Histogram(tally.closed_after.clone());
    (tally.held, tally.not_kept, tally.resets, closed_after)
}

/// Makes a stream of its kind's name; `numbers` is `id`, or the text before a number in the data.
pub fn stream_of(kind: &str, numbers: Option<&str>, events: Option<u64>) -> PyResult<Stream> {
    let invalid = |what: String| Err(PyValueError::new_err(what));
    let kind = match kind {
        "sse" => StreamKind::Sse,
        "chunks" => StreamKind::Chunks,
        other => return invalid(format!("{other:?} is no kind of stream")),
    };
    if events == Some(0) {
        return invalid("a stream has to have an event".to_owned());
    }
    let numbers = match numbers {
        None => None,
        Some(_) if kind == StreamKind::Chunks => {
            return invalid("chunks have no numbers".to_owned());
        }
        Some("id") => Some(Numbers::Id),
        Some(text) => match Needle::new(text.as_bytes()) {
            Ok(needle) => Some(Numbers::Behind(needle.into())),
            Err(_) => return invalid(format!("{text:?} has to have 1 to 64 bytes in one line")),
        },
    };
    Ok(Stream { kind, numbers, events })
}
