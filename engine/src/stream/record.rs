//! What one stream has brought: its moments, and its events by their order.

use super::order::{Order, Place};

/// Events of one stream by their order, and those that lack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EventRecord {
    /// Behind all before, or of a stream whose events have no numbers.
    pub in_order: u64,
    pub late: u64,
    pub repeated: u64,
    /// Without a number where each event was to have one, or with one that counts nothing.
    pub unnumbered: u64,
    /// Their numbers were skipped.
    pub lost: u64,
}

impl EventRecord {
    /// How many have come.
    pub fn came(&self) -> u64 {
        self.in_order + self.late + self.repeated + self.unnumbered
    }
}

/// A stream so far. Moments are readings of the monotonic clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StreamRecord {
    /// The head of its response is complete.
    pub head_ns: Option<u64>,
    /// The first byte behind it.
    pub first_byte_ns: Option<u64>,
    pub first_event_ns: Option<u64>,
    pub last_event_ns: Option<u64>,
    pub events: EventRecord,
    pub comments: u64,
    /// The server has ended it in order.
    pub is_complete: bool,
    order: Order,
}

impl StreamRecord {
    /// Adds an event; `is_numbered` says whether each is to have a number. Returns the time since
    /// the event before.
    pub fn take(&mut self, number: Option<u64>, is_numbered: bool, now_ns: u64) -> Option<u64> {
        let events = &mut self.events;
        match number.map(|number| self.order.take(number)) {
            Some(Place::Next { skipped }) => {
                events.in_order += 1;
                events.lost += skipped;
            }
            Some(Place::Late) => {
                events.late += 1;
                events.lost -= 1;
            }
            Some(Place::Repeated) => events.repeated += 1,
            Some(Place::Stray) => events.unnumbered += 1,
            None if is_numbered => events.unnumbered += 1,
            None => events.in_order += 1,
        }
        self.first_event_ns.get_or_insert(now_ns);
        self.last_event_ns.replace(now_ns).map(|last_ns| now_ns.saturating_sub(last_ns))
    }

    /// Did all its events come together, at the end of a time in which the client waited for them?
    /// `sent_ns` is the moment of its request.
    pub fn came_together(&self, sent_ns: u64) -> bool {
        let (Some(first_ns), Some(last_ns)) = (self.first_event_ns, self.last_event_ns) else {
            return false;
        };
        let whole_ns = last_ns.saturating_sub(sent_ns);
        let is_instant = last_ns.saturating_sub(first_ns).saturating_mul(TOGETHER) < whole_ns;
        self.events.came() > 1 && is_instant && whole_ns >= SHORTEST_WAIT_NS
    }
}

/// Events have come together if they took less than this part of the whole.
const TOGETHER: u64 = 20;
/// A stream that takes less is over at once, whether something holds it back or not.
const SHORTEST_WAIT_NS: u64 = 50_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    fn record(moments_ms: &[u64]) -> StreamRecord {
        let mut record = StreamRecord::default();
        for &moment in moments_ms {
            record.take(None, false, moment * MS);
        }
        record
    }

    #[test]
    fn gaps_lie_between_events() {
        let mut record = StreamRecord::default();
        let gaps = [10, 10, 35].map(|moment| record.take(None, false, moment));
        assert_eq!(gaps, [None, Some(0), Some(25)]);
        assert_eq!(record.events, EventRecord { in_order: 3, ..EventRecord::default() });
    }

    #[test]
    fn what_comes_late_is_lost_no_more() {
        let mut record = StreamRecord::default();
        for number in [Some(1), Some(4), Some(2), Some(4), None] {
            record.take(number, true, 0);
        }
        let events = EventRecord { in_order: 2, late: 1, repeated: 1, unnumbered: 1, lost: 1 };
        assert_eq!(record.events, events);
        assert_eq!(events.came(), 5);
    }

    #[test]
    fn a_stream_that_was_held_back_comes_together_and_late() {
        assert!(record(&[1_000, 1_000, 1_002]).came_together(0));
        assert!(!record(&[100, 500, 1_000]).came_together(0), "it flows");
        assert!(!record(&[1_000]).came_together(0), "one event is no stream");
        assert!(!record(&[20, 20]).came_together(0), "it is over at once");
        assert!(!record(&[]).came_together(0));
    }
}
