//! The load: its targets, the session's settings, the load model and the length of a drive.

use std::net::IpAddr;
use std::sync::Arc;

use crate::address::Address;
use crate::reactor::backend::Backend;
use crate::request::Request;
use crate::schedule::{Arrival, Stage};
use crate::tls::ClientTls;
use crate::users::ThinkTime;

/// Where requests go and what they are.
#[derive(Clone, Debug)]
pub struct Target {
    pub address: Address,
    /// Sent in turn, repeatedly.
    pub requests: Arc<[Request]>,
    /// None: connections are not encrypted.
    pub tls: Option<ClientTls>,
    /// Addresses of this machine to connect from, in turn. Empty: the system chooses.
    pub sources: Arc<[IpAddr]>,
}

/// The settings that all drives of a session share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Connections to each target, over all threads. In the open model this is a maximum.
    pub connections: usize,
    pub threads: usize,
    /// The CPUs that the threads are pinned to, in turn. Empty: threads are not pinned.
    pub cpus: Vec<usize>,
    /// Counted from the send of a request, or from the start of a connect.
    pub timeout_ns: u64,
    /// The most requests that are in flight on one connection.
    pub pipeline: usize,
    /// Opens a connection for each request.
    pub fresh_connections: bool,
    /// The kernel interface for input and output.
    pub backend: Backend,
    /// Polls instead of sleeping. Response times then include no wake-up of a thread, and each
    /// thread keeps a CPU busy.
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

/// The load model: when requests are due.
#[derive(Clone, Debug, Default)]
pub enum Model {
    /// As soon as the connection, or its place in the pipeline, is free.
    #[default]
    Closed,
    /// By a schedule of arrivals, independent of earlier responses.
    Open { stages: Vec<Stage>, arrival: Arrival, seed: u64 },
    /// Each connection is a virtual user that sends the target's requests in order. `think` has one
    /// think time for each request, which follows its response.
    Users { think: Vec<ThinkTime>, seed: u64 },
    /// By a schedule as in the open model, but each request has a connection of its own, which is
    /// held until the window closes.
    Idle { stages: Vec<Stage> },
}

/// Load on one target: lead-in, window, drain.
#[derive(Clone, Debug)]
pub struct Drive {
    pub target: usize,
    pub model: Model,
    /// Load before the window, which is not recorded.
    pub lead_in_ns: u64,
    pub window_ns: u64,
    /// How long to wait for responses after the window. Requests without one are then censored.
    pub drain_ns: u64,
    /// Ends the window early after this many requests, lead-in included.
    pub max_requests: Option<u64>,
}
