//! The progress and the tally of a drive as Python classes.

use std::collections::BTreeMap;

use pyo3::prelude::*;

use super::histogram::Histogram;
use super::streams::{idle_of, streams_of, IdleOfPython, StreamsOfPython};
use super::uploads::{uploads_of, UploadsOfPython};
use crate::http2::{Refusal, Violation};
use crate::outcome;
use crate::progress;
use crate::tally;
use crate::websocket::UpgradeRefusal;

/// (allowed streams, used streams, retries, ends of connections by code, resets of streams by code,
/// violation, refusal)
type Http2OfPython = (
    Option<u32>,
    u64,
    u64,
    BTreeMap<u32, u64>,
    BTreeMap<u32, u64>,
    Option<&'static str>,
    Option<&'static str>,
);

/// (pings, unasked messages, closes by code, refusal, compressed connections)
type WebSocketOfPython = (u64, u64, BTreeMap<u16, u64>, Option<(&'static str, u16)>, Option<u64>);

/// (version, cipher, protocol by ALPN, full handshakes, resumed ones, those that agreed otherwise)
type HandshakesOfPython = (&'static str, &'static str, Option<String>, u64, u64, u64);

#[pyclass(name = "Progress", module = "timetrial._engine", frozen)]
pub struct Progress(pub progress::Progress);

#[pymethods]
impl Progress {
    #[getter]
    fn completions(&self) -> u64 {
        self.0.completions
    }

    #[getter]
    fn failures(&self) -> u64 {
        self.0.failures
    }

    #[getter]
    fn bytes_received(&self) -> u64 {
        self.0.bytes_received
    }

    #[getter]
    fn connections(&self) -> u64 {
        self.0.connections
    }
}

#[pyclass(name = "Tally", module = "timetrial._engine", frozen)]
pub struct Tally(pub tally::Tally);

#[pymethods]
impl Tally {
    #[getter]
    fn started_ns(&self) -> u64 {
        self.0.timeline.started_ns
    }

    #[getter]
    fn opened_ns(&self) -> u64 {
        self.0.timeline.opened_ns
    }

    #[getter]
    fn closed_ns(&self) -> u64 {
        self.0.timeline.closed_ns
    }

    #[getter]
    fn drained_ns(&self) -> u64 {
        self.0.timeline.drained_ns
    }

    #[getter]
    fn window(&self) -> BTreeMap<&'static str, u64> {
        named(&self.0.window)
    }

    #[getter]
    fn overall(&self) -> BTreeMap<&'static str, u64> {
        named(&self.0.overall)
    }

    #[getter]
    fn completions(&self) -> u64 {
        self.0.completions
    }

    #[getter]
    fn response_time(&self) -> Histogram {
        Histogram(self.0.response_time.clone())
    }

    #[getter]
    fn service_time(&self) -> Histogram {
        Histogram(self.0.service_time.clone())
    }

    #[getter]
    fn by_request(&self) -> Vec<(BTreeMap<&'static str, u64>, Histogram)> {
        let requests = self.0.by_request.iter();
        requests
            .map(|request| (named(&request.counts), Histogram(request.response_time.clone())))
            .collect()
    }

    #[getter]
    fn iteration_time(&self) -> Histogram {
        Histogram(self.0.iteration_time.clone())
    }

    #[getter]
    fn lateness(&self) -> Histogram {
        Histogram(self.0.lateness.clone())
    }

    #[getter]
    fn series(&self) -> Vec<(u64, u64, BTreeMap<u64, u64>)> {
        let bins = self.0.series.bins().iter();
        bins.map(|bin| (bin.completions, bin.failures, bin.response_times.clone())).collect()
    }

    #[getter]
    fn completions_per_connection(&self) -> Vec<u64> {
        self.0.completions_per_connection.clone()
    }

    #[getter]
    fn connect_time(&self) -> Histogram {
        Histogram(self.0.connect_time.clone())
    }

    #[getter]
    fn statuses(&self) -> BTreeMap<usize, u64> {
        let counts = self.0.statuses.iter().copied().enumerate();
        counts.filter(|&(_, count)| count > 0).collect()
    }

    #[getter]
    fn bytes_received(&self) -> u64 {
        self.0.bytes_received
    }

    #[getter]
    fn bytes_sent(&self) -> u64 {
        self.0.bytes_sent
    }

    #[getter]
    fn uploads(&self) -> UploadsOfPython {
        uploads_of(self.0.uploads)
    }

    #[getter]
    fn connections_reached(&self) -> u64 {
        self.0.connections_reached
    }

    #[getter]
    fn unsolicited(&self) -> u64 {
        self.0.unsolicited
    }

    /// Pings, messages that answer none, closes by code, why an upgrade was refused (a name, and the
    /// status that was answered, 0 for other reasons), and on how many connections compression was
    /// agreed on; None if it was not offered. None for HTTP.
    #[getter]
    fn websocket(&self) -> Option<WebSocketOfPython> {
        let messages = &self.0.messages;
        (!messages.has_statuses).then(|| {
            let refusal = messages.refusal.map(named_refusal);
            let (closes, deflated) = (messages.closes.clone(), messages.deflated);
            (messages.pings, messages.unasked, closes, refusal, deflated)
        })
    }

    /// None for other protocols.
    #[getter]
    fn http2(&self) -> Option<Http2OfPython> {
        let http2 = self.0.http2.as_ref()?;
        Some((
            http2.allowed_streams,
            http2.used_streams,
            http2.retries,
            http2.goaways.clone(),
            http2.resets.clone(),
            http2.violation.map(Violation::name),
            http2.refusal.map(Refusal::name),
        ))
    }

    /// Deliveries of a broadcast that were due, those that were heard, and their delay.
    #[getter]
    fn deliveries(&self) -> Option<(u64, u64, Histogram)> {
        let found = self.0.deliveries.as_ref()?;
        Some((found.due, found.heard, Histogram(found.delay.clone())))
    }

    #[getter]
    fn streams(&self) -> Option<StreamsOfPython> {
        self.0.streams.as_deref().map(streams_of)
    }

    #[getter]
    fn idle(&self) -> Option<IdleOfPython> {
        self.0.idle.as_deref().map(idle_of)
    }

    /// Total, largest, and when that began.
    #[getter]
    fn gaps_ns(&self) -> (u64, u64, u64) {
        let gaps = self.0.gaps;
        (gaps.total_ns, gaps.largest_ns, gaps.largest_at_ns)
    }

    #[getter]
    fn connect_error(&self) -> Option<i32> {
        self.0.connect_error
    }

    #[getter]
    fn tls_refusal(&self) -> Option<(&'static str, String)> {
        let refusal = self.0.refusal.as_ref()?;
        Some((refusal.reason.name(), refusal.detail.clone()))
    }

    /// What the first handshake agreed on, and how many there were. None without any.
    #[getter]
    fn tls_handshakes(&self) -> Option<HandshakesOfPython> {
        let all = &self.0.handshakes;
        let first = all.agreed.clone()?;
        Some((first.version, first.cipher, first.alpn, all.full, all.resumed, all.otherwise))
    }

    #[getter]
    fn cpu_ns(&self) -> u64 {
        self.0.thread_cpu.cpu_ns
    }

    #[getter]
    fn run_queue_wait_ns(&self) -> Option<u64> {
        self.0.thread_cpu.run_queue_wait_ns
    }
}

fn named_refusal(refusal: UpgradeRefusal) -> (&'static str, u16) {
    match refusal {
        UpgradeRefusal::Status(status) => ("status", status),
        UpgradeRefusal::Closed => ("closed", 0),
        UpgradeRefusal::Malformed => ("malformed", 0),
        UpgradeRefusal::OtherKey => ("other-key", 0),
        UpgradeRefusal::Uninvited => ("uninvited", 0),
    }
}

fn named(counts: &outcome::OutcomeCounts) -> BTreeMap<&'static str, u64> {
    let ended = outcome::NAMES.iter().map(|&(name, outcome)| (name, counts.of(outcome)));
    ended.chain([("arrivals", counts.arrivals)]).collect()
}
