//! Servers that misbehave, and drives against them that have to end.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use timetrial_engine::load::{Drive, Expectation, ExpectedBody, Model, Request, Setting, Target};
use timetrial_engine::schedule::{Arrival, Stage};
use timetrial_engine::session::Session;
use timetrial_engine::tally::{Outcome, Tally};

pub const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nHello world!";
pub const MS: u64 = 1_000_000;
pub const TIMEOUT_MS: u64 = 300;

/// Serves each connection in a thread of its own; `serve` gets their number, too.
pub fn serve(serve: impl Fn(TcpStream, usize) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let serve = Arc::new(serve);
    thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let serve = Arc::clone(&serve);
            thread::spawn(move || serve(stream.unwrap(), number));
        }
    });
    address
}

/// Answers whatever comes with the same bytes, and keeps the connection.
pub fn serve_bytes(answer: impl Into<Vec<u8>>) -> SocketAddr {
    let answer = answer.into();
    serve(move |mut stream, _| while read_some(&mut stream) && stream.write_all(&answer).is_ok() {})
}

/// Reads until something has come; false if the peer has gone.
pub fn read_some(stream: &mut TcpStream) -> bool {
    stream.read(&mut [0; 4096]).is_ok_and(|bytes| bytes > 0)
}

/// Waits until the peer has gone.
pub fn read_to_end(mut stream: TcpStream) {
    while read_some(&mut stream) {}
}

/// How a server is driven.
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

/// Checks all ways at once: most of it is waiting.
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

/// Drives a session once. `Session::wait` has checked that every request ended in one place.
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
    let begin = Instant::now();
    let tally = drive(&mut session(address, 2, way.pipeline), way.open, None);
    let span = begin.elapsed();
    assert!(span < Duration::from_millis(1_400), "{way:?} took {span:?}");
    assert!(tally.overall.arrivals > 0, "{way:?} made no request");
    tally
}

/// Asserts that requests failed, and in these ways alone. In the open model and in a pipeline,
/// others behind the failed one are closed early, or wait until they are censored.
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

/// The most memory that this process has ever had, in bytes.
pub fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    let kib: u64 = line.split_ascii_whitespace().nth(1).unwrap().parse().unwrap();
    kib * 1024
}
