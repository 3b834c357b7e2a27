//! The configuration of a responder, and its validation.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use super::delay::{Delay, Stall};
use super::fault::{shares_problem, Fault};
use super::tls::ServerTls;
use super::wire::Receipt;
use crate::address::Address;

/// The body of each response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    Fixed(Vec<u8>),
    /// This many bytes.
    Size(usize),
    /// A text with placeholders. `{token}` is the query parameter `token` of the request, or empty.
    /// `{unix_time}` is the seconds since 1970 with six decimals. `{random}` is a number from 0 to
    /// 1 with sixteen decimals.
    Template(String),
}

impl Default for Body {
    fn default() -> Self {
        Self::Fixed(b"Hello world!".to_vec())
    }
}

/// How a response marks the end of its body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Framing {
    #[default]
    ContentLength,
    /// Chunks of at most this many bytes; a template is one chunk. HTTP/1.0 gets
    /// [`Framing::Close`] instead.
    Chunked { chunk_bytes: usize },
    /// By closing the connection.
    Close,
}

/// The configuration of a responder. [`Config::default`] responds "Hello world!" without delay,
/// from one thread, on a free port of 127.0.0.1.
#[derive(Clone, Debug)]
pub struct Config {
    /// Port 0 is replaced by a free one.
    pub address: Address,
    /// At least 1. Connections stay on the thread that accepted them.
    pub threads: usize,
    /// Thread i is pinned to `cpus[i % cpus.len()]`. Empty: threads are not pinned.
    pub cpus: Vec<usize>,
    /// From [`Config::receipt`] to the response.
    pub delay: Delay,
    pub receipt: Receipt,
    pub stall: Option<Stall>,
    pub body: Body,
    /// Without line breaks.
    pub content_type: String,
    pub framing: Framing,
    /// 200 to 599.
    pub status: u16,
    /// Faults and their shares of the requests (0 to 1), which add up to 1 at most.
    pub faults: Vec<(Fault, f64)>,
    /// The seed of delays and faults. Each thread draws on its own.
    pub seed: u64,
    /// How long before a response is due its thread stops sleeping and polls, in ns.
    pub spin_ns: u64,
    pub tls: Option<ServerTls>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into(),
            threads: 1,
            cpus: Vec::new(),
            delay: Delay::None,
            receipt: Receipt::Read,
            stall: None,
            body: Body::default(),
            content_type: "text/plain".to_owned(),
            framing: Framing::ContentLength,
            status: 200,
            faults: Vec::new(),
            seed: 0,
            spin_ns: 50_000,
            tls: None,
        }
    }
}

impl Config {
    /// `InvalidInput` with the first problem of the configuration.
    pub(super) fn check(&self) -> io::Result<()> {
        let problems = [
            self.delay.problem(),
            self.stall.and_then(|stall| stall.problem()),
            shares_problem(&self.faults),
            self.statuses().find_map(status_problem),
            (self.threads == 0).then(|| "0 threads: at least 1 is needed".to_owned()),
            (self.framing == Framing::Chunked { chunk_bytes: 0 })
                .then(|| "chunk_bytes 0: at least 1 is needed".to_owned()),
            self.content_type
                .contains(['\r', '\n'])
                .then(|| format!("content type {:?}: it has a line break", self.content_type)),
        ];
        match problems.into_iter().flatten().next() {
            Some(problem) => Err(io::Error::new(io::ErrorKind::InvalidInput, problem)),
            None => Ok(()),
        }
    }

    fn statuses(&self) -> impl Iterator<Item = u16> + '_ {
        let of_faults = self.faults.iter().filter_map(|(fault, _)| match fault {
            Fault::Status(status) => Some(*status),
            _ => None,
        });
        std::iter::once(self.status).chain(of_faults)
    }
}

fn status_problem(status: u16) -> Option<String> {
    (!(200..=599).contains(&status)).then(|| format!("status {status}: allowed is 200 to 599"))
}
