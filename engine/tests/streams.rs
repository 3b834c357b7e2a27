//! Streams of events and connections that are held, against servers that send them well and badly.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixListener;
use std::thread;
use std::time::Duration;

use timetrial_engine::address::Address;
use timetrial_engine::expect::Expectation;
use timetrial_engine::histogram::Histogram;
use timetrial_engine::load::{Drive, Model, Setting, Target};
use timetrial_engine::outcome::Outcome;
use timetrial_engine::reactor::backend::Backend;
use timetrial_engine::request::Request;
use timetrial_engine::schedule::Stage;
use timetrial_engine::session::Session;
use timetrial_engine::stream::{EventRecord, Numbers, Stream, StreamKind};
use timetrial_engine::stream_tally::{EventCounts, StreamTally};
use timetrial_engine::tally::Tally;

#[path = "common/serve_connections.rs"]
mod serve_connections;

use serve_connections::serve_connections;

const MS: u64 = 1_000_000;
const BACKENDS: [Backend; 2] = [Backend::Epoll, Backend::Auto];
const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\r\n";

const SSE: Stream = Stream { kind: StreamKind::Sse, numbers: Some(Numbers::Id), events: None };
const CHUNKS: Stream = Stream { kind: StreamKind::Chunks, numbers: None, events: None };

fn after(events: u64) -> Stream {
    Stream { events: Some(events), ..SSE }
}

/// Answers each request by `answer`; closes the connection when that returns false.
fn serving(answer: impl Fn(&mut TcpStream) -> bool + Send + Sync + 'static) -> SocketAddr {
    serve_connections(move |mut stream, _| {
        while stream.read(&mut [0; 4096]).is_ok_and(|bytes| bytes > 0) && answer(&mut stream) {}
    })
}

/// Sends the same bytes to each request, and waits for the client to leave or to ask again.
fn sending(bytes: impl Into<Vec<u8>>) -> SocketAddr {
    let bytes = bytes.into();
    serving(move |stream| stream.write_all(&bytes).is_ok())
}

fn events(ids: impl IntoIterator<Item = u64>) -> String {
    ids.into_iter().fold(String::new(), |text, id| text + &format!("id: {id}\ndata: tick\n\n"))
}

fn chunk(text: &str) -> String {
    format!("{:x}\r\n{text}\r\n", text.len())
}

fn target(address: impl Into<Address>, stream: Option<Stream>) -> Target {
    let request = Request::get(Expectation { status: Some(200), ..Expectation::default() });
    let request = match stream {
        Some(stream) => request.streamed(stream),
        None => request,
    };
    let requests = [request].into();
    Target { address: address.into(), requests, tls: None, sources: [].into() }
}

fn setting(backend: Backend) -> Setting {
    Setting { connections: 4, threads: 2, timeout_ns: 5_000 * MS, backend, ..Setting::default() }
}

/// So many requests, whatever time they take.
fn count(requests: u64) -> Drive {
    Drive {
        target: 0,
        model: Model::Closed,
        lead_in_ns: 0,
        window_ns: 20_000 * MS,
        drain_ns: 5_000 * MS,
        max_requests: Some(requests),
    }
}

fn during(window_ms: u64) -> Drive {
    Drive { window_ns: window_ms * MS, max_requests: None, ..count(0) }
}

fn driven(target: &Target, setting: &Setting, drive: &Drive) -> Tally {
    let mut session = Session::open(std::slice::from_ref(target), setting).unwrap();
    session.start(drive).unwrap();
    session.wait(Duration::from_mins(1)).unwrap().expect("ended in time")
}

fn of_eight(address: SocketAddr, stream: Stream) -> (Tally, StreamTally) {
    told(driven(&target(address, Some(stream)), &setting(Backend::Epoll), &count(8)))
}

fn told(mut tally: Tally) -> (Tally, StreamTally) {
    let streams = *tally.streams.take().expect("it was of streams");
    (tally, streams)
}

