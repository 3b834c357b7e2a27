//! Servers that misbehave, and drives against them that have to end.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use timetrial_engine::expect::{Expectation, ExpectedBody};
use timetrial_engine::load::{Drive, Model, Setting, Target};
use timetrial_engine::outcome::Outcome;
use timetrial_engine::request::Request;
use timetrial_engine::schedule::{Arrival, Stage};
use timetrial_engine::session::Session;
use timetrial_engine::tally::Tally;

pub const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nHello world!";
pub const MS: u64 = 1_000_000;
pub const TIMEOUT_MS: u64 = 300;

#[path = "../common/serve_connections.rs"]
mod serve_connections;

pub use serve_connections::serve_connections as serve;

/// Answers every read with the same bytes and keeps the connection open.
pub fn serve_bytes(answer: impl Into<Vec<u8>>) -> SocketAddr {
    let answer = answer.into();
    serve(move |mut stream, _| while read_some(&mut stream) && stream.write_all(&answer).is_ok() {})
}

/// Reads some bytes. Returns false if the peer has closed.
pub fn read_some(stream: &mut TcpStream) -> bool {
    stream.read(&mut [0; 4096]).is_ok_and(|bytes| bytes > 0)
}

/// Waits until the peer has closed.
pub fn read_to_end(mut stream: TcpStream) {
    while read_some(&mut stream) {}
}

/// How load is driven at a server.
#[derive(Clone, Copy, Debug)]
pub struct Way {
    pub open: bool,
    pub pipeline: usize,
}

pub const CLOSED: Way = Way { open: false, pipeline: 1 };
pub const WAYS: [Way; 4] = [
    CLOSED,
    Way { open: true, pipeline: 1 },
    Way { open: false, pipeline: 4 },
    Way { open: true, pipeline: 4 },
];

/// Checks all ways at once, because most of the time is waiting.
pub fn in_all_ways(check: impl Fn(Way) + Sync) {
    thread::scope(|scope| {
        for way in WAYS {
            let check = &check;
            scope.spawn(move || check(way));
        }
    });
}

pub fn session(address: SocketAddr, connections: usize, pipeline: usize) -> Session {
    let body = ExpectedBody::Literal((*b"Hello world!").into());
    let request = Request::get(Expectation { status: Some(200), body });
    let target = Target {
        address: address.into(),
        requests: [request].into(),
        tls: None,
        sources: [].into(),
    };
    let setting = Setting {
        connections,
        threads: 1,
        cpus: vec![],
        timeout_ns: TIMEOUT_MS * MS,
        pipeline,
        fresh_connections: false,
        backend: crate::BACKEND,
        spin: false,
    };
    Session::open(&[target], &setting).unwrap()
}

/// Drives a session once. `Session::wait` checks that every request has one outcome.
pub fn drive(session: &mut Session, open: bool, limit: Option<u64>) -> Tally {
    let stages = vec![Stage { duration_ns: 100 * MS, rate_from: 400.0, rate_to: 400.0 }];
    let model = Model::Open { stages, arrival: Arrival::Constant, seed: 1 };
    let drive = Drive {
        target: 0,
        model: if open { model } else { Model::Closed },
        lead_in_ns: 0,
        window_ns: 100 * MS,
        drain_ns: 800 * MS,
        max_requests: limit,
    };
    session.start(&drive).unwrap();
    session.wait(Duration::from_secs(10)).unwrap().expect("the drive ends")
}

/// Drives a server for a tenth of a second over two connections.
pub fn attack(address: SocketAddr, way: Way) -> Tally {
    let start = Instant::now();
    let tally = drive(&mut session(address, 2, way.pipeline), way.open, None);
    let span = start.elapsed();
    assert!(span < Duration::from_millis(1_400), "{way:?} took {span:?}");
    assert!(tally.overall.arrivals > 0, "{way:?} made no request");
    tally
}

/// Asserts that requests failed with this outcome. In the open model and in a pipeline, requests
/// behind the failed one may also be closed early or censored.
pub fn assert_fails(address: SocketAddr, way: Way, outcome: Outcome, what: &str) {
    let tally = attack(address, way);
    let counts = &tally.overall;
    let alone = counts.of(outcome) == counts.arrivals;
    let excused = counts.of(Outcome::ClosedEarly) + counts.of(Outcome::Censored);
    let with_others = (way.open || way.pipeline > 1)
        && counts.of(outcome) > 0
        && counts.of(outcome) + excused >= counts.arrivals;
    assert!(alone || with_others, "{what}, {way:?}: {outcome:?} expected, {counts:?}");
    assert_eq!(tally.completions, 0, "{what}");
}

/// The peak memory of this process, in bytes.
pub fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    let kib: u64 = line.split_ascii_whitespace().nth(1).unwrap().parse().unwrap();
    kib * 1024
}
