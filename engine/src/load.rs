//! What is to be driven, how hard, and what a correct response is.

use std::net::SocketAddr;
use std::sync::Arc;

/// A correct response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expectation {
    /// None: any status.
    pub status: Option<u16>,
    pub body: ExpectedBody,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ExpectedBody {
    #[default]
    Any,
    Length(u64),
    Literal(Arc<[u8]>),
}

/// Where requests go and what they are.
#[derive(Clone, Debug)]
pub struct Target {
    pub address: SocketAddr,
    /// One whole request, head and body.
    pub request: Arc<[u8]>,
    pub expect: Expectation,
}

/// The bytes of a GET request over a connection that is to be kept.
pub fn get_request(host: &str, path: &str) -> Arc<[u8]> {
    format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: timetrial\r\nAccept: */*\r\n\r\n")
        .into_bytes()
        .into()
}

/// What stays the same in all drives of a session.
#[derive(Clone, Debug)]
pub struct Load {
    /// Connections to each target, over all threads.
    pub connections: usize,
    pub threads: usize,
    /// The CPUs that the threads are pinned to, in turn; empty: not pinned.
    pub cpus: Vec<usize>,
    /// Counted from the send, or from the begin of a connect.
    pub timeout_ns: u64,
}

/// Load on one target: lead-in, window, drain.
#[derive(Clone, Copy, Debug)]
pub struct Drive {
    pub target: usize,
    /// Load before the window opens, which is not recorded.
    pub lead_in_ns: u64,
    pub window_ns: u64,
    /// How long responses are waited for after the window; what is then missing is censored.
    pub drain_ns: u64,
    /// Ends the window early when this many requests, lead-in included, are done.
    pub max_requests: Option<u64>,
}