#[test]
fn the_client_leaves_after_as_many_events_as_it_wants() {
    let address = sending(format!("{HEAD}{}", events(5..15)));
    for backend in BACKENDS {
        let done = driven(&target(address, Some(after(6))), &setting(backend), &count(8));
        let (tally, streams) = told(done);
        assert_eq!((tally.overall.of(Outcome::Ok), tally.overall.failed()), (8, 0));
        assert_eq!(streams.events, EventCounts { arrivals: 48, ok: 48, ..Default::default() });
        assert_eq!((streams.left, streams.complete, streams.several), (8, 0, 8));
        let times = [&streams.head_time, &streams.first_byte_time, &streams.first_event_time];
        assert_eq!(times.map(Histogram::count), [8, 8, 8]);
        assert_eq!(streams.gap.count(), 40);
        assert_eq!(tally.connect_time.count(), 8, "each stream has a connection of its own");
    }
}

#[test]
fn a_stream_that_its_server_ends_leaves_its_connection_to_the_next() {
    let head = HEAD.replace("\r\n\r\n", "\r\nTransfer-Encoding: chunked\r\n\r\n");
    let address = sending(format!("{head}{}{}0\r\n\r\n", chunk(&events(0..3)), chunk(": bye\n")));
    let one = Setting { connections: 1, threads: 1, ..setting(Backend::Epoll) };
    let (tally, streams) = told(driven(&target(address, Some(SSE)), &one, &count(8)));
    assert_eq!((tally.overall.of(Outcome::Ok), tally.connect_time.count()), (8, 1));
    assert_eq!((streams.complete, streams.left, streams.comments), (8, 0, 8));
    assert_eq!(streams.events.ok, 24, "each begins to count anew");
}

#[test]
fn streams_are_held_until_the_load_ends() {
    let address = serving(|stream| {
        let mut sent = stream.write_all(HEAD.as_bytes());
        for id in 0.. {
            if sent.is_err() {
                break;
            }
            sent = stream.write_all(events([id]).as_bytes());
            thread::sleep(Duration::from_millis(10));
        }
        false
    });
    for backend in BACKENDS {
        let done = driven(&target(address, Some(SSE)), &setting(backend), &during(300));
        let (tally, streams) = told(done);
        assert_eq!((tally.overall.arrivals, tally.overall.of(Outcome::Ok)), (4, 4));
        assert_eq!((streams.most_held, streams.left, streams.together), (4, 4, 0));
        assert_eq!((streams.events.ok, streams.events.arrivals), {
            let came = streams.orders.came();
            (came, came)
        });
        assert!(streams.gap.count() > 0 && streams.gap.max_ns() > 5 * MS, "{streams:?}");
    }
}

#[test]
fn what_is_lost_late_repeated_or_without_a_number_is_told_apart() {
    let bytes = format!("{HEAD}{}data: no number\n\n", events([1, 2, 5, 4, 5, 6]));
    let (tally, streams) = of_eight(sending(bytes), after(7));
    assert_eq!(tally.overall.of(Outcome::Ok), 8);
    let orders = EventRecord { in_order: 32, late: 8, repeated: 8, unnumbered: 8, lost: 8 };
    assert_eq!(streams.orders, orders);
    let expected = EventCounts { arrivals: 64, ok: 32, wrong: 24, error: 8, ..Default::default() };
    assert_eq!(streams.events, expected);
}

#[test]
fn what_is_no_stream_of_events_ends_the_load_at_once() {
    let json = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
    for backend in BACKENDS {
        let target = target(sending(json), Some(SSE));
        let (tally, streams) = told(driven(&target, &setting(backend), &during(20_000)));
        assert!(tally.overall.of(Outcome::WrongBody) > 0);
        assert_eq!(streams.other_type.as_deref(), Some("application/json"));
        assert_eq!((streams.most_held, streams.silent, streams.events.ok), (0, 0, 0));
    }
    let (_, streams) = of_eight(sending("HTTP/1.1 200 OK\r\n\r\ndata: a\n\n"), SSE);
    assert_eq!(streams.other_type.as_deref(), Some(""));
    let missing = sending("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno");
    let (tally, streams) = of_eight(missing, SSE);
    assert_eq!((tally.overall.of(Outcome::WrongStatus), streams.other_type), (8, None));
}

