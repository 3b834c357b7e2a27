//! The result of a drive: every request that became due is counted under exactly one outcome.

use std::collections::BTreeMap;

use crate::heartbeat::ClockGaps;
use crate::histogram::Histogram;
use crate::http2_tally::Http2Tally;
use crate::idle_tally::IdleTally;
use crate::outcome::{Ended, Outcome, OutcomeCounts};
use crate::run_length::RunLength;
use crate::series::Series;
use crate::stream_tally::StreamTally;
use crate::thread_cpu::ThreadCpu;
use crate::tls::{Handshakes, Refusal};
use crate::upload_tally::UploadTally;
use crate::websocket::UpgradeRefusal;

/// When a drive started, its window opened and closed, and its drain ended (monotonic clock).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    pub started_ns: u64,
    pub opened_ns: u64,
    pub closed_ns: u64,
    pub drained_ns: u64,
}

/// Outcomes and response times of one of the target's requests.
#[derive(Clone, Debug, Default)]
pub struct RequestTally {
    pub counts: OutcomeCounts,
    pub response_time: Histogram,
}

/// What a WebSocket has beside messages and their answers, since the start of the lead-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Messages {
    /// The responses are those of HTTP, each with a status.
    pub has_statuses: bool,
    /// Pings of the server, each of which was answered.
    pub pings: u64,
    /// Messages that answer none.
    pub unasked: u64,
    /// Connections that the server ended, by its code.
    pub closes: BTreeMap<u16, u64>,
    /// Connections on which both sides agreed to compress. None: that was not offered.
    pub deflated: Option<u64>,
    /// Why a connection did not become a WebSocket, for the first one.
    pub refusal: Option<UpgradeRefusal>,
}

impl Default for Messages {
    fn default() -> Self {
        Self {
            has_statuses: true,
            pings: 0,
            unasked: 0,
            closes: BTreeMap::new(),
            deflated: None,
            refusal: None,
        }
    }
}

impl Messages {
    /// Counts a connection that the server ended.
    pub fn count_close(&mut self, code: u16) {
        *self.closes.entry(code).or_default() += 1;
    }

    fn merge(&mut self, other: &Self) {
        self.has_statuses &= other.has_statuses;
        self.pings += other.pings;
        self.unasked += other.unasked;
        for (&code, &count) in &other.closes {
            *self.closes.entry(code).or_default() += count;
        }
        self.deflated = match (self.deflated, other.deflated) {
            (Some(sum), Some(more)) => Some(sum + more),
            (one, other) => one.or(other),
        };
        self.refusal = self.refusal.or(other.refusal);
    }
}

/// A broadcast: how often its messages were to be heard, and were, since the start of the lead-in.
#[derive(Clone, Debug, Default)]
pub struct Deliveries {
    pub due: u64,
    pub heard: u64,
    /// From the send of a message until one of the other connections has heard it.
    pub delay: Histogram,
}

/// All counts and durations of a drive. Tallies of threads merge by addition.
#[derive(Clone, Debug)]
pub struct Tally {
    pub timeline: Timeline,
    /// Requests that were due inside the window.
    pub window: OutcomeCounts,
    /// All requests since the start of the lead-in.
    pub overall: OutcomeCounts,
    /// Correct responses that arrived inside the window.
    pub completions: u64,
    /// From the due time to the end, of requests that were due inside the window. A failed request
    /// counts with its elapsed time.
    pub response_time: Histogram,
    /// From the send to the last byte, of requests that were due inside the window and sent.
    pub service_time: Histogram,
    /// How much later than possible the generator itself sent, inside the window.
    pub lateness: Histogram,
    /// Of successful connects, since the start of the lead-in.
    pub connect_time: Histogram,
    /// Responses by status, which is the index, to requests that were due inside the window.
    pub statuses: Vec<u64>,
    /// Bytes that arrived inside the window.
    pub bytes_received: u64,
    /// Bytes that were sent inside the window.
    pub bytes_sent: u64,
    pub uploads: UploadTally,
    /// Each of the target's requests, inside the window. Empty for a single request.
    pub by_request: Vec<RequestTally>,
    /// How long virtual users took from the first request to the last response.
    pub iteration_time: Histogram,
    /// Each tenth of a second since the start of the lead-in.
    pub series: Series,
    /// Correct responses of each connection slot, since the start of the lead-in.
    pub completions_per_connection: Vec<u64>,
    /// The most connections to the target that were open at once.
    pub connections_reached: u64,
    /// Connections that received bytes without a request in flight.
    pub unsolicited: u64,
    /// What only a WebSocket has.
    pub messages: Messages,
    /// What only HTTP/2 has. None: requests are of another protocol.
    pub http2: Option<Box<Http2Tally>>,
    /// None: nothing was broadcast.
    pub deliveries: Option<Deliveries>,
    /// What only streams have. None for other responses.
    pub streams: Option<Box<StreamTally>>,
    /// What only connections have that are opened and held. None for other load models.
    pub idle: Option<Box<IdleTally>>,
    /// CPU time of the engine's threads inside the window.
    pub thread_cpu: ThreadCpu,
    /// When the engine's threads did not run although they could have, since the start.
    pub gaps: ClockGaps,
    /// Why TLS refused a connection, for the first one.
    pub refusal: Option<Refusal>,
    /// Those of TLS, since the start of the lead-in.
    pub handshakes: Handshakes,
    /// The error number of a connect that failed, for the first one.
    pub connect_error: Option<i32>,
    pending: RunLengths,
}

