//! Drives, and servers whose frames are written by hand.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use timetrial_engine::expect::{Expectation, ExpectedBody};
use timetrial_engine::http2::Scheme;
use timetrial_engine::http2_tally::Http2Tally;
use timetrial_engine::load::{Drive, Model, Setting, Target};
use timetrial_engine::reactor::backend::Backend;
use timetrial_engine::request::Request;
use timetrial_engine::schedule::{Arrival, Stage};
use timetrial_engine::session::Session;
use timetrial_engine::tally::Tally;

pub const MS: u64 = 1_000_000;
pub const BACKENDS: [Backend; 2] = [Backend::Epoll, Backend::Auto];

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PING: u8 = 6;
pub const GOAWAY: u8 = 7;
pub const END_STREAM: u8 = 1;
pub const ACK: u8 = 1;
pub const END_HEADERS: u8 = 4;

pub fn expecting(body: &[u8]) -> Expectation {
    Expectation { status: Some(200), body: ExpectedBody::Literal(body.into()) }
}

pub fn get(body: &[u8]) -> Request {
    Request::with_http2(Scheme::Http, "GET", "here", "/", &[], b"", expecting(body))
}

pub fn target(address: SocketAddr, request: Request) -> Target {
    Target { address: address.into(), requests: [request].into(), tls: None, sources: [].into() }
}

pub fn setting(connections: usize, streams: usize) -> Setting {
    Setting {
        connections,
        timeout_ns: 10_000 * MS,
        pipeline: streams,
        backend: Backend::Epoll,
        ..Setting::default()
    }
}

/// So many requests, whatever time they take.
pub fn count(requests: u64) -> Drive {
    Drive {
        target: 0,
        model: Model::Closed,
        lead_in_ns: 0,
        window_ns: 20_000 * MS,
        drain_ns: 5_000 * MS,
        max_requests: Some(requests),
    }
}

/// So many requests a second, at equal distances.
pub fn at_rate(rate: f64, window_ms: u64) -> Drive {
    let stage = Stage { duration_ns: window_ms * MS, rate_from: rate, rate_to: rate };
    let model = Model::Open { stages: vec![stage], arrival: Arrival::Constant, seed: 0 };
    Drive { model, window_ns: window_ms * MS, max_requests: None, ..count(0) }
}

/// Drives a target once; `Session::wait` checks that every request has one outcome.
pub fn driven(target: &Target, setting: &Setting, drive: &Drive) -> Tally {
    let mut session = Session::open(std::slice::from_ref(target), setting).unwrap();
    session.start(drive).unwrap();
    session.wait(Duration::from_mins(1)).unwrap().expect("ended in time")
}

pub fn http2(tally: &Tally) -> &Http2Tally {
    tally.http2.as_ref().expect("the load was one of HTTP/2")
}

pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// The frame that ends a connection.
pub fn goaway(last: u32, code: u32) -> Vec<u8> {
    frame(GOAWAY, 0, 0, &[last.to_be_bytes(), code.to_be_bytes()].concat())
}

/// A response of status 200 with a body.
pub fn answer(stream: u32, body: &[u8]) -> Vec<u8> {
    let head = frame(HEADERS, END_HEADERS, stream, &[0x88]);
    [head, frame(DATA, END_STREAM, stream, body)].concat()
}

/// A frame that has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    pub kind: u8,
    pub flags: u8,
    pub stream: u32,
    pub payload: Vec<u8>,
}

/// The server's end of a connection, after its settings.
pub struct Peer {
    pub stream: TcpStream,
}

impl Peer {
    /// Reads the beginning of a client and answers it with these settings. None: it has closed.
    pub fn begin(mut stream: TcpStream, settings: &[(u16, u32)]) -> Option<Self> {
        let mut preface = [0; 24];
        stream.read_exact(&mut preface).ok()?;
        assert_eq!(&preface, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        let payload: Vec<u8> = settings
            .iter()
            .flat_map(|(name, value)| [&name.to_be_bytes()[..], &value.to_be_bytes()].concat())
            .collect();
        let mut peer = Self { stream };
        peer.send(&frame(SETTINGS, 0, 0, &payload));
        let first = peer.next_frame()?;
        assert_eq!((first.kind, first.flags), (SETTINGS, 0));
        peer.send(&frame(SETTINGS, ACK, 0, &[]));
        Some(peer)
    }

    /// The next frame; None after the end.
    pub fn next_frame(&mut self) -> Option<Frame> {
        let mut head = [0; 9];
        self.stream.read_exact(&mut head).ok()?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; usize::try_from(length).unwrap()];
        self.stream.read_exact(&mut payload).ok()?;
        let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
        Some(Frame { kind: head[3], flags: head[4], stream, payload })
    }

    /// The next frame of a kind; others are passed over.
    pub fn next_of(&mut self, kind: u8) -> Option<Frame> {
        loop {
            let frame = self.next_frame()?;
            if frame.kind == kind {
                return Some(frame);
            }
        }
    }

    /// The stream of the next request.
    pub fn next_request(&mut self) -> Option<u32> {
        self.next_of(HEADERS).map(|frame| frame.stream)
    }

    /// A client that has gone away is not told.
    pub fn send(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes);
    }

    /// Answers all requests.
    pub fn serve(&mut self, body: &[u8]) {
        while let Some(stream) = self.next_request() {
            self.send(&answer(stream, body));
        }
    }

    pub fn read_to_end(&mut self) {
        while self.next_frame().is_some() {}
    }
}

/// Calls `serve` with each connection and its number, in a thread of its own.
pub fn listen(serve: impl Fn(TcpStream, usize) + Send + Sync + 'static) -> SocketAddr {
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

/// Calls `serve` with each connection that has begun.
pub fn scripted(serve: impl Fn(Peer, usize) + Send + Sync + 'static) -> SocketAddr {
    listen(move |stream, number| {
        if let Some(peer) = Peer::begin(stream, &[(3, 100)]) {
            serve(peer, number);
        }
    })
}
