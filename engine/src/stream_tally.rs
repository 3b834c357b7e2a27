//! The result of a drive at streams: how they ended, what became of their events, and when.

use crate::histogram::Histogram;
use crate::outcome::{Ended, Outcome};
use crate::stream::{EventRecord, StreamRecord};

/// Events: how many were due, and what became of them. Due are those that a stream was to have, those
/// that came beyond, and those whose numbers were skipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EventCounts {
    pub arrivals: u64,
    pub ok: u64,
    /// Out of order, repeated, or without a number.
    pub wrong: u64,
    /// Lost: skipped, or due on a stream that failed.
    pub error: u64,
    /// Due on a stream that timed out.
    pub timeout: u64,
    /// Due on a stream that was held when the drive ended.
    pub censored: u64,
}

impl EventCounts {
    fn add(&mut self, other: Self) {
        self.arrivals += other.arrivals;
        self.ok += other.ok;
        self.wrong += other.wrong;
        self.error += other.error;
        self.timeout += other.timeout;
        self.censored += other.censored;
    }

    /// Is every event that was due in one place?
    pub fn adds_up(&self) -> bool {
        self.arrivals == self.ok + self.wrong + self.error + self.timeout + self.censored
    }

    /// The events of a stream that ended so; it was to have `wanted`.
    fn of(outcome: Outcome, events: &EventRecord, wanted: Option<u64>) -> Self {
        let wanted = wanted.unwrap_or(0);
        let missing = wanted.saturating_sub(events.came());
        let mut counts = Self {
            arrivals: wanted.max(events.came()) + events.lost,
            ok: events.in_order,
            wrong: events.late + events.repeated + events.unnumbered,
            error: events.lost,
            ..Self::default()
        };
        match outcome {
            Outcome::Timeout => counts.timeout = missing,
            Outcome::Censored => counts.censored = missing,
            _ => counts.error += missing,
        }
        counts
    }
}

/// Counts and durations of streams, since the start of the lead-in. Durations are those of streams
/// that were due inside the window, from that moment on.
#[derive(Clone, Debug, Default)]
pub struct StreamTally {
    pub events: EventCounts,
    /// Of the events that came, and those that were skipped.
    pub orders: EventRecord,
    pub comments: u64,
    /// The most streams at once that had had an event.
    pub most_held: u64,
    held: u64,
    /// Correct streams that the client ended: after as many events as it wanted, or with the drive.
    pub left: u64,
    /// Correct streams that the server ended.
    pub complete: u64,
    /// Had the head of a response, but never an event.
    pub silent: u64,
    /// Had two events or more.
    pub several: u64,
    /// Of those, had all of them at once and late.
    pub together: u64,
    pub head_time: Histogram,
    pub first_byte_time: Histogram,
    pub first_event_time: Histogram,
    /// From event to event, of those that came inside the window.
    pub gap: Histogram,
    /// The Content-Type of the first response that was to be a stream of events, and was not.
    pub other_type: Option<String>,
}

impl StreamTally {
    /// A stream has its first event.
    pub fn begin(&mut self) {
        self.held += 1;
        self.most_held = self.most_held.max(self.held);
    }

    /// A stream has ended; it was to have so many events. `is_due` says whether it was due inside the
    /// window.
    pub fn end(&mut self, ended: Ended, record: &StreamRecord, wanted: Option<u64>, is_due: bool) {
        let had_event = record.first_event_ns.is_some();
        self.held = self.held.saturating_sub(u64::from(had_event));
        self.comments += record.comments;
        self.events.add(EventCounts::of(ended.outcome, &record.events, wanted));
        self.add_orders(&record.events);
        let is_correct = ended.outcome == Outcome::Ok;
        self.complete += u64::from(is_correct && record.is_complete);
        self.left += u64::from(is_correct && !record.is_complete);
        self.silent += u64::from(record.head_ns.is_some() && !had_event);
        self.several += u64::from(record.events.came() > 1);
        let came_together = ended.sent_ns.is_some_and(|sent_ns| record.came_together(sent_ns));
        self.together += u64::from(came_together);
        if is_due {
            for (moment_ns, time) in [
                (record.head_ns, &mut self.head_time),
                (record.first_byte_ns, &mut self.first_byte_time),
                (record.first_event_ns, &mut self.first_event_time),
            ] {
                if let Some(moment_ns) = moment_ns {
                    time.record(moment_ns.saturating_sub(ended.due_ns));
                }
            }
        }
    }

