//! Sessions against correct and faulty servers.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use timetrial_engine::expect::{Expectation, ExpectedBody};
use timetrial_engine::load::{Drive, Model, Setting, Target};
use timetrial_engine::outcome::Outcome;
use timetrial_engine::request::Request;
use timetrial_engine::schedule::{Arrival, Stage};
use timetrial_engine::session::Session;
use timetrial_engine::tally::Tally;

const HELLO: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nHello world!";
const MS: u64 = 1_000_000;

/// A server with a thread for each connection, and its counts.
struct Server {
    address: SocketAddr,
    accepted: Arc<AtomicU64>,
    answered: Arc<AtomicU64>,
}

/// Calls `serve` with each connection and the counter of responses.
fn server(serve: impl Fn(TcpStream, &AtomicU64) + Send + Sync + 'static) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (accepted, answered) = (Arc::default(), Arc::default());
    let seen = Server { address, accepted: Arc::clone(&accepted), answered: Arc::clone(&answered) };
    let serve = Arc::new(serve);
    thread::spawn(move || {
        for stream in listener.incoming() {
            accepted.fetch_add(1, SeqCst);
            let (serve, answered) = (Arc::clone(&serve), Arc::clone(&answered));
            thread::spawn(move || serve(stream.unwrap(), &answered));
        }
    });
    seen
}

/// Answers each request with the same bytes. If not `go_on`, closes the connection after one.
fn answering(answer: &'static [u8], go_on: bool) -> Server {
    server(move |mut stream, answered| {
        let mut buffer = [0; 4096];
        while stream.read(&mut buffer).is_ok_and(|bytes| bytes > 0) {
            if stream.write_all(answer).is_err() {
                return;
            }
            answered.fetch_add(1, SeqCst);
            if !go_on {
                return;
            }
        }
    })
}

fn target(address: SocketAddr) -> Target {
    expecting(address, b"Hello world!")
}

fn expecting(address: SocketAddr, body: &[u8]) -> Target {
    let expect = Expectation { status: Some(200), body: ExpectedBody::Literal(body.into()) };
    let requests = [Request::get(expect)];
    Target { address: address.into(), requests: requests.into(), tls: None, sources: [].into() }
}

fn setting(connections: usize, timeout_ms: u64) -> Setting {
    Setting {
        connections,
        threads: 2,
        cpus: vec![],
        timeout_ns: timeout_ms * MS,
        pipeline: 1,
        fresh_connections: false,
        backend: crate::BACKEND,
        spin: false,
    }
}

fn session(addresses: &[SocketAddr], connections: usize, timeout_ms: u64) -> Session {
    let targets: Vec<Target> = addresses.iter().map(|&address| target(address)).collect();
    Session::open(&targets, &setting(connections, timeout_ms)).unwrap()
}

fn window(target: usize, window_ms: u64) -> Drive {
    Drive {
        target,
        model: Model::Closed,
        lead_in_ns: 0,
        window_ns: window_ms * MS,
        drain_ns: 5_000 * MS,
        max_requests: None,
    }
}

fn drive(session: &mut Session, drive: &Drive) -> Tally {
    session.start(drive).unwrap();
    session.wait(Duration::from_secs(20)).unwrap().expect("ended in time")
}

fn drive_once(server: &Server, drive_: &Drive) -> Tally {
    drive(&mut session(&[server.address], 4, 200), drive_)
}

#[test]
fn every_answer_of_the_server_is_counted_once() {
    let server = answering(HELLO, true);
    let tally = drive_once(&server, &window(0, 300));
    assert!(tally.window.of(Outcome::Ok) > 100);
    assert_eq!(tally.window.failed(), 0);
    assert_eq!(tally.overall.of(Outcome::Ok), server.answered.load(SeqCst));
    assert_eq!(server.accepted.load(SeqCst), 4);
    assert_eq!(tally.connections_reached, 4);
    assert_eq!(tally.connect_time.count(), 4);
}