/// Durations that are not in the histograms yet.
#[derive(Clone, Copy, Debug, Default)]
struct RunLengths {
    response_time: RunLength,
    service_time: RunLength,
    lateness: RunLength,
}

/// The counts do not add up: a bug of the engine. Says which ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountingError(pub String);

impl Tally {
    pub fn new() -> Self {
        Self {
            timeline: Timeline::default(),
            window: OutcomeCounts::default(),
            overall: OutcomeCounts::default(),
            completions: 0,
            response_time: Histogram::new(),
            service_time: Histogram::new(),
            lateness: Histogram::new(),
            connect_time: Histogram::new(),
            by_request: vec![],
            iteration_time: Histogram::new(),
            series: Series::default(),
            completions_per_connection: vec![],
            statuses: vec![0; 1000],
            bytes_received: 0,
            bytes_sent: 0,
            uploads: UploadTally::default(),
            connections_reached: 0,
            unsolicited: 0,
            messages: Messages::default(),
            http2: None,
            deliveries: None,
            streams: None,
            idle: None,
            thread_cpu: ThreadCpu::default(),
            gaps: ClockGaps::default(),
            refusal: None,
            handshakes: Handshakes::default(),
            connect_error: None,
            pending: RunLengths::default(),
        }
    }

    /// Is a moment inside the window?
    pub fn in_window(&self, moment_ns: u64) -> bool {
        (self.timeline.opened_ns..self.timeline.closed_ns).contains(&moment_ns)
    }

    /// Counts a request that becomes due.
    pub fn arrive(&mut self, due_ns: u64) {
        self.overall.arrivals += 1;
        self.window.arrivals += u64::from(self.in_window(due_ns));
    }

    /// Counts a request that has ended.
    pub fn end(&mut self, ended: Ended) {
        self.overall.count(ended.outcome);
        self.series.record(ended, self.timeline.started_ns);
        let correct = ended.outcome == Outcome::Ok;
        self.completions += u64::from(correct && self.in_window(ended.ended_ns));
        if !self.in_window(ended.due_ns) {
            return;
        }
        self.window.count(ended.outcome);
        let response_time_ns = ended.ended_ns.saturating_sub(ended.due_ns);
        self.pending.response_time.record(response_time_ns, &mut self.response_time);
        if let Some(request) = self.by_request.get_mut(ended.request) {
            request.counts.arrivals += 1;
            request.counts.count(ended.outcome);
            request.response_time.record(response_time_ns);
        }
        if let Some(sent_ns) = ended.sent_ns {
            let service_time_ns = ended.ended_ns.saturating_sub(sent_ns);
            self.pending.service_time.record(service_time_ns, &mut self.service_time);
        }
    }

    /// Counts the status of the response to a request that was due at `due_ns`.
    pub fn count_status(&mut self, status: u16, due_ns: u64) {
        self.statuses[usize::from(status)] += u64::from(self.in_window(due_ns));
    }

    /// Records how much later than possible a request that was due inside the window was sent.
    pub fn sent_late(&mut self, lateness_ns: u64) {
        self.pending.lateness.record(lateness_ns, &mut self.lateness);
    }

    /// Moves all pending durations into the histograms.
    pub fn settle(&mut self) {
        self.pending.response_time.flush(&mut self.response_time);
        self.pending.service_time.flush(&mut self.service_time);
        self.pending.lateness.flush(&mut self.lateness);
        self.series.close_bin();
    }

