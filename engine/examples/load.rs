//! Closed load on a server: `load ADDRESS CONNECTIONS SECONDS BACKEND [PATH [fresh]]`.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use rustix::time::{clock_gettime, ClockId};
use timetrial_engine::expect::{Expectation, ExpectedBody};
use timetrial_engine::load::{Drive, Model, Setting, Target};
use timetrial_engine::outcome::Outcome;
use timetrial_engine::reactor::backend::available;
use timetrial_engine::request::Request;
use timetrial_engine::session::Session;

const S: u64 = 1_000_000_000;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let argument = |place, default: &'static str| {
        arguments.get(place).map_or(default, String::as_str).to_owned()
    };
    let connections = argument(2, "50").parse()?;
    let seconds: f64 = argument(3, "2").parse()?;
    let backend = available(argument(4, "auto").parse()?)?;
    let expect = Expectation { status: Some(200), body: ExpectedBody::Any };
    let request = Request::new("GET", "localhost", &argument(5, "/"), &[], b"", expect);
    let target = Target {
        address: argument(1, "127.0.0.1:8080").parse()?,
        requests: Arc::new([request]),
        sources: Arc::new([]),
        tls: None,
    };
    let setting = Setting {
        connections,
        threads: 1,
        cpus: vec![],
        timeout_ns: S,
        pipeline: 1,
        fresh_connections: argument(6, "") == "fresh",
        backend,
        spin: false,
    };
    let mut session = Session::open(&[target], &setting)?;
    let window = Duration::from_secs_f64(seconds);
    session.start(&Drive {
        target: 0,
        model: Model::Closed,
        lead_in_ns: 0,
        window_ns: u64::try_from(window.as_nanos())?,
        drain_ns: S,
        max_requests: None,
    })?;
    let tally = session.wait(window + Duration::from_secs(5))?.ok_or("has not ended")?;
    let cpu = Duration::try_from(clock_gettime(ClockId::ProcessCPUTime))?.as_secs_f64();
    let requests = tally.overall.of(Outcome::Ok);
    println!(
        "{backend}: {requests} requests, {} failed, {cpu:.2} CPU s, {:.0} requests a CPU s",
        tally.overall.failed(),
        requests as f64 / cpu
    );
    Ok(())
}