    /// Adds the tally of another thread.
    pub fn merge(&mut self, other: &Self) {
        self.events.add(other.events);
        self.add_orders(&other.orders);
        self.comments += other.comments;
        self.most_held += other.most_held;
        self.left += other.left;
        self.complete += other.complete;
        self.silent += other.silent;
        self.several += other.several;
        self.together += other.together;
        self.head_time.merge(&other.head_time);
        self.first_byte_time.merge(&other.first_byte_time);
        self.first_event_time.merge(&other.first_event_time);
        self.gap.merge(&other.gap);
        if self.other_type.is_none() {
            self.other_type.clone_from(&other.other_type);
        }
    }

    fn add_orders(&mut self, other: &EventRecord) {
        self.orders.in_order += other.in_order;
        self.orders.late += other.late;
        self.orders.repeated += other.repeated;
        self.orders.unnumbered += other.unnumbered;
        self.orders.lost += other.lost;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The numbers of a stream's events, how many it was to have, and the index of its outcome.
    type Ending = (Vec<Option<u64>>, Option<u64>, usize);

    fn ended(outcome: Outcome) -> Ended {
        Ended { request: 0, outcome, due_ns: 100, sent_ns: Some(110), ended_ns: 900 }
    }

    fn record(events: &[(Option<u64>, u64)]) -> StreamRecord {
        let mut record = StreamRecord::default();
        record.head_ns = Some(150);
        for &(number, now_ns) in events {
            record.take(number, true, now_ns);
        }
        record
    }

    #[test]
    fn times_count_from_the_moment_a_stream_was_due() {
        let mut tally = StreamTally::default();
        let record = record(&[(Some(1), 200), (Some(2), 300)]);
        tally.begin();
        tally.end(ended(Outcome::Ok), &record, None, true);
        tally.end(ended(Outcome::Ok), &record, None, false);
        assert_eq!((tally.head_time.count(), tally.head_time.max_ns()), (1, 50));
        assert_eq!((tally.first_event_time.count(), tally.first_event_time.max_ns()), (1, 100));
        assert_eq!((tally.first_byte_time.count(), tally.left, tally.complete), (0, 2, 0));
    }

    #[test]
    fn streams_are_held_from_their_first_event_on() {
        let mut tally = StreamTally::default();
        let record = record(&[(Some(1), 200)]);
        tally.begin();
        tally.begin();
        tally.end(ended(Outcome::Ok), &record, None, true);
        tally.begin();
        assert_eq!(tally.most_held, 2);
        tally.end(ended(Outcome::Timeout), &StreamRecord::default(), None, true);
        tally.begin();
        assert_eq!((tally.most_held, tally.silent), (3, 0), "without a head it held nothing");
    }

    #[test]
    fn what_lacks_is_where_the_stream_is() {
        let count = |outcome| {
            let mut tally = StreamTally::default();
            tally.end(ended(outcome), &record(&[(Some(1), 200), (Some(3), 300)]), Some(10), true);
            let events = tally.events;
            (events.arrivals, events.ok, events.error, events.timeout, events.censored)
        };
        assert_eq!(count(Outcome::Timeout), (11, 2, 1, 8, 0));
        assert_eq!(count(Outcome::Censored), (11, 2, 1, 0, 8));
        assert_eq!(count(Outcome::Reset), (11, 2, 9, 0, 0));
    }

    proptest! {
        #[test]
        fn every_event_is_in_one_place_and_threads_add_up(
            streams in prop::collection::vec(
                (prop::collection::vec(prop::option::of(0..30_u64), 0..20), prop::option::of(1..25_u64), 0..10_usize),
                0..8,
            ),
            cut in 0..8_usize,
        ) {
            let tally_of = |streams: &[Ending]| {
                let mut tally = StreamTally::default();
                for (numbers, wanted, outcome) in streams {
                    let events: Vec<_> = numbers.iter().map(|&number| (number, 500)).collect();
                    let outcome = crate::outcome::NAMES[*outcome].1;
                    tally.end(ended(outcome), &record(&events), *wanted, true);
                }
                tally
            };
            let whole = tally_of(&streams);
            prop_assert!(whole.events.adds_up(), "{:?}", whole.events);
            let (first, second) = streams.split_at(cut.min(streams.len()));
            let mut merged = tally_of(first);
            merged.merge(&tally_of(second));
            prop_assert_eq!(merged.events, whole.events);
            prop_assert_eq!(merged.orders, whole.orders);
        }
    }
}