#[test]
fn a_generator_that_spins_is_always_awake_and_accounts_for_every_request() {
    let server = answering(HELLO, true);
    let setting = Setting { spin: true, threads: 1, ..setting(4, 200) };
    let mut session = Session::open(&[target(server.address)], &setting).unwrap();
    let stages = vec![Stage { duration_ns: 200 * MS, rate_from: 500.0, rate_to: 500.0 }];
    let model = Model::Open { stages, arrival: Arrival::Constant, seed: 1 };
    let tally = drive(&mut session, &Drive { model, ..window(0, 200) });
    assert_eq!(tally.overall.of(Outcome::Ok), 100);
    assert_eq!(server.answered.load(SeqCst), 100);
    // The thread never sleeps in the 200 ms, but another process may have used its CPU.
    let wait_ns = tally.thread_cpu.run_queue_wait_ns.unwrap_or(0);
    assert!(tally.thread_cpu.cpu_ns + wait_ns > 100 * MS, "{:?}", tally.thread_cpu);
}

#[test]
fn a_lead_in_is_driven_but_not_recorded() {
    let server = answering(HELLO, true);
    let lead_in = Drive { lead_in_ns: 200 * MS, ..window(0, 100) };
    let tally = drive_once(&server, &lead_in);
    assert!(tally.overall.of(Outcome::Ok) > tally.window.of(Outcome::Ok));
    assert_eq!(tally.overall.of(Outcome::Ok), server.answered.load(SeqCst));
    assert_eq!(tally.timeline.opened_ns - tally.timeline.started_ns, 200 * MS);
    assert_eq!(tally.timeline.closed_ns - tally.timeline.opened_ns, 100 * MS);
}

#[test]
fn a_number_of_requests_is_kept_exactly() {
    let server = answering(HELLO, true);
    let tally = drive_once(&server, &Drive { max_requests: Some(57), ..window(0, 10_000) });
    assert_eq!(tally.overall.arrivals, 57);
    assert_eq!(server.answered.load(SeqCst), 57);
    assert!(tally.timeline.closed_ns - tally.timeline.opened_ns < 5_000 * MS);
}

#[test]
fn the_load_moves_between_targets_without_reconnecting() {
    let servers = [answering(HELLO, true), answering(HELLO, true)];
    let mut session = session(&[servers[0].address, servers[1].address], 4, 200);
    for turn in [0, 1, 1, 0, 0, 1] {
        let tally = drive(&mut session, &window(turn, 30));
        assert!(tally.completions > 0);
    }
    for server in servers {
        assert_eq!(server.accepted.load(SeqCst), 4);
    }
}

#[test]
fn nothing_is_connected_before_a_target_is_driven() {
    let servers = [answering(HELLO, true), answering(HELLO, true)];
    let mut session = session(&[servers[0].address, servers[1].address], 4, 200);
    drive(&mut session, &window(0, 30));
    assert_eq!(servers[1].accepted.load(SeqCst), 0);
}

#[test]
fn a_connection_that_the_server_closed_while_idle_is_opened_again_without_an_error() {
    let server = server(|mut stream, answered| {
        stream.set_read_timeout(Some(Duration::from_millis(60))).unwrap();
        let mut buffer = [0; 4096];
        while stream.read(&mut buffer).is_ok_and(|bytes| bytes > 0) {
            stream.write_all(HELLO).unwrap();
            answered.fetch_add(1, SeqCst);
        }
    });
    let mut session = session(&[server.address], 4, 500);
    drive(&mut session, &window(0, 30));
    thread::sleep(Duration::from_millis(150));
    let tally = drive(&mut session, &window(0, 30));
    assert_eq!(tally.overall.failed(), 0);
    assert_eq!(server.accepted.load(SeqCst), 8);
}

#[test]
fn a_server_that_closes_after_each_response_is_connected_to_for_each_request() {
    let closing = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 12\r\n\r\nHello world!";
    let server = answering(closing, false);
    let tally = drive_once(&server, &window(0, 200));
    assert!(tally.overall.of(Outcome::Ok) > 20);
    assert_eq!(tally.overall.failed(), 0);
    assert_eq!(tally.overall.arrivals, server.accepted.load(SeqCst));
}

