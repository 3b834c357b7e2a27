//! A load generator for HTTP/1.1 that accounts for every request it makes.
//!
//! [`session::Session`] drives [`load::Target`]s with a closed load model: each connection sends
//! its next request when the response to the last one has come. What came of the requests is
//! counted in a [`tally::Tally`].

pub mod clock;
pub mod connection;
mod drive;
pub mod histogram;
pub mod http1;
pub mod load;
pub mod reactor;
pub mod session;
pub mod shared;
mod socket;
pub mod tally;
pub mod timers;
mod worker;

#[cfg(feature = "python")]
mod python;
