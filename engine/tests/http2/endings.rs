//! How streams and connections end, and what becomes of requests that were not processed.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};

use timetrial_engine::http2::Refusal;
use timetrial_engine::load::{Drive, Model, Setting};
use timetrial_engine::outcome::Outcome;
use timetrial_engine::tally::Tally;
use timetrial_engine::users::ThinkTime;

use crate::support::{
    answer, at_rate, count, driven, expecting, frame, get, goaway, http2, listen, scripted,
    setting, target, Peer, ACK, BACKENDS, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, MS, PING,
    RST_STREAM,
};

fn load(address: SocketAddr, streams: usize, requests: u64) -> Tally {
    driven(&target(address, get(b"hi")), &setting(1, streams), &count(requests))
}

#[test]
fn a_server_that_goes_away_in_order_costs_no_request() {
    // Each connection answers ten requests and gives the others back.
    let address = scripted(|mut peer, _| {
        for answered in 1.. {
            let Some(stream) = peer.next_request() else { return };
            peer.send(&answer(stream, b"hi"));
            if answered == 10 {
                peer.send(&goaway(stream, 0));
                peer.read_to_end();
                return;
            }
        }
    });
    for backend in BACKENDS {
        for drive in [count(100), at_rate(400.0, 250)] {
            let setting = Setting { backend, ..setting(1, 4) };
            let tally = driven(&target(address, get(b"hi")), &setting, &drive);
            assert_eq!((tally.overall.of(Outcome::Ok), tally.overall.failed()), (100, 0));
            let connections = http2(&tally).goaways[&0];
            assert!((9..=10).contains(&connections), "{connections} connections");
        }
    }
}

#[test]
fn what_a_server_that_goes_away_had_taken_and_not_answered_has_failed() {
    // It says that it has processed the second request, and closes.
    let address = scripted(|mut peer, number| {
        if number > 0 {
            return peer.serve(b"hi");
        }
        let streams = [peer.next_request(), peer.next_request(), peer.next_request()];
        let [Some(first), Some(second), Some(_)] = streams else { return };
        peer.send(&[answer(first, b"hi"), goaway(second, 2)].concat());
    });
    let tally = load(address, 3, 3);
    let counts = &tally.overall;
    let lost = counts.of(Outcome::ClosedEarly) + counts.of(Outcome::Reset);
    assert_eq!((counts.of(Outcome::Ok), lost), (2, 1));
    assert_eq!((http2(&tally).retries, http2(&tally).goaways[&2]), (1, 1));
}

#[test]
fn refused_streams_are_sent_again_and_counted() {
    let address = scripted(|mut peer, _| {
        let refused = AtomicU64::new(0);
        while let Some(stream) = peer.next_request() {
            if refused.fetch_add(1, SeqCst).is_multiple_of(3) {
                peer.send(&frame(RST_STREAM, 0, stream, &7_u32.to_be_bytes()));
            } else {
                peer.send(&answer(stream, b"hi"));
            }
        }
    });
    let tally = load(address, 5, 90);
    assert_eq!((tally.overall.of(Outcome::Ok), tally.overall.failed()), (90, 0));
    let retries = http2(&tally).retries;
    assert!((40..=50).contains(&retries), "{retries} retries");
}

#[test]
fn a_request_that_is_always_refused_fails_at_last() {
    let address = scripted(|mut peer, _| {
        while let Some(stream) = peer.next_request() {
            peer.send(&frame(RST_STREAM, 0, stream, &7_u32.to_be_bytes()));
        }
    });
    let tally = load(address, 2, 4);
    assert_eq!(tally.overall.of(Outcome::Reset), 4);
    assert_eq!((http2(&tally).retries, tally.connect_time.count()), (32, 1));
}

