//! What is to be driven, and how hard.

use std::net::IpAddr;
use std::sync::Arc;

use crate::address::Address;
pub use crate::expect::{Expectation, ExpectedBody};
use crate::reactor::backend::Backend;
pub use crate::request::Request;
use crate::schedule::{Arrival, Stage};
use crate::tls::ClientTls;
use crate::users::ThinkTime;

/// Where requests go and what they are.
#[derive(Clone, Debug)]
pub struct Target {
    pub address: Address,
    /// Sent in turn, over and over.
    pub requests: Arc<[Request]>,
    /// How the connections are encrypted; none: not at all.
    pub tls: Option<ClientTls>,
    /// Addresses of this machine to connect from, in turn; empty: the system chooses.
    pub sources: Arc<[IpAddr]>,
}

/// What stays the same in all drives of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Connections to each target, over all threads; in the open model the most that are opened.
    pub connections: usize,
    pub threads: usize,
    /// The CPUs that the threads are pinned to, in turn; empty: not pinned.
    pub cpus: Vec<usize>,
    /// Counted from the send, or from the begin of a connect.
    pub timeout_ns: u64,
    /// How many requests may be under way on one connection.
    pub pipeline: usize,
    /// Opens a connection for each request.
    pub fresh_connections: bool,
    /// How the threads ask the kernel.
    pub backend: Backend,
    /// Never sleeps: what it takes to wake a thread is then no part of the response times, and a
    /// CPU of its own is used up.
    pub spin: bool,
}

impl Default for Setting {
    /// One thread, one connection, a timeout of 10 s.
    fn default() -> Self {
        Self {
            connections: 1,
            threads: 1,
            cpus: vec![],
            timeout_ns: 10_000_000_000,
            pipeline: 1,
            fresh_connections: false,
            backend: Backend::default(),
            spin: false,
        }
    }
}

/// When requests are due.
#[derive(Clone, Debug, Default)]
pub enum Model {
    /// As soon as the connection, or its place in the pipeline, is free.
    #[default]
    Closed,
    /// By a schedule, whatever becomes of earlier requests.
    Open { stages: Vec<Stage>, arrival: Arrival, seed: u64 },
    /// Each connection is a user who goes through the target's requests in order, and thinks after
    /// each: one think time for each request.
    Users { think: Vec<ThinkTime>, seed: u64 },
}

/// Load on one target: lead-in, window, drain.
#[derive(Clone, Debug)]
pub struct Drive {
    pub target: usize,
    pub model: Model,
    /// Load before the window opens, which is not recorded.
    pub lead_in_ns: u64,
    pub window_ns: u64,
    /// How long responses are waited for after the window; what is then missing is censored.
    pub drain_ns: u64,
    /// Ends the window early when this many requests, lead-in included, are done.
    pub max_requests: Option<u64>,
}
