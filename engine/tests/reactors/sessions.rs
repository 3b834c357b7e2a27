//! Sessions on each of the reactors.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::Arc;

use timetrial_engine::address::Address;
use timetrial_engine::expect::{Expectation, ExpectedBody};
use timetrial_engine::load::{Drive, Model, Setting, Target};
use timetrial_engine::outcome::Outcome;
use timetrial_engine::reactor::backend::Backend;
use timetrial_engine::request::Request;
use timetrial_engine::session::Session;
use timetrial_engine::tally::Tally;

use crate::support::{backends, pattern, server, MS, PATIENCE};

/// Drives a session against `address` for 200 ms.
fn drive(backend: Backend, address: &Address, body: &[u8], fresh_connections: bool) -> Tally {
    let expect = Expectation { status: Some(200), body: ExpectedBody::Literal(body.into()) };
    let target = Target {
        address: address.clone(),
        requests: [Request::get(expect)].into(),
        sources: [].into(),
        tls: None,
    };
    let setting = Setting {
        connections: 8,
        threads: 2,
        cpus: vec![],
        timeout_ns: 1_000 * MS,
        pipeline: 1,
        fresh_connections,
        backend,
        spin: false,
    };
    let mut session = Session::open(&[target], &setting).unwrap();
    session
        .start(&Drive {
            target: 0,
            model: Model::Closed,
            lead_in_ns: 0,
            window_ns: 200 * MS,
            drain_ns: 5_000 * MS,
            max_requests: None,
        })
        .unwrap();
    session.wait(PATIENCE).unwrap().expect("ended in time")
}

/// Answers each request with a body.
fn answering(body: &[u8], go_on: bool) -> (Address, Arc<AtomicUsize>) {
    let answered = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&answered);
    let connection = if go_on { "keep-alive" } else { "close" };
    let length = body.len();
    let head =
        format!("HTTP/1.1 200 OK\r\nConnection: {connection}\r\nContent-Length: {length}\r\n\r\n");
    let answer = [head.as_bytes(), body].concat();
    let address = server(move |mut stream, _| {
        let mut buffer = [0; 4096];
        while let Ok(1..) = stream.read(&mut buffer) {
            counter.fetch_add(1, SeqCst);
            if stream.write_all(&answer).is_err() || !go_on {
                return;
            }
        }
    });
    (address, answered)
}

#[test]
fn sessions_account_for_every_request() {
    for (size, go_on, fresh) in
        [(12, true, false), (12, true, true), (12, false, false), (3_000_000, true, false)]
    {
        for backend in backends() {
            let body = pattern(size);
            let (address, answered) = answering(&body, go_on);
            let tally = drive(backend, &address, &body, fresh);
            println!("{backend}, {size} bytes, {} requests", tally.overall.of(Outcome::Ok));
            assert!(tally.overall.of(Outcome::Ok) >= 8);
            assert_eq!(tally.overall.of(Outcome::Ok), answered.load(SeqCst) as u64);
            assert_eq!(tally.overall.failed(), 0, "{backend} {size} {go_on} {fresh}");
        }
    }
}

#[test]
fn sessions_count_timeouts_resets_and_refusals() {
    let silent = server(|mut stream, _| drop(stream.read_to_end(&mut vec![])));
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().into();
    let resetting = server(|mut stream, _| {
        let _ = stream.read(&mut [0; 1]);
    });
    for backend in backends() {
        let timeouts = drive(backend, &silent, b"", false);
        assert_eq!(timeouts.overall.of(Outcome::Timeout), 8);
        let refused = drive(backend, &gone, b"", false);
        assert!(refused.overall.of(Outcome::ConnectFailed) >= 8);
        assert_eq!(refused.overall.failed(), refused.overall.of(Outcome::ConnectFailed));
        let resets = drive(backend, &resetting, b"", false);
        assert!(resets.overall.of(Outcome::Reset) >= 8);
        assert_eq!(resets.overall.failed(), resets.overall.of(Outcome::Reset));
    }
}
