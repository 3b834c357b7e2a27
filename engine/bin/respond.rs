//! `engine respond`: its options, and the report when it ends.

use std::fs;
use std::io::{stdout, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::park_timeout;
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::json;
use timetrial_engine::address::Address;
use timetrial_engine::responder::{
    Body, Config, Delay, Receipt, Record, Responder, SelfSigned, ServerTls,
};

use crate::failure::Failure;
use crate::parse;
use crate::signals::interruption;
use crate::table;

const FOREVER: Duration = Duration::MAX;

/// Be a server whose response times are known, until it is interrupted
///
/// Its address is the first line of the output; what it has recorded follows in the end.
#[derive(Args)]
pub struct Options {
    /// Where to listen: 127.0.0.1:8080, [::1]:0 (a free port) or unix:/PATH
    #[arg(short, long, default_value = "127.0.0.1:8080", value_name = "ADDRESS")]
    listen: Address,
    /// none, constant:5ms, lognormal:4ms,0.5 (median, sigma), bimodal:2ms,20ms,0.1 (share of slow
    /// ones), uniform:1ms,3ms or exponential:5ms
    #[arg(long, default_value = "none", value_parser = parse::delay)]
    delay: Delay,
    /// From when on delay and record count: read by the thread, or had by the kernel
    #[arg(long, default_value = "read", value_parser = parse::receipt)]
    receipt: Receipt,
    /// Of each response
    #[arg(long, default_value = "Hello world!", conflicts_with = "body_bytes")]
    body: String,
    /// Respond with so many bytes instead
    #[arg(long)]
    body_bytes: Option<usize>,
    #[arg(short, long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: u16,
    /// Pin the threads to these CPUs: 1 or 0-3
    #[arg(long, value_parser = parse::cpus)]
    cpus: Option<std::vec::Vec<usize>>,
    /// Of delays: the same seed gives the same
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// How long [default: until it is interrupted]
    #[arg(short, long, value_parser = parse::duration)]
    duration: Option<Duration>,
    /// Speak TLS as localhost, with a new certificate; write its authority to FILE
    #[arg(long, value_name = "FILE")]
    tls: Option<PathBuf>,
    /// Print what was recorded as JSON
    #[arg(long)]
    json: bool,
}

pub fn run(options: Options) -> Result<ExitCode, Failure> {
    let (as_json, length) = (options.json, options.duration.unwrap_or(FOREVER));
    let interrupted = interruption()?;
    let responder = Responder::start(config(options)?)
        .map_err(|error| format!("the responder cannot be started: {error}"))?;
    println!("{}", responder.address());
    // The parent process waits for the address.
    stdout().flush().map_err(|error| error.to_string())?;
    wait(length, &interrupted);
    let record = responder.stop();
    if as_json {
        println!("{:#}", data(&record));
    } else {
        print!("{}", text(&record));
    }
    Ok(ExitCode::SUCCESS)
}

fn config(options: Options) -> Result<Config, String> {
    Ok(Config {
        address: options.listen,
        threads: options.threads.into(),
        cpus: options.cpus.unwrap_or_default(),
        delay: options.delay,
        receipt: options.receipt,
        body: options.body_bytes.map_or(Body::Fixed(options.body.into_bytes()), Body::Size),
        seed: options.seed,
        tls: options.tls.as_deref().map(tls).transpose()?,
        ..Config::default()
    })
}

fn tls(file: &Path) -> Result<ServerTls, String> {
    let signed = SelfSigned::make().map_err(|error| error.to_string())?;
    fs::write(file, signed.authority_pem)
        .map_err(|error| format!("--tls {} cannot be written: {error}", file.display()))?;
    Ok(signed.server)
}

fn wait(length: Duration, interrupted: &AtomicBool) {
    let since = Instant::now();
    while !interrupted.load(Relaxed) {
        match length.checked_sub(since.elapsed()) {
            Some(left) if !left.is_zero() => park_timeout(left),
            _ => return,
        }
    }
}

fn text(record: &Record) -> String {
    let counts = record.counts;
    format!(
        "{} responses to {} requests on {} connections\n\n{}\n{}\n",
        counts.responses,
        counts.requests,
        counts.accepted,
        table::head(),
        table::line("response time", &record.response_time),
    )
}

fn data(record: &Record) -> serde_json::Value {
    json!({
        "connections": record.counts.accepted,
        "requests": record.counts.requests,
        "responses": record.counts.responses,
        "abandoned": record.counts.abandoned,
        "malformed": record.counts.malformed,
        "response_time": table::data(&record.response_time),
    })
}
