//! A load generator for HTTP/1.1 that accounts for every request it makes.
//!
//! [`session::Session`] drives [`load::Target`]s, in the closed or the open load model. What came
//! of the requests is counted in a [`tally::Tally`].

pub mod address;
pub mod clock;
pub mod connection;
pub mod cookies;
mod drive;
pub mod duet;
pub mod expect;
pub mod generator;
pub mod histogram;
pub mod http1;
pub mod load;
pub mod reactor;
pub mod request;
pub mod responder;
pub mod schedule;
pub mod series;
pub mod session;
pub mod shared;
mod socket;
pub mod tally;
pub mod template;
pub mod timers;
pub mod tls;
pub mod usage;
pub mod users;
pub mod wellformed;
mod worker;

#[cfg(feature = "python")]
mod python;