#[test]
fn a_body_that_ends_with_the_connection_is_complete() {
    let server = answering(b"HTTP/1.1 200 OK\r\n\r\nHello world!", false);
    let tally = drive_once(&server, &window(0, 200));
    assert!(tally.overall.of(Outcome::Ok) > 20);
    assert_eq!(tally.overall.failed(), 0);
}

#[test]
fn a_server_that_never_answers_gives_timeouts_at_their_elapsed_time() {
    let server = server(|mut stream, _| {
        let mut all = vec![];
        stream.read_to_end(&mut all).ok();
    });
    let tally = drive_once(&server, &window(0, 100));
    assert_eq!(tally.window.arrivals, 4);
    assert_eq!(tally.window.of(Outcome::Timeout), 4);
    assert!(tally.response_time.quantile(0.5) >= 199 * MS);
}

#[test]
fn what_has_no_answer_after_the_drain_is_censored() {
    let server = server(|mut stream, _| {
        let mut all = vec![];
        stream.read_to_end(&mut all).ok();
    });
    let mut session = session(&[server.address], 4, 60_000);
    let tally = drive(&mut session, &Drive { drain_ns: 50 * MS, ..window(0, 50) });
    assert_eq!(tally.window.of(Outcome::Censored), 4);
    assert!(tally.response_time.quantile(0.5) >= 80 * MS);
}

#[test]
fn a_refused_connection_is_an_error_and_is_tried_again_later() {
    let unused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let tally = drive(&mut session(&[unused], 4, 200), &window(0, 200));
    let failed = tally.window.of(Outcome::ConnectFailed);
    assert_eq!(failed, tally.window.arrivals);
    assert!((8..=100).contains(&failed), "{failed} attempts");
    assert_eq!(tally.connections_reached, 0);
}

#[test]
fn a_connection_that_closes_in_the_middle_of_a_response_is_counted_as_such() {
    let server = answering(&HELLO[..45], false);
    let tally = drive_once(&server, &window(0, 100));
    assert!(tally.window.arrivals > 0);
    assert_eq!(tally.window.of(Outcome::ClosedEarly), tally.window.arrivals);
}

#[test]
fn wrong_answers_are_no_throughput() {
    for (answer, outcome) in [
        (&b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"[..], Outcome::WrongStatus),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nHello there!", Outcome::WrongBody),
        (b"\x16\x03\x01 this is no HTTP\r\n\r\n", Outcome::Malformed),
    ] {
        let tally = drive_once(&answering(answer, true), &window(0, 60));
        assert!(tally.window.arrivals > 0);
        assert_eq!(tally.window.of(outcome), tally.window.arrivals, "{outcome:?}");
        assert_eq!(tally.completions, 0);
    }
}

#[test]
fn a_response_that_nobody_asked_for_is_noticed() {
    let twice: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nHello world!\
        HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nHello world!";
    let tally = drive_once(&answering(twice, true), &window(0, 60));
    assert!(tally.unsolicited > 0);
}

#[test]
fn a_large_body_comes_in_whole() {
    let body = vec![b'x'; 3_000_000];
    let mut answer =
        format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes();
    answer.extend_from_slice(&body);
    let server = answering(answer.leak(), true);
    let large = expecting(server.address, &body);
    let mut session = Session::open(&[large], &setting(2, 5_000)).unwrap();
    let tally = drive(&mut session, &Drive { max_requests: Some(20), ..window(0, 20_000) });
    assert_eq!(tally.window.of(Outcome::Ok), 20);
}

#[test]
fn a_cancelled_drive_ends_at_once_with_its_figures() {
    let server = answering(HELLO, true);
    let mut session = session(&[server.address], 4, 200);
    session.start(&window(0, 60_000)).unwrap();
    assert!(session.wait(Duration::from_millis(100)).unwrap().is_none());
    assert!(session.progress().completions > 0);
    let begin = Instant::now();
    session.cancel();
    let tally = session.wait(Duration::from_secs(5)).unwrap().expect("ended");
    assert!(begin.elapsed() < Duration::from_secs(1));
    assert!(tally.window.of(Outcome::Ok) > 0);
    assert!(tally.timeline.closed_ns - tally.timeline.opened_ns < 10_000 * MS);
}

