//! A load generator for HTTP/1.1 that accounts for every request it makes.

pub mod histogram;
#[cfg(feature = "python")]
mod python;
