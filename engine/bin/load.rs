//! `engine load URL`: its options, and how they become a session and a drive.

use std::fs;
use std::io::{stderr, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use clap::{Args, ValueEnum};
use timetrial_engine::expect::{Expectation, ExpectedBody};
use timetrial_engine::load::{Drive, Model, Setting, Target};
use timetrial_engine::reactor::backend::{available, Backend};
use timetrial_engine::request::Request;
use timetrial_engine::schedule::{Arrival, Stage};
use timetrial_engine::session::Session;
use timetrial_engine::tally::Tally;
use timetrial_engine::tls::{ClientTls, Trust};
use timetrial_engine::wellformed;

use crate::failure::{Failure, INTERRUPTED, REQUESTS_FAILED};
use crate::parse;
use crate::signals::interruption;
use crate::summary::Summary;
use crate::target::{resolve, ResolvedUrl};

const POLL: Duration = Duration::from_millis(100);
const DEFAULT_NS: u64 = 10_000_000_000;
const UNBOUNDED_NS: u64 = 24 * 3600 * 1_000_000_000;

#[derive(Clone, Copy, ValueEnum)]
enum Spread {
    Poisson,
    Constant,
}

/// Drive load at URL and account for every request
#[derive(Args)]
#[command(arg_required_else_help = false)]
// Each of them is a flag of the command line.
#[allow(clippy::struct_excessive_bools)]
pub struct Options {
    url: String,
    /// Connections; with --rate the most that are opened
    #[arg(short, long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..))]
    connections: u16,
    /// Threads of the generator
    #[arg(short, long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: u16,
    /// Pin the threads to these CPUs: 1 or 0-3
    #[arg(long, value_parser = parse::cpus)]
    cpus: Option<std::vec::Vec<usize>>,
    /// How long [default: 10s, or until --requests are done]
    #[arg(short, long, value_parser = parse::duration_ns)]
    duration: Option<u64>,
    /// How many requests
    #[arg(short = 'n', long, value_parser = clap::value_parser!(u64).range(1..), conflicts_with = "rate")]
    requests: Option<u64>,
    /// Open load model: so many requests a second are due, whatever becomes of them
    #[arg(short, long, value_parser = parse::rate)]
    rate: Option<f64>,
    /// How the requests of the open model are spread in time
    #[arg(long, default_value = "poisson", requires = "rate")]
    arrival: Spread,
    /// Of Poisson arrivals
    #[arg(long, default_value_t = 0, requires = "rate")]
    seed: u64,
    /// Requests in flight on one connection
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pipeline: u16,
    /// Open a connection for each request
    #[arg(long)]
    fresh: bool,
    /// Of the request
    #[arg(short = 'X', long, default_value = "GET")]
    method: String,
    /// 'NAME: VALUE'; replaces a header that is sent by itself
    #[arg(short = 'H', long = "header", value_parser = parse::header)]
    headers: Vec<(String, String)>,
    /// Of the request; {token} stands for a number that each request has for itself
    #[arg(long, default_value = "")]
    body: String,
    /// A response that takes longer counts as a timeout, at its elapsed time
    #[arg(long, default_value = "10s", value_parser = parse::duration_ns)]
    timeout: u64,
    /// Responses with another status are failures
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u16).range(100..=999))]
    expect_status: u16,
    /// Responses with another body are failures
    #[arg(long)]
    expect_body: Option<String>,
    /// For https: certificates (PEM) of authorities to trust, instead of the system's
    #[arg(long, value_name = "FILE", conflicts_with = "insecure")]
    ca: Option<PathBuf>,
    /// For https: skip certificate verification
    #[arg(long)]
    insecure: bool,
    /// How the kernel is asked for input and output: auto, epoll or io_uring
    #[arg(long, default_value = "auto")]
    backend: Backend,
    /// Never sleep: the wake-up of the generator is then in no response time
    #[arg(long)]
    spin: bool,
    /// Load this host although it is not loopback
    #[arg(long, value_name = "HOST")]
    allow_remote: Vec<String>,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

