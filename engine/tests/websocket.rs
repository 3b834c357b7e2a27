//! Sessions of messages, against servers made of tungstenite and against servers that err.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
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
use timetrial_engine::websocket::{Kind, Upgrade, UpgradeRefusal};
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::protocol::CloseFrame;
use tungstenite::{Message, WebSocket};

const MS: u64 = 1_000_000;
const BACKENDS: [Backend; 2] = [Backend::Epoll, Backend::Auto];

/// Calls `serve` with each connection, in a thread of its own.
fn listen(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let serve = Arc::new(serve);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let serve = Arc::clone(&serve);
            thread::spawn(move || serve(stream.unwrap()));
        }
    });
    address
}

/// Answers each message by `answer`, until that returns false.
fn serving(
    answer: impl Fn(&mut WebSocket<TcpStream>, Message) -> bool + Send + Sync + 'static,
) -> SocketAddr {
    listen(move |stream| {
        // A second message would wait until the first was acknowledged.
        stream.set_nodelay(true).unwrap();
        let mut socket = tungstenite::accept(stream).unwrap();
        while let Ok(message) = socket.read() {
            if (message.is_text() || message.is_binary()) && !answer(&mut socket, message) {
                return;
            }
        }
    })
}

fn message(kind: Kind, payload: &str) -> Request {
    let upgrade = Upgrade::new("here", "/ws", &[]);
    let body = ExpectedBody::Template(Template::new(payload).into());
    Request::message(kind, payload.as_bytes(), upgrade, Expectation { status: None, body })
}

fn target(address: SocketAddr, requests: &[Request]) -> Target {
    Target { address: address.into(), requests: requests.into(), tls: None, sources: [].into() }
}

fn setting(backend: Backend) -> Setting {
    Setting { connections: 4, threads: 2, timeout_ns: 2_000 * MS, backend, ..Setting::default() }
}

/// So many messages, whatever time they take.
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

/// So many messages a second, at equal distances.
fn at_rate(rate: f64, window_ms: u64) -> Drive {
    let stage = Stage { duration_ns: window_ms * MS, rate_from: rate, rate_to: rate };
    let model = Model::Open { stages: vec![stage], arrival: Arrival::Constant, seed: 0 };
    Drive { model, window_ns: window_ms * MS, max_requests: None, ..count(0) }
}

fn driven(target: &Target, setting: &Setting, drive: &Drive) -> Tally {
    let mut session = Session::open(std::slice::from_ref(target), setting).unwrap();
    session.start(drive).unwrap();
    session.wait(Duration::from_secs(30)).unwrap().expect("ended in time")
}

/// What a server makes of a hundred messages of one kind.
fn of_hundred(address: SocketAddr, kind: Kind, payload: &str) -> Tally {
    driven(&target(address, &[message(kind, payload)]), &setting(Backend::Epoll), &count(100))
}

#[test]
fn echoes_of_both_kinds_and_of_any_length_are_right() {
    let address = serving(|socket, message| socket.send(message).is_ok());
    let long = format!("{{token}}{}", "é".repeat(200_000));
    for backend in BACKENDS {
        for (kind, payload) in [(Kind::Text, "{token}"), (Kind::Binary, ""), (Kind::Binary, &long)]
        {
            let tally =
                driven(&target(address, &[message(kind, payload)]), &setting(backend), &count(40));
            assert_eq!((tally.overall.of(Outcome::Ok), tally.overall.failed()), (40, 0));
            assert_eq!(tally.messages.refusal, None);
        }
    }
}

#[test]
fn messages_are_due_at_a_rate() {
    let address = serving(|socket, message| socket.send(message).is_ok());
    let wanted = message(Kind::Text, "{token}");
    let tally = driven(&target(address, &[wanted]), &setting(Backend::Epoll), &at_rate(500.0, 200));
    assert_eq!((tally.window.arrivals, tally.window.of(Outcome::Ok)), (100, 100));
}

