//! Requests with tokens, by which a response is matched to its request.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use timetrial_engine::address::Address;
use timetrial_engine::expect::{Expectation, ExpectedBody};
use timetrial_engine::load::{Drive, Model, Setting, Target};
use timetrial_engine::outcome::Outcome;
use timetrial_engine::request::Request;
use timetrial_engine::responder::{Body, Config, Responder};
use timetrial_engine::session::Session;
use timetrial_engine::tally::Tally;
use timetrial_engine::template::Template;

const PATH: &str = "/?token={token}";
const BODY: &str = "token={token}";

fn drive(address: Address, pipeline: usize) -> Tally {
    let body = ExpectedBody::Template(Arc::new(Template::new(BODY)));
    let expect = Expectation { status: Some(200), body };
    let target = Target {
        address,
        requests: [Request::new("GET", "localhost", PATH, &[], b"", expect)].into(),
        tls: None,
        sources: [].into(),
    };
    let setting = Setting {
        connections: 4,
        threads: 2,
        pipeline,
        backend: crate::BACKEND,
        ..Setting::default()
    };
    let mut session = Session::open(&[target], &setting).unwrap();
    let drive = Drive {
        target: 0,
        model: Model::Closed,
        lead_in_ns: 0,
        window_ns: 100_000_000,
        drain_ns: 1_000_000_000,
        max_requests: None,
    };
    session.start(&drive).unwrap();
    session.wait(Duration::from_secs(10)).unwrap().expect("ended in time")
}

/// Swaps the tokens of each two responses.
fn swapping() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            thread::spawn(move || {
                let mut stream = stream.unwrap();
                let mut read = String::new();
                let mut buffer = [0; 4096];
                while let Ok(bytes @ 1..) = stream.read(&mut buffer) {
                    read.push_str(std::str::from_utf8(&buffer[..bytes]).unwrap());
                    while read.matches("\r\n\r\n").count() >= 2 {
                        let tokens: Vec<_> = read.match_indices("token=").take(2).collect();
                        let answer = |at: usize| {
                            let body = &read[at..at + 22];
                            format!("HTTP/1.1 200 OK\r\nContent-Length: 22\r\n\r\n{body}")
                        };
                        let swapped = answer(tokens[1].0) + &answer(tokens[0].0);
                        let end = read.match_indices("\r\n\r\n").nth(1).unwrap().0 + 4;
                        read.drain(..end);
                        if stream.write_all(swapped.as_bytes()).is_err() {
                            return;
                        }
                    }
                }
            });
        }
    });
    address
}

#[test]
fn answers_in_order_are_right_at_any_depth() {
    let body = Body::Template(BODY.to_owned());
    let responder = Responder::start(Config { body, ..Config::default() }).unwrap();
    for pipeline in [1, 5, 16] {
        let tally = drive(responder.address().clone(), pipeline);
        assert!(tally.overall.of(Outcome::Ok) > 100);
        assert_eq!(tally.overall.failed(), 0, "depth {pipeline}: {:?}", tally.overall);
    }
}

#[test]
fn answers_in_the_wrong_order_are_counted_as_such() {
    let tally = drive(swapping().into(), 2);
    assert!(tally.overall.of(Outcome::WrongOrder) > 100, "{:?}", tally.overall);
    assert_eq!(tally.overall.of(Outcome::Ok), 0);
    assert_eq!(tally.overall.of(Outcome::WrongBody), 0);
}