#[test]
fn a_session_without_connections_is_refused() {
    let address = "127.0.0.1:1".parse().unwrap();
    assert!(Session::open(&[target(address)], &setting(0, 1)).is_err());
}

fn open(rate: f64, window_ms: u64) -> Drive {
    let stages = vec![Stage { duration_ns: window_ms * MS, rate_from: rate, rate_to: rate }];
    let model = Model::Open { stages, arrival: Arrival::Poisson, seed: 7 };
    Drive { model, ..window(0, window_ms) }
}

#[test]
fn open_load_sends_what_its_schedule_says() {
    let server = answering(HELLO, true);
    let stages = vec![Stage { duration_ns: 400 * MS, rate_from: 500.0, rate_to: 500.0 }];
    let model = Model::Open { stages, arrival: Arrival::Constant, seed: 1 };
    let tally = drive_once(&server, &Drive { model, ..window(0, 400) });
    assert_eq!(tally.window.of(Outcome::Ok), 200);
    assert_eq!(server.answered.load(SeqCst), 200);
    assert_eq!(tally.lateness.count(), 200);
}

#[test]
fn a_pause_of_the_server_is_seen_by_all_who_came_meanwhile() {
    let begin = Instant::now();
    let server = server(move |mut stream, answered| {
        let mut buffer = [0; 4096];
        while stream.read(&mut buffer).is_ok_and(|bytes| bytes > 0) {
            let pause = Duration::from_millis(200)..Duration::from_millis(500);
            if pause.contains(&begin.elapsed()) {
                thread::sleep(pause.end.saturating_sub(begin.elapsed()));
            }
            stream.write_all(HELLO).unwrap();
            answered.fetch_add(1, SeqCst);
        }
    });
    let mut session = session(&[server.address], 4, 5_000);
    let tally = drive(&mut session, &open(500.0, 800));
    assert_eq!(tally.window.failed(), 0);
    // The server stalled for a third of the time, so a third of all requests waited.
    assert!(tally.response_time.quantile(0.85) > 80 * MS);
    assert!(tally.response_time.max_ns() > 250 * MS);
}

#[test]
fn pipelined_counts_agree_with_those_of_the_server() {
    let server = server(|mut stream, answered| {
        let mut buffer = vec![0; 65536];
        let mut unanswered = vec![];
        while let Ok(bytes @ 1..) = stream.read(&mut buffer) {
            unanswered.extend_from_slice(&buffer[..bytes]);
            while let Some(end) = unanswered.windows(4).position(|four| four == b"\r\n\r\n") {
                unanswered.drain(..end + 4);
                if stream.write_all(HELLO).is_err() {
                    return;
                }
                answered.fetch_add(1, SeqCst);
            }
        }
    });
    let pipelined = Setting { pipeline: 8, ..setting(4, 1_000) };
    let mut session = Session::open(&[target(server.address)], &pipelined).unwrap();
    for load in [window(0, 100), open(2_000.0, 100)] {
        let before = server.answered.load(SeqCst);
        let tally = drive(&mut session, &load);
        assert_eq!(tally.overall.failed(), 0);
        assert_eq!(tally.overall.of(Outcome::Ok), server.answered.load(SeqCst) - before);
    }
    assert_eq!(server.accepted.load(SeqCst), 4);
}

#[test]
fn fresh_connections_are_opened_for_each_request() {
    let server = answering(HELLO, true);
    let fresh = Setting { fresh_connections: true, ..setting(4, 1_000) };
    let mut session = Session::open(&[target(server.address)], &fresh).unwrap();
    let tally = drive(&mut session, &Drive { max_requests: Some(100), ..window(0, 5_000) });
    assert_eq!(tally.overall.of(Outcome::Ok), 100);
    assert_eq!(server.accepted.load(SeqCst), 100);
}