    /// Adds the tally of another thread in the same drive. Both have to be settled.
    pub fn merge(&mut self, other: &Self) {
        self.window.merge(&other.window);
        self.overall.merge(&other.overall);
        self.completions += other.completions;
        self.response_time.merge(&other.response_time);
        self.service_time.merge(&other.service_time);
        self.lateness.merge(&other.lateness);
        self.iteration_time.merge(&other.iteration_time);
        for (sum, request) in self.by_request.iter_mut().zip(&other.by_request) {
            sum.counts.merge(&request.counts);
            sum.response_time.merge(&request.response_time);
        }
        self.connect_time.merge(&other.connect_time);
        self.series.merge(&other.series);
        self.completions_per_connection.extend_from_slice(&other.completions_per_connection);
        for (sum, count) in self.statuses.iter_mut().zip(&other.statuses) {
            *sum += count;
        }
        self.bytes_received += other.bytes_received;
        self.bytes_sent += other.bytes_sent;
        self.uploads.merge(&other.uploads);
        self.connections_reached += other.connections_reached;
        self.unsolicited += other.unsolicited;
        self.messages.merge(&other.messages);
        if let (Some(sum), Some(http2)) = (&mut self.http2, &other.http2) {
            sum.merge(http2);
        }
        if let (Some(sum), Some(streams)) = (&mut self.streams, &other.streams) {
            sum.merge(streams);
        }
        if let (Some(sum), Some(idle)) = (&mut self.idle, &other.idle) {
            sum.merge(idle);
        }
        self.thread_cpu = self.thread_cpu.plus(other.thread_cpu);
        self.gaps = self.gaps.or(other.gaps);
        self.refusal = self.refusal.take().or_else(|| other.refusal.clone());
        self.handshakes.merge(&other.handshakes);
        self.connect_error = self.connect_error.or(other.connect_error);
        self.timeline.drained_ns = self.timeline.drained_ns.max(other.timeline.drained_ns);
        self.timeline.closed_ns = self.timeline.closed_ns.max(other.timeline.closed_ns);
    }

    /// Checks the invariants of the engine: `arrivals = ok + wrong + error + timeout + censored`, and
    /// each response has one status.
    pub fn check(&self) -> Result<(), AccountingError> {
        for (place, counts) in [("in the window", &self.window), ("overall", &self.overall)] {
            if !counts.adds_up() {
                return Err(AccountingError(format!(
                    "{place}, requests do not add up: {counts:?}"
                )));
            }
        }
        if self.response_time.count() != self.window.arrivals {
            return Err(AccountingError(format!(
                "{} requests were due in the window, {} response times were recorded",
                self.window.arrivals,
                self.response_time.count()
            )));
        }
        if let Some(streams) = self.streams.as_ref().filter(|streams| !streams.events.adds_up()) {
            return Err(AccountingError(format!("events do not add up: {:?}", streams.events)));
        }
        let statuses: u64 = self.statuses.iter().sum();
        if !self.messages.has_statuses {
            return Ok(());
        }
        let responses = self.window.responses();
        if statuses != responses {
            return Err(AccountingError(format!(
                "{responses} requests of the window got a response, {statuses} statuses were counted"
            )));
        }
        Ok(())
    }
}

impl Default for Tally {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open_window() -> Tally {
        let mut tally = Tally::new();
        tally.timeline = Timeline { opened_ns: 100, closed_ns: 200, ..Timeline::default() };
        tally
    }

    fn ended(outcome: Outcome, due_ns: u64, ended_ns: u64) -> Ended {
        Ended { request: 0, outcome, due_ns, sent_ns: Some(due_ns), ended_ns }
    }

    #[test]
    fn a_response_counts_for_throughput_where_it_ends_and_for_latency_where_it_was_due() {
        let mut tally = open_window();
        for (due_ns, ended_ns) in [(90, 110), (150, 160), (190, 210)] {
            tally.arrive(due_ns);
            tally.end(ended(Outcome::Ok, due_ns, ended_ns));
            tally.count_status(200, due_ns);
        }
        tally.settle();
        assert_eq!(tally.completions, 2);
        assert_eq!(tally.window.arrivals, 2);
        assert_eq!(tally.overall.of(Outcome::Ok), 3);
        assert_eq!(tally.check(), Ok(()));
    }

    #[test]
    fn a_failed_request_is_recorded_at_its_elapsed_time() {
        let mut tally = open_window();
        tally.arrive(150);
        tally.end(ended(Outcome::Timeout, 150, 950));
        tally.settle();
        assert_eq!(tally.response_time.max_ns(), 800);
        assert_eq!(tally.completions, 0);
    }

    #[test]
    fn a_request_that_never_ends_is_a_fault() {
        let mut tally = open_window();
        tally.arrive(150);
        assert!(tally.check().is_err());
    }
}
