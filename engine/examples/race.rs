//! One closed load for `make bench`: `race ADDRESS CONNECTIONS DEPTH SECONDS BACKEND PROTOCOL`. Its
//! protocol is `http1`, `http2`, or HTTP/1.1 with bodies: `upload:BYTES`, `download:BYTES`.
//!
//! Status, length and body of every response are checked; the outcomes are printed as JSON.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use timetrial_engine::expect::{Expectation, ExpectedBody};
use timetrial_engine::http2::Scheme;
use timetrial_engine::load::{Drive, Model, Setting, Target};
use timetrial_engine::outcome::Outcome;
use timetrial_engine::request::Request;
use timetrial_engine::session::Session;
use timetrial_engine::upload::{Content, Manner, Upload};

const S: u64 = 1_000_000_000;
const TIMEOUT_NS: u64 = 5 * S;
const BODY: &[u8] = b"Hello world!";

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, connections, depth, seconds, backend, protocol] = arguments.as_slice() else {
        return Err("usage: race ADDRESS CONNECTIONS DEPTH SECONDS BACKEND PROTOCOL".into());
    };
    let expect = Expectation { status: Some(200), body: ExpectedBody::Literal(BODY.into()) };
    let request = match protocol.split_once(':').unwrap_or((protocol, "")) {
        ("http1", "") => Request::new("GET", address, "/", &[], b"", expect),
        ("http2", "") => Request::with_http2(Scheme::Http, "GET", address, "/", &[], b"", expect),
        ("upload", bytes) => {
            let upload = Upload::new(&Content::Generated(bytes.parse()?), &Manner::default());
            Request::uploading("POST", address, "/", &[], upload, expect)
        }
        ("download", bytes) => {
            let expect = Expectation { body: ExpectedBody::Length(bytes.parse()?), ..expect };
            Request::new("GET", address, "/", &[], b"", expect)
        }
        _ => return Err(format!("{protocol:?} is no protocol").into()),
    };
    let target = Target {
        address: address.parse()?,
        requests: Arc::new([request]),
        sources: Arc::new([]),
        tls: None,
    };
    let setting = Setting {
        connections: connections.parse()?,
        threads: 1,
        cpus: vec![],
        timeout_ns: TIMEOUT_NS,
        pipeline: depth.parse()?,
        fresh_connections: false,
        backend: backend.parse()?,
        spin: false,
    };
    let window_ns = seconds.parse::<u64>()? * S;
    let mut session = Session::open(&[target], &setting)?;
    session.start(&Drive {
        target: 0,
        model: Model::Closed,
        lead_in_ns: 0,
        window_ns,
        drain_ns: TIMEOUT_NS,
        max_requests: None,
    })?;
    let at_most = Duration::from_nanos(window_ns + 2 * TIMEOUT_NS);
    let overall = session.wait(at_most)?.ok_or("the load has not ended")?.overall;
    println!(r#"{{"ok": {}, "failed": {}}}"#, overall.of(Outcome::Ok), overall.failed());
    Ok(())
}