#[test]
fn each_connection_of_its_own_is_closed_in_order() {
    let closed = Arc::new(std::sync::atomic::AtomicU64::new(0));
    let seen = Arc::clone(&closed);
    let address = listen(move |stream| {
        let mut socket = tungstenite::accept(stream).unwrap();
        while let Ok(message) = socket.read() {
            if let Message::Close(Some(frame)) = &message {
                let is_normal = frame.code == CloseCode::Normal;
                closed.fetch_add(u64::from(is_normal), std::sync::atomic::Ordering::SeqCst);
            } else if socket.send(message).is_err() {
                return;
            }
        }
    });
    let fresh = Setting { fresh_connections: true, ..setting(Backend::Epoll) };
    let tally = driven(&target(address, &[message(Kind::Text, "a")]), &fresh, &count(20));
    assert_eq!((tally.overall.of(Outcome::Ok), tally.connect_time.count()), (20, 20));
    let until = std::time::Instant::now() + Duration::from_secs(10);
    while seen.load(std::sync::atomic::Ordering::SeqCst) < 20 {
        assert!(std::time::Instant::now() < until, "each of them hears a close");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn pings_are_answered() {
    let address = serving(|socket, message| {
        socket.send(Message::Ping("hear me".into())).is_ok()
            && matches!(socket.read(), Ok(Message::Pong(payload)) if payload == "hear me")
            && socket.send(message).is_ok()
    });
    let tally = of_hundred(address, Kind::Text, "{token}");
    assert_eq!((tally.overall.of(Outcome::Ok), tally.messages.pings), (100, 100));
}

#[test]
fn messages_that_answer_none_are_counted_and_do_no_harm() {
    let address = serving(|socket, message| {
        socket.send(message).is_ok() && socket.send(Message::text("news")).is_ok()
    });
    let wanted = message(Kind::Text, "{token}");
    let few = Setting { connections: 1, threads: 1, ..setting(Backend::Epoll) };
    let tally = driven(&target(address, &[wanted]), &few, &at_rate(20.0, 500));
    assert_eq!((tally.window.arrivals, tally.overall.failed()), (10, 0));
    assert!(tally.messages.unasked >= 9, "{:?}", tally.messages);
}

#[test]
fn wrong_answers_are_told_apart() {
    let of_another = serving(|socket, _| socket.send(Message::text("0123456789abcdef")).is_ok());
    let wrong = of_hundred(of_another, Kind::Text, "{token}").overall;
    assert_eq!(wrong.of(Outcome::WrongOrder), 100);
    let other = serving(|socket, _| socket.send(Message::text("no echo")).is_ok());
    assert_eq!(of_hundred(other, Kind::Text, "{token}").overall.of(Outcome::WrongBody), 100);
    let as_text =
        serving(|socket, message| socket.send(Message::text(message.into_text().unwrap())).is_ok());
    assert_eq!(of_hundred(as_text, Kind::Binary, "{token}").overall.of(Outcome::WrongBody), 100);
}

#[test]
fn a_server_that_closes_says_why() {
    let address = serving(|socket, _| {
        let frame = CloseFrame { code: CloseCode::Away, reason: "bye".into() };
        socket.close(Some(frame)).is_ok()
    });
    let tally = of_hundred(address, Kind::Text, "a");
    assert_eq!(tally.overall.of(Outcome::ClosedEarly), 100);
    assert_eq!(tally.messages.closes, [(1001, 100)].into());
}

/// Reads the request for an upgrade, then writes these bytes and closes.
fn answering(answer: &'static [u8]) -> SocketAddr {
    listen(move |mut stream| {
        let mut buffer = [0; 4096];
        if stream.read(&mut buffer).is_ok_and(|bytes| bytes > 0) {
            let _ = stream.write_all(answer);
        }
    })
}

#[test]
fn what_is_no_upgrade_is_named() {
    let refusals: [(&[u8], UpgradeRefusal); 3] = [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", UpgradeRefusal::Status(200)),
        (b"", UpgradeRefusal::Closed),
        (b"hello\r\n\r\n", UpgradeRefusal::Malformed),
    ];
    for (answer, refusal) in refusals {
        let wanted = message(Kind::Text, "a");
        let address = answering(answer);
        for backend in BACKENDS {
            let few = Setting { connections: 1, threads: 1, ..setting(backend) };
            let tally = driven(&target(address, std::slice::from_ref(&wanted)), &few, &count(2));
            assert_eq!(tally.messages.refusal, Some(refusal));
            assert_eq!(
                (tally.overall.of(Outcome::ConnectFailed), tally.connections_reached),
                (2, 0)
            );
        }
    }
}

#[test]
fn frames_that_break_the_protocol_are_malformed() {
    let address = listen(|stream| {
        let mut socket = tungstenite::accept(stream).unwrap();
        if socket.read().is_ok() {
            // A masked frame, which no server may send.
            let _ = socket.get_mut().write_all(b"\x81\x81\0\0\0\0a");
            let _ = socket.read();
        }
    });
    assert_eq!(of_hundred(address, Kind::Text, "a").overall.of(Outcome::Malformed), 100);
}

#[test]
fn a_server_that_does_not_compress_gets_messages_as_they_are() {
    let address = serving(|socket, message| socket.send(message).is_ok());
    let body = ExpectedBody::Template(Template::new("{token}").into());
    let upgrade = Upgrade::new("here", "/ws", &[]).offering_deflate();
    let expect = Expectation { status: None, body };
    let wanted = Request::message(Kind::Text, b"{token}", upgrade, expect);
    let tally = driven(&target(address, &[wanted]), &setting(Backend::Epoll), &count(20));
    assert_eq!((tally.overall.of(Outcome::Ok), tally.messages.deflated), (20, Some(0)));
}

#[test]
fn what_one_connection_says_all_others_hear() {
    let members: Arc<std::sync::Mutex<Vec<std::sync::mpsc::Sender<Message>>>> = Arc::default();
    let address = listen(move |stream| {
        let mut socket = tungstenite::accept(stream).unwrap();
        socket.get_ref().set_read_timeout(Some(Duration::from_millis(1))).unwrap();
        let (sender, heard) = std::sync::mpsc::channel();
        members.lock().unwrap().push(sender);
        loop {
            match socket.read() {
                Ok(message) if message.is_text() => {
                    members.lock().unwrap().retain(|member| member.send(message.clone()).is_ok());
                }
                Ok(_) => {}
                Err(tungstenite::Error::Io(error))
                    if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(_) => return,
            }
            while let Ok(message) = heard.try_recv() {
                if socket.send(message).is_err() {
                    return;
                }
            }
        }
    });
    let wanted = message(Kind::Text, "{token}").broadcast();
    let target = target(address, &[wanted]);
    for backend in BACKENDS {
        let all = Setting { connections: 5, threads: 1, ..setting(backend) };
        let mut session = Session::open(std::slice::from_ref(&target), &all).unwrap();
        // The first drive opens the connections.
        let drives = [count(1), count(20), at_rate(100.0, 200)];
        for (drive, messages) in drives.iter().zip([1, 20, 20]) {
            session.start(drive).unwrap();
            let tally = session.wait(Duration::from_secs(30)).unwrap().expect("ended in time");
            assert_eq!(tally.overall.of(Outcome::Ok), messages);
            let heard = tally.deliveries.expect("it is a broadcast");
            assert_eq!(heard.delay.count(), heard.heard);
            if messages > 1 {
                assert_eq!((heard.due, heard.heard), (4 * messages, 4 * messages));
                assert_eq!(tally.messages.unasked, 0);
            }
        }
    }
    let several = Setting { connections: 5, threads: 2, ..setting(Backend::Epoll) };
    assert!(Session::open(&[target], &several).is_err());
}