#[test]
fn what_lacks_at_the_end_of_a_stream_is_counted_where_the_stream_is() {
    let cut = format!("{HEAD}{}", events([1, 2]));
    let whole = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: {}\r\n\r\n{}",
        events([1, 2]).len(),
        events([1, 2]),
    );
    let broken = format!(
        "{}{}",
        HEAD.replace("\r\n\r\n", "\r\nTransfer-Encoding: chunked\r\n\r\n"),
        "x\r\n"
    );
    let few = Setting { timeout_ns: 100 * MS, ..setting(Backend::Epoll) };
    for (bytes, outcome, ok) in [
        (cut, Outcome::Timeout, 2),
        (whole, Outcome::WrongBody, 2),
        (HEAD.to_owned(), Outcome::Timeout, 0),
        (broken, Outcome::Malformed, 0),
    ] {
        let (tally, streams) =
            told(driven(&target(sending(bytes), Some(after(5))), &few, &count(4)));
        assert_eq!(tally.overall.of(outcome), 4, "{outcome:?}");
        let lacking = 4 * (5 - ok);
        let (error, timeout) =
            if outcome == Outcome::Timeout { (0, lacking) } else { (lacking, 0) };
        let events = EventCounts { arrivals: 20, ok: 4 * ok, error, timeout, ..Default::default() };
        assert_eq!(streams.events, events, "{outcome:?}");
        assert_eq!(streams.silent > 0, outcome == Outcome::Timeout && ok == 0);
    }
}

#[test]
fn a_server_that_closes_ends_a_stream_or_cuts_it() {
    let until_close = serving(|stream| {
        let _ = stream.write_all(format!("{HEAD}{}", events([1, 2])).as_bytes());
        false
    });
    let (tally, streams) = of_eight(until_close, SSE);
    assert_eq!((tally.overall.of(Outcome::Ok), streams.complete), (8, 8));
    let in_a_chunk = serving(|stream| {
        let head = HEAD.replace("\r\n\r\n", "\r\nTransfer-Encoding: chunked\r\n\r\n");
        let _ = stream.write_all(format!("{head}{}", chunk(&events([1, 2]))).as_bytes());
        false
    });
    let (tally, streams) = of_eight(in_a_chunk, SSE);
    assert_eq!((tally.overall.of(Outcome::ClosedEarly), streams.events.ok), (8, 16));
    let no_event = serving(|stream| {
        let _ = stream.write_all(format!("{HEAD}data: cut off").as_bytes());
        false
    });
    assert_eq!(of_eight(no_event, SSE).0.overall.of(Outcome::WrongBody), 8);
}

#[test]
fn a_stream_that_is_held_back_is_noticed() {
    let buffering = serving(|stream| {
        thread::sleep(Duration::from_millis(100));
        let _ = stream.write_all(format!("{HEAD}{}", events(0..20)).as_bytes());
        false
    });
    let (_, streams) = of_eight(buffering, SSE);
    assert_eq!((streams.several, streams.together), (8, 8));
}

#[test]
fn a_line_without_an_end_is_no_event_and_ends_in_time() {
    let endless = serving(|stream| {
        let mut sent = stream.write_all(format!("{HEAD}data: ").as_bytes());
        while sent.is_ok() {
            sent = stream.write_all(&[b'x'; 8 * 1024]);
        }
        false
    });
    for backend in BACKENDS {
        let few = Setting { timeout_ns: 200 * MS, ..setting(backend) };
        let (tally, streams) = told(driven(&target(endless, Some(SSE)), &few, &count(4)));
        assert_eq!((tally.overall.of(Outcome::Timeout), streams.silent), (4, 4));
    }
}

#[test]
fn chunks_are_events_and_so_is_what_is_read_at_once() {
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let address = sending(format!("{chunked}{}0\r\n\r\n", ["a", "bc", "d"].map(chunk).concat()));
    let (tally, streams) = of_eight(address, CHUNKS);
    assert_eq!((tally.overall.of(Outcome::Ok), streams.events.ok, streams.complete), (8, 24, 8));
    let until_close = serving(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\nall at once");
        false
    });
    let (tally, streams) = of_eight(until_close, CHUNKS);
    assert_eq!((tally.overall.of(Outcome::Ok), streams.events.ok), (8, 8));
    let empty = sending("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(of_eight(empty, CHUNKS).0.overall.of(Outcome::WrongBody), 8);
}

