//! Requests and messages of one target: each connection of HTTP has a WebSocket beside it.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;
use std::time::Duration;

use timetrial_engine::expect::{Expectation, ExpectedBody};
use timetrial_engine::load::{Drive, Model, Setting, Target};
use timetrial_engine::outcome::Outcome;
use timetrial_engine::reactor::backend::Backend;
use timetrial_engine::request::Request;
use timetrial_engine::schedule::{Arrival, Stage};
use timetrial_engine::session::Session;
use timetrial_engine::tally::Tally;
use timetrial_engine::template::Template;
use timetrial_engine::users::ThinkTime;
use timetrial_engine::websocket::{Kind, Upgrade, UpgradeRefusal};

#[path = "common/serve_connections.rs"]
mod serve_connections;
#[path = "common/upgrades.rs"]
mod upgrades;
use serve_connections::serve_connections;
use upgrades::{echo_frames, head_of, key_in, switching};

const MS: u64 = 1_000_000;
const BACKENDS: [Backend; 2] = [Backend::Epoll, Backend::Auto];

/// The connections that a server has had.
#[derive(Default)]
struct Had {
    http: AtomicU64,
    upgraded: AtomicU64,
}

/// A server of both; or one that answers an upgrade with 404.
fn serving(has_websockets: bool) -> (SocketAddr, Arc<Had>) {
    let had = Arc::new(Had::default());
    let seen = Arc::clone(&had);
    let address = serve_connections(move |mut stream, _| {
        stream.set_nodelay(true).unwrap();
        let mut is_new = true;
        while let Some((head, _)) = head_of(&mut stream) {
            if let Some(key) = key_in(&head).filter(|_| has_websockets) {
                seen.upgraded.fetch_add(1, Ordering::SeqCst);
                if stream.write_all(&switching(&key, "")).is_ok() {
                    echo_frames(&mut stream);
                }
                return;
            }
            seen.http.fetch_add(u64::from(std::mem::take(&mut is_new)), Ordering::SeqCst);
            let found = if key_in(&head).is_some() { "404 Not Found" } else { "200 OK" };
            let answer = format!("HTTP/1.1 {found}\r\nContent-Length: 2\r\n\r\nhi");
            if stream.write_all(answer.as_bytes()).is_err() {
                return;
            }
        }
    });
    (address, had)
}

/// A page, a message, and another page.
fn steps() -> [Request; 3] {
    let page = || {
        let expect =
            Expectation { status: Some(200), body: ExpectedBody::Literal((*b"hi").into()) };
        Request::get(expect)
    };
    let body = ExpectedBody::Template(Template::new("{token}").into());
    let upgrade = Upgrade::new("here", "/ws", &[]);
    let expect = Expectation { status: None, body };
    [page(), Request::message(Kind::Text, b"{token}", upgrade, expect), page()]
}

fn setting(backend: Backend) -> Setting {
    Setting { connections: 3, threads: 2, timeout_ns: 5_000 * MS, backend, ..Setting::default() }
}

fn drive(model: Model, window_ms: u64, max_requests: Option<u64>) -> Drive {
    Drive {
        target: 0,
        model,
        lead_in_ns: 0,
        window_ns: window_ms * MS,
        drain_ns: 5_000 * MS,
        max_requests,
    }
}

fn opened(address: SocketAddr, backend: Backend) -> Session {
    let requests = steps().into();
    let target = Target { address: address.into(), requests, tls: None, sources: [].into() };
    Session::open(&[target], &setting(backend)).unwrap()
}

fn driven(session: &mut Session, drive: &Drive) -> Tally {
    session.start(drive).unwrap();
    session.wait(Duration::from_mins(1)).unwrap().expect("ended in time")
}

fn had(of: &Had) -> (u64, u64) {
    (of.http.load(Ordering::SeqCst), of.upgraded.load(Ordering::SeqCst))
}

#[test]
fn users_do_their_steps_on_a_connection_and_a_websocket_of_their_own() {
    for backend in BACKENDS {
        let (address, connections) = serving(true);
        let think = vec![ThinkTime::None, ThinkTime::Constant { think_ns: MS }, ThinkTime::None];
        let users = Model::Users { think, seed: 1 };
        let tally = driven(&mut opened(address, backend), &drive(users, 60_000, Some(60)));
        assert_eq!((tally.overall.of(Outcome::Ok), tally.overall.failed()), (60, 0));
        let each: Vec<_> = tally.by_request.iter().map(|step| step.counts.arrivals).collect();
        assert!(each.iter().all(|&count| count > 0), "{each:?}");
        // The budget may end in the middle of an iteration of each user.
        assert!(each.iter().max().unwrap() - each.iter().min().unwrap() <= 3, "{each:?}");
        assert_eq!(had(&connections), (3, 3));
        assert_eq!(tally.messages.unasked, 0);
    }
}

#[test]
fn a_closed_load_sends_them_in_turn_and_keeps_all_connections() {
    for backend in BACKENDS {
        let (address, connections) = serving(true);
        let mut session = opened(address, backend);
        for _ in 0..2 {
            let tally = driven(&mut session, &drive(Model::Closed, 60_000, Some(60)));
            assert_eq!((tally.overall.of(Outcome::Ok), tally.overall.failed()), (60, 0));
        }
        let (http, upgraded) = had(&connections);
        assert!(http <= 3 && upgraded <= 3 && http > 0 && upgraded > 0, "{http}, {upgraded}");
    }
}

#[test]
fn both_are_due_at_a_rate() {
    for backend in BACKENDS {
        let (address, _) = serving(true);
        let stages = vec![Stage { duration_ns: 200 * MS, rate_from: 300.0, rate_to: 300.0 }];
        let open = Model::Open { stages, arrival: Arrival::Constant, seed: 0 };
        let tally = driven(&mut opened(address, backend), &drive(open, 200, None));
        assert_eq!((tally.window.arrivals, tally.window.of(Outcome::Ok)), (60, 60));
    }
}

#[test]
fn pages_go_on_where_there_is_no_websocket() {
    let (address, connections) = serving(false);
    let think = vec![ThinkTime::None; 3];
    let users = Model::Users { think, seed: 1 };
    let tally = driven(&mut opened(address, Backend::Epoll), &drive(users, 60_000, Some(18)));
    let failed = |step: usize| tally.by_request[step].counts.failed();
    assert_eq!((failed(0), failed(2)), (0, 0));
    assert!(failed(1) > 0 && failed(1) == tally.overall.failed());
    assert_eq!(tally.messages.refusal, Some(UpgradeRefusal::Status(404)));
    assert_eq!(had(&connections).1, 0);
    let stages = vec![Stage { duration_ns: 100 * MS, rate_from: 300.0, rate_to: 300.0 }];
    let open = Model::Open { stages, arrival: Arrival::Constant, seed: 0 };
    // Each of them has one outcome: `Session::wait` checks that.
    let tally = driven(&mut opened(address, Backend::Epoll), &drive(open, 100, None));
    assert_eq!(tally.window.arrivals, 30);
    assert!(tally.window.of(Outcome::Ok) > 0 && tally.window.failed() > 0);
}

#[test]
fn they_come_one_at_a_time_on_connections_that_last() {
    let address = SocketAddr::from(([127, 0, 0, 1], 9)).into();
    let target = Target { address, requests: steps().into(), tls: None, sources: [].into() };
    for setting in [
        Setting { pipeline: 2, ..setting(Backend::Epoll) },
        Setting { fresh_connections: true, ..setting(Backend::Epoll) },
    ] {
        assert!(Session::open(std::slice::from_ref(&target), &setting).is_err());
    }
}