pub fn run(options: &Options) -> Result<ExitCode, Failure> {
    let url = resolve(&options.url, &options.allow_remote)?;
    let target = target(options, &url)?;
    let setting = setting(options)?;
    let interrupted = interruption()?;
    let mut session = Session::open(&[target], &setting)?;
    session.start(&drive(options))?;
    let tally = wait(&mut session, &interrupted)?;
    let summary = Summary { url: &options.url, setting: &setting, tally: &tally };
    if options.json {
        println!("{:#}", summary.data());
    } else {
        print!("{}", summary.text());
    }
    let has_failed = tally.overall.failed() > 0 || tally.overall.arrivals == 0;
    Ok(ExitCode::from(match (interrupted.load(Relaxed), has_failed) {
        (true, _) => INTERRUPTED,
        (false, false) => 0,
        (false, true) => REQUESTS_FAILED,
    }))
}

fn target(options: &Options, url: &ResolvedUrl) -> Result<Target, String> {
    let body = options.body.as_bytes();
    let Options { method, headers, .. } = options;
    wellformed::check(method, &url.authority, &url.path, headers, body)?;
    let expect = Expectation {
        status: Some(options.expect_status),
        body: options
            .expect_body
            .as_ref()
            .map_or(ExpectedBody::Any, |body| ExpectedBody::Literal(body.as_bytes().into())),
    };
    let request = Request::new(method, &url.authority, &url.path, headers, body, expect);
    Ok(Target {
        address: url.address.into(),
        requests: [request].into(),
        tls: tls(options, url)?,
        sources: [].into(),
    })
}

fn tls(options: &Options, url: &ResolvedUrl) -> Result<Option<ClientTls>, String> {
    if !url.encrypted {
        return match (&options.ca, options.insecure) {
            (None, false) => Ok(None),
            _ => Err("--ca and --insecure are for https:// URLs".to_owned()),
        };
    }
    let trust = match &options.ca {
        Some(file) => Trust::Authorities(
            fs::read(file)
                .map_err(|error| format!("--ca {} cannot be read: {error}", file.display()))?,
        ),
        None if options.insecure => Trust::Unverified,
        None => Trust::System,
    };
    ClientTls::new(&url.name, &trust, false).map(Some)
}

fn setting(options: &Options) -> Result<Setting, String> {
    let connections = usize::from(options.connections);
    Ok(Setting {
        connections,
        threads: usize::from(options.threads).min(connections),
        cpus: options.cpus.clone().unwrap_or_default(),
        timeout_ns: options.timeout,
        pipeline: options.pipeline.into(),
        fresh_connections: options.fresh,
        backend: available(options.backend)?,
        spin: options.spin,
    })
}

fn drive(options: &Options) -> Drive {
    let default_ns = if options.requests.is_some() { UNBOUNDED_NS } else { DEFAULT_NS };
    let window_ns = options.duration.unwrap_or(default_ns);
    let open = |rate| Model::Open {
        stages: vec![Stage { duration_ns: window_ns, rate_from: rate, rate_to: rate }],
        arrival: match options.arrival {
            Spread::Poisson => Arrival::Poisson,
            Spread::Constant => Arrival::Constant,
        },
        seed: options.seed,
    };
    Drive {
        target: 0,
        model: options.rate.map_or(Model::Closed, open),
        lead_in_ns: 0,
        window_ns,
        drain_ns: options.timeout,
        max_requests: options.requests,
    }
}

/// Waits for the drive to end or for an interruption. Shows the progress on a terminal.
fn wait(session: &mut Session, interrupted: &AtomicBool) -> Result<Tally, Failure> {
    let is_terminal = stderr().is_terminal();
    loop {
        let ended = session.wait(POLL)?;
        if is_terminal {
            let progress = session.progress();
            // A terminal that has been closed needs no progress.
            let _ = write!(
                stderr(),
                "\r{} correct, {} failed\x1b[K{}",
                progress.completions,
                progress.failures,
                if ended.is_some() { "\r\x1b[K" } else { "" }
            );
        }
        match ended {
            Some(tally) => return Ok(tally),
            None if interrupted.load(Relaxed) => session.cancel(),
            None => {}
        }
    }
}