#[test]
fn a_target_has_streams_or_other_requests_and_a_connection_one_stream() {
    let address = SocketAddr::from(([127, 0, 0, 1], 9));
    let mut mixed = target(address, Some(SSE));
    let other = target(address, None).requests;
    mixed.requests = [&mixed.requests[..], &other[..]].concat().into();
    assert!(Session::open(&[mixed], &setting(Backend::Epoll)).is_err());
    let deep = Setting { pipeline: 2, ..setting(Backend::Epoll) };
    assert!(Session::open(&[target(address, Some(SSE))], &deep).is_err());
}

const HELLO: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHello";

/// Opens twenty connections within 40 ms and holds them.
fn idled(address: SocketAddr, backend: Backend, window_ms: u64) -> Tally {
    let stages = vec![Stage { duration_ns: 39 * MS, rate_from: 500.0, rate_to: 500.0 }];
    let idle = Drive { model: Model::Idle { stages }, ..during(window_ms) };
    let wide = Setting { connections: 20, ..setting(backend) };
    driven(&target(address, None), &wide, &idle)
}

#[test]
fn each_connection_has_one_request_and_is_held() {
    let address = sending(HELLO);
    for backend in BACKENDS {
        let tally = idled(address, backend, 300);
        let idle = tally.idle.as_deref().unwrap();
        assert_eq!((tally.overall.arrivals, tally.overall.of(Outcome::Ok)), (20, 20));
        assert_eq!((tally.connect_time.count(), tally.connections_reached), (20, 20));
        assert_eq!((idle.held, idle.not_kept, idle.closed_after.count()), (20, 0, 0));
        assert!(tally.completions_per_connection.iter().all(|&count| count == 1));
    }
}

#[test]
fn a_server_that_closes_idle_connections_says_when() {
    let address = serving(|stream| {
        let _ = stream.write_all(HELLO.as_bytes());
        thread::sleep(Duration::from_millis(600));
        false
    });
    for backend in BACKENDS {
        let tally = idled(address, backend, 1_500);
        let idle = tally.idle.as_deref().unwrap();
        assert_eq!((idle.held, idle.not_kept, idle.closed_after.count()), (0, 0, 20));
        assert!(idle.closed_after.min_ns() > 100 * MS, "{idle:?}");
        assert_eq!(tally.overall.of(Outcome::Ok), 20, "no other is opened in its place");
    }
}

#[test]
fn a_server_that_keeps_no_connection_holds_none() {
    let closing = sending("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    let tally = idled(closing, Backend::Epoll, 300);
    let idle = tally.idle.as_deref().unwrap();
    assert_eq!((idle.held, idle.not_kept, idle.closed_after.count()), (0, 20, 0));
}

#[test]
fn a_unix_socket_is_loaded_like_any_other() {
    let folder = std::env::temp_dir().join(format!("timetrial-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("a socket");
    let listener = UnixListener::bind(&path).unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            thread::spawn(move || {
                while stream.read(&mut [0; 4096]).is_ok_and(|bytes| bytes > 0)
                    && stream.write_all(HELLO.as_bytes()).is_ok()
                {}
            });
        }
    });
    for backend in BACKENDS {
        let target = target(Address::Unix(path.clone()), None);
        let tally = driven(&target, &setting(backend), &count(100));
        assert_eq!((tally.overall.of(Outcome::Ok), tally.overall.failed()), (100, 0));
    }
    std::fs::remove_dir_all(&folder).unwrap();
    let gone = target(Address::Unix(path), None);
    let tally = driven(&gone, &setting(Backend::Epoll), &count(4));
    assert_eq!(tally.overall.of(Outcome::ConnectFailed), 4);
    assert_eq!(tally.connect_error, Some(libc::ENOENT));
}
