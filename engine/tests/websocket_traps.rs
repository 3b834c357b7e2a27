//! What makes figures of messages wrong, each from a server that does it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use timetrial_engine::expect::{Expectation, ExpectedBody};
use timetrial_engine::load::{Drive, Model, Setting, Target};
use timetrial_engine::outcome::Outcome;
use timetrial_engine::request::Request;
use timetrial_engine::schedule::Stage;
use timetrial_engine::session::Session;
use timetrial_engine::tally::Tally;
use timetrial_engine::template::Template;
use timetrial_engine::websocket::{Kind, Upgrade, UpgradeRefusal};
use tungstenite::Message;

#[path = "common/serve_connections.rs"]
mod serve_connections;
#[path = "common/upgrades.rs"]
mod upgrades;
use serve_connections::serve_connections;
use upgrades::{echo_frames, head_of, key_in, switching};

const MS: u64 = 1_000_000;
const DEFLATES: &str = "permessage-deflate; server_no_context_takeover\r\n";

fn setting(connections: usize) -> Setting {
    Setting { connections, threads: 1, timeout_ns: 5_000 * MS, ..Setting::default() }
}

fn count(messages: u64) -> Drive {
    Drive {
        target: 0,
        model: Model::Closed,
        lead_in_ns: 0,
        window_ns: 20_000 * MS,
        drain_ns: 5_000 * MS,
        max_requests: Some(messages),
    }
}

/// Opens five connections, has one message on each, and holds them until it is cancelled.
fn held() -> Drive {
    let stages = vec![Stage { duration_ns: 9 * MS, rate_from: 500.0, rate_to: 500.0 }];
    Drive { model: Model::Idle { stages }, window_ns: 60_000 * MS, max_requests: None, ..count(0) }
}

fn opened(address: SocketAddr, deflates: bool, connections: usize) -> Session {
    let upgrade = Upgrade::new("here", "/ws", &[]);
    let upgrade = if deflates { upgrade.offering_deflate() } else { upgrade };
    let body = ExpectedBody::Template(Template::new("{token}").into());
    let expect = Expectation { status: None, body };
    let requests = [Request::message(Kind::Text, b"{token}", upgrade, expect)].into();
    let target = Target { address: address.into(), requests, tls: None, sources: [].into() };
    Session::open(&[target], &setting(connections)).unwrap()
}

fn driven(address: SocketAddr, deflates: bool, connections: usize, drive: &Drive) -> Tally {
    let mut session = opened(address, deflates, connections);
    session.start(drive).unwrap();
    session.wait(Duration::from_mins(1)).unwrap().expect("ended in time")
}

/// Reads the request for an upgrade. Returns its key, and what came behind it.
fn upgrade_of(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let (head, behind) = head_of(stream)?;
    Some((key_in(&head)?, behind))
}

#[test]
fn pings_on_idle_connections_are_answered_so_that_all_are_held() {
    let pongs = Arc::new(AtomicU64::new(0));
    let heard = Arc::clone(&pongs);
    // Whoever does not answer is closed, as servers do after some seconds.
    let address = serve_connections(move |stream, _| {
        stream.set_nodelay(true).unwrap();
        let mut socket = tungstenite::accept(stream).unwrap();
        let Ok(message) = socket.read() else { return };
        if socket.send(message).is_err() || socket.send(Message::Ping("there?".into())).is_err() {
            return;
        }
        if matches!(socket.read(), Ok(Message::Pong(payload)) if payload == "there?") {
            heard.fetch_add(1, Ordering::SeqCst);
            let _ = socket.read();
        }
    });
    let mut session = opened(address, false, 5);
    session.start(&held()).unwrap();
    let until = Instant::now() + Duration::from_secs(50);
    while pongs.load(Ordering::SeqCst) < 5 && Instant::now() < until {
        thread::sleep(Duration::from_millis(5));
    }
    session.cancel();
    let tally = session.wait(Duration::from_mins(1)).unwrap().expect("ended in time");
    let idle = tally.idle.expect("connections were held");
    assert_eq!((tally.overall.of(Outcome::Ok), tally.messages.pings), (5, 5));
    assert_eq!((idle.held, idle.closed_after.count()), (5, 0));
    assert_eq!(pongs.load(Ordering::SeqCst), 5);
}

#[test]
fn compression_that_only_some_connections_have_is_counted() {
    let address = serve_connections(|mut stream, number| {
        let Some((key, _)) = upgrade_of(&mut stream) else { return };
        let line = format!("Sec-WebSocket-Extensions: {DEFLATES}");
        let line = if number % 2 == 0 { line.as_str() } else { "" };
        if stream.write_all(&switching(&key, line)).is_ok() {
            echo_frames(&mut stream);
        }
    });
    let tally = driven(address, true, 6, &count(60));
    assert_eq!((tally.overall.of(Outcome::Ok), tally.messages.deflated), (60, Some(3)));
}

#[test]
fn a_page_in_place_of_an_upgrade_is_no_message_whatever_follows() {
    // An echo behind the page would be right, if the page were taken for the upgrade.
    let address = serve_connections(|mut stream, _| {
        if upgrade_of(&mut stream).is_some() {
            let page = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: Upgrade\r\n\r\n";
            if stream.write_all(page).is_ok() {
                echo_frames(&mut stream);
            }
        }
    });
    let tally = driven(address, false, 1, &count(2));
    assert_eq!((tally.overall.of(Outcome::Ok), tally.overall.of(Outcome::ConnectFailed)), (0, 2));
    assert_eq!(tally.messages.refusal, Some(UpgradeRefusal::Status(200)));
}

#[test]
fn no_message_is_sent_before_the_upgrade_is_answered() {
    let early = Arc::new(AtomicU64::new(0));
    let seen = Arc::clone(&early);
    let address = serve_connections(move |mut stream, _| {
        let Some((key, behind)) = upgrade_of(&mut stream) else { return };
        stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        let more = stream.read(&mut [0; 16]).is_ok_and(|bytes| bytes > 0);
        seen.fetch_add(u64::from(more || !behind.is_empty()), Ordering::SeqCst);
        stream.set_read_timeout(None).unwrap();
        if stream.write_all(&switching(&key, "")).is_ok() {
            echo_frames(&mut stream);
        }
    });
    let tally = driven(address, false, 3, &count(30));
    assert_eq!((tally.overall.of(Outcome::Ok), early.load(Ordering::SeqCst)), (30, 0));
}

#[test]
fn a_message_together_with_the_upgrade_does_no_harm_and_one_before_it_refuses() {
    let welcome = b"\x81\x05hello";
    let behind = serve_connections(|mut stream, _| {
        let Some((key, _)) = upgrade_of(&mut stream) else { return };
        if stream.write_all(&[&switching(&key, ""), &welcome[..]].concat()).is_ok() {
            echo_frames(&mut stream);
        }
    });
    let tally = driven(behind, false, 1, &count(20));
    assert_eq!((tally.overall.of(Outcome::Ok), tally.overall.failed()), (20, 0));
    assert_eq!((tally.messages.unasked, tally.messages.refusal), (1, None));
    let before = serve_connections(|mut stream, _| {
        let Some((key, _)) = upgrade_of(&mut stream) else { return };
        if stream.write_all(&[&welcome[..], &switching(&key, "")].concat()).is_ok() {
            echo_frames(&mut stream);
        }
    });
    let tally = driven(before, false, 1, &count(2));
    assert_eq!((tally.overall.of(Outcome::Ok), tally.overall.of(Outcome::ConnectFailed)), (0, 2));
    assert_eq!(tally.messages.refusal, Some(UpgradeRefusal::Malformed));
}