#[test]
fn a_server_that_goes_away_at_once_each_time_does_not_hold_a_request_for_ever() {
    let address = scripted(|mut peer, _| {
        peer.send(&goaway(0, 0));
        peer.read_to_end();
    });
    let tally = load(address, 2, 2);
    let failed = tally.overall.failed();
    assert_eq!((failed, tally.overall.of(Outcome::Ok)), (2, 0));
}

#[test]
fn a_late_response_is_cancelled_and_the_others_go_on() {
    let cancelled = Arc::new(Mutex::new(vec![]));
    let seen = Arc::clone(&cancelled);
    // The first request has no answer in time, and one that is of no use any more.
    let address = scripted(move |mut peer, _| {
        let Some(first) = peer.next_request() else { return };
        loop {
            let Some(next) = peer.next_frame() else { return };
            if next.kind == RST_STREAM {
                cancelled.lock().unwrap().push((next.stream, next.payload));
                peer.send(&answer(first, b"late"));
            } else if next.kind == HEADERS {
                peer.send(&answer(next.stream, b"hi"));
            }
        }
    });
    let patient = Setting { timeout_ns: 1_000 * MS, ..setting(1, 2) };
    let tally = driven(&target(address, get(b"hi")), &patient, &at_rate(20.0, 1_000));
    let counts = &tally.overall;
    assert_eq!((counts.of(Outcome::Timeout), counts.of(Outcome::Ok)), (1, 19));
    assert_eq!(tally.connect_time.count(), 1, "the connection stays");
    assert_eq!(*seen.lock().unwrap(), [(1, 8_u32.to_be_bytes().to_vec())]);
}

#[test]
fn a_stream_that_the_server_ends_fails_alone_and_its_code_is_counted() {
    let address = scripted(|mut peer, _| {
        while let Some(stream) = peer.next_request() {
            let head = frame(HEADERS, END_HEADERS, stream, &[0x88]);
            let reset = frame(RST_STREAM, 0, stream, &2_u32.to_be_bytes());
            peer.send(&if stream % 4 == 1 {
                [head, reset].concat()
            } else {
                answer(stream, b"hi")
            });
        }
    });
    let tally = load(address, 2, 20);
    assert_eq!((tally.overall.of(Outcome::Ok), tally.overall.of(Outcome::Reset)), (10, 10));
    assert_eq!((http2(&tally).resets[&2], tally.connect_time.count()), (10, 1));
}

#[test]
fn a_server_that_closes_fails_what_is_in_flight() {
    let address = scripted(|mut peer, _| {
        while let Some(stream) = peer.next_request() {
            if stream == 5 {
                return;
            }
            peer.send(&answer(stream, b"hi"));
        }
    });
    let tally = load(address, 1, 9);
    let counts = &tally.overall;
    let failed = counts.of(Outcome::ClosedEarly) + counts.of(Outcome::Reset);
    assert_eq!((counts.of(Outcome::Ok), failed), (6, 3));
}

#[test]
fn each_connection_of_its_own_ends_with_goaway() {
    let (sender, heard) = mpsc::channel();
    let sender = Mutex::new(sender);
    let address = scripted(move |mut peer, _| {
        let Some(stream) = peer.next_request() else { return };
        peer.send(&answer(stream, b"hi"));
        let code = peer.next_of(GOAWAY).map(|frame| frame.payload);
        let _ = sender.lock().unwrap().send(code);
    });
    let fresh = Setting { fresh_connections: true, ..setting(2, 1) };
    let tally = driven(&target(address, get(b"hi")), &fresh, &count(6));
    assert_eq!((tally.overall.of(Outcome::Ok), tally.connect_time.count()), (6, 6));
    for _ in 0..6 {
        assert_eq!(heard.recv().unwrap(), Some(vec![0; 8]));
    }
}

