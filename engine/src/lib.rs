//! A load generator for HTTP/1.1, HTTP/2, streams and WebSocket that accounts for every request.
//! Start at [`session::Session`], which drives load at [`load::Target`]s; a [`tally::Tally`] is the
//! result.

pub mod address;
mod affinity;
mod broadcast;
pub mod clock;
pub mod connection;
pub mod cookies;
mod drive;
pub mod duet;
pub mod expect;
pub mod generator;
pub mod gunzip;
pub mod heartbeat;
pub mod histogram;
pub mod http1;
pub mod http2;
pub mod http2_tally;
pub mod idle_tally;
pub mod load;
pub mod outcome;
pub mod progress;
pub mod reactor;
pub mod request;
pub mod responder;
mod run_length;
pub mod schedule;
pub mod series;
pub mod session;
mod socket;
pub mod speed_probe;
pub mod stream;
pub mod stream_tally;
pub mod tally;
pub mod task_counter;
pub mod template;
pub mod thread_cpu;
pub mod timers;
pub mod tls;
pub mod upload;
pub mod upload_tally;
pub mod users;
pub mod websocket;
pub mod wellformed;
mod worker;

#[cfg(feature = "python")]
mod python;
