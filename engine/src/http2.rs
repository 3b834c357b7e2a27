//! HTTP/2 connections of a client (RFC 9113), sans-IO: many requests on one connection.

mod client;
mod flow;
mod frame;
mod head;
mod hpack;
mod reader;
mod request;
mod settings;
mod streams;
mod violation;

pub use client::{Client, Event};
pub use request::{check, RequestTemplate, Scheme};
pub use violation::{Refusal, Violation};