#[test]
fn pings_are_answered_before_the_server_goes_on() {
    let address = scripted(|mut peer, _| {
        while let Some(stream) = peer.next_request() {
            peer.send(&frame(PING, 0, 0, b"hear me!"));
            let pong = peer.next_of(PING);
            assert_eq!(
                pong.map(|pong| (pong.flags, pong.payload)),
                Some((ACK, b"hear me!".into()))
            );
            peer.send(&answer(stream, b"hi"));
        }
    });
    assert_eq!(load(address, 1, 20).overall.of(Outcome::Ok), 20);
}

#[test]
fn wrong_answers_are_told_apart() {
    let address = scripted(|mut peer, _| {
        while let Some(stream) = peer.next_request() {
            // Status 404, another body, and no response at all.
            peer.send(&match stream % 6 {
                1 => frame(HEADERS, END_HEADERS | END_STREAM, stream, &[0x8d]),
                3 => answer(stream, b"ho"),
                _ => frame(DATA, END_STREAM, stream, b"hi"),
            });
        }
    });
    let counts = load(address, 1, 9).overall;
    let found = [Outcome::WrongStatus, Outcome::WrongBody, Outcome::Malformed];
    assert_eq!(found.map(|outcome| counts.of(outcome)), [3, 3, 3]);
}

#[test]
fn users_send_their_cookies_back() {
    let address = scripted(|mut peer, _| {
        let Some(first) = peer.next_request() else { return };
        // `set-cookie` is the 55th field of the static table.
        let head = [&[0x88, 0x0f, 0x28, 3][..], b"a=1"].concat();
        peer.send(&frame(HEADERS, END_HEADERS | END_STREAM, first, &head));
        while let Some(next) = peer.next_of(HEADERS) {
            let has_cookie = next.payload.windows(3).any(|part| part == b"a=1");
            let status = if has_cookie { 0x88 } else { 0x8c };
            peer.send(&frame(HEADERS, END_HEADERS | END_STREAM, next.stream, &[status]));
        }
    });
    let model = Model::Users { think: vec![ThinkTime::None], seed: 0 };
    let drive = Drive { model, ..count(5) };
    let counts = driven(&target(address, get(b"")), &setting(1, 1), &drive).overall;
    assert_eq!((counts.of(Outcome::Ok), counts.failed()), (5, 0));
}

#[test]
fn what_speaks_no_http_2_is_named_and_ends_the_load() {
    let saying = |answer: &'static [u8]| {
        listen(move |mut stream, _| {
            let _ = stream.write_all(answer);
            Peer { stream }.read_to_end();
        })
    };
    for (address, refusal) in [
        (saying(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"), Refusal::Http1),
        (saying(b"220 mail.example ESMTP ready\r\n"), Refusal::OtherProtocol),
    ] {
        for backend in BACKENDS {
            let setting = Setting { backend, ..setting(2, 1) };
            let tally = driven(&target(address, get(b"hi")), &setting, &count(1_000_000));
            assert_eq!(http2(&tally).refusal, Some(refusal));
            assert_eq!((tally.overall.of(Outcome::Ok), tally.connections_reached), (0, 0));
        }
    }
    let closing = listen(|stream, _| drop(stream));
    let tally = load(closing, 1, 2);
    assert_eq!(http2(&tally).refusal, Some(Refusal::Closed));
    let silent = listen(|stream, _| Peer { stream }.read_to_end());
    let patient = Setting { timeout_ns: 100 * MS, ..setting(1, 1) };
    let tally = driven(&target(silent, get(b"hi")), &patient, &count(2));
    assert_eq!(http2(&tally).refusal, Some(Refusal::Silent));
    assert_eq!(tally.overall.of(Outcome::Timeout), 2);
}

#[test]
fn a_target_has_one_version_of_http() {
    use timetrial_engine::request::Request;
    use timetrial_engine::session::Session;
    let mixed = [get(b"hi"), Request::get(expecting(b"hi"))];
    let mut target = target(([127, 0, 0, 1], 9).into(), get(b"hi"));
    target.requests = mixed.into();
    assert!(Session::open(&[target], &setting(1, 1)).is_err());
}
