//! What is to be driven, how hard, and what a correct response is.

use std::net::IpAddr;
use std::sync::Arc;

use crate::address::Address;
use crate::schedule::{Arrival, Stage};
use crate::tls::ClientTls;
use crate::users::ThinkTime;

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

/// One request, and what a correct response to it is.
#[derive(Clone, Debug)]
pub struct Request {
    /// Head and body, ready to be sent.
    pub bytes: Arc<[u8]>,
    /// The response has no body, whatever its head says.
    pub is_head: bool,
    pub expect: Expectation,
}

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

/// The bytes of a request over a connection that is to be kept.
pub fn request_bytes(
    method: &str,
    host: &str,
    path: &str,
    headers: &[(String, String)],
    body: &[u8],
) -> Arc<[u8]> {
    let given = |name: &str| headers.iter().any(|(given, _)| given.eq_ignore_ascii_case(name));
    let length = body.len().to_string();
    let has_length = !body.is_empty() || matches!(method, "POST" | "PUT" | "PATCH");
    let defaults = [("Host", host), ("User-Agent", "timetrial"), ("Accept", "*/*")];
    let mut lines = vec![format!("{method} {path} HTTP/1.1")];
    lines.extend(
        defaults
            .into_iter()
            .chain(has_length.then_some(("Content-Length", length.as_str())))
            .filter(|(name, _)| !given(name))
            .chain(headers.iter().map(|(name, value)| (name.as_str(), value.as_str())))
            .map(|(name, value)| format!("{name}: {value}")),
    );
    [lines.join("\r\n").as_bytes(), b"\r\n\r\n", body].concat().into()
}

/// What stays the same in all drives of a session.
#[derive(Clone, Debug)]
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
