//! What a responder is told.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use super::delay::{Delay, Stall};
use super::fault::{fault_of_shares, Fault};
use super::tls::ServerTls;
use super::wire::Receipt;
use crate::address::Address;

/// What each response contains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    Fixed(Vec<u8>),
    /// So many bytes.
    Size(usize),
    /// Text in which `{token}` stands for the query parameter `token` of the request, as it was
    /// sent (empty if there was none), `{unix_time}` for the seconds since 1970 with six decimals,
    /// and `{random}` for a number from 0 to 1 with sixteen.
    Template(String),
}

impl Default for Body {
    fn default() -> Self {
        Self::Fixed(b"Hello world!".to_vec())
    }
}

/// How a response tells where its body ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Framing {
    #[default]
    ContentLength,
    /// In chunks of at most so many bytes (a template in one chunk). HTTP/1.0 gets
    /// [`Framing::Close`] instead.
    Chunked { chunk_bytes: usize },
    /// By closing the connection.
    Close,
}

/// Everything about a responder. [`Config::default`] answers "Hello world!" at once, from one
/// thread, on a free port of 127.0.0.1.
#[derive(Clone, Debug)]
pub struct Config {
    /// Port 0 is replaced by a free one.
    pub address: Address,
    /// At least 1. Connections stay on the thread that accepted them.
    pub threads: usize,
    /// Thread i is pinned to `cpus[i % cpus.len()]`; without any it runs anywhere.
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
    /// What befalls which share (0 to 1) of the requests; the shares add up to 1 at most.
    pub faults: Vec<(Fault, f64)>,
    /// Delays and faults are drawn from it, by each thread on its own.
    pub seed: u64,
    /// So long before a response is due its thread stops sleeping and polls, in ns.
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
    pub(super) fn check(&self) -> io::Result<()> {
        let faults = [
            self.delay.fault(),
            self.stall.and_then(|stall| stall.fault()),
            fault_of_shares(&self.faults),
            self.statuses().find_map(fault_of_status),
            (self.threads == 0).then(|| "0 threads: at least 1 is needed".to_owned()),
            (self.framing == Framing::Chunked { chunk_bytes: 0 })
                .then(|| "chunk_bytes 0: at least 1 is needed".to_owned()),
            self.content_type
                .contains(['\r', '\n'])
                .then(|| format!("content type {:?}: it has a line break", self.content_type)),
        ];
        match faults.into_iter().flatten().next() {
            Some(fault) => Err(io::Error::new(io::ErrorKind::InvalidInput, fault)),
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

fn fault_of_status(status: u16) -> Option<String> {
    (!(200..=599).contains(&status)).then(|| format!("status {status}: allowed is 200 to 599"))
}
