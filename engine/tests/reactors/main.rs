//! Both reactors behave alike.

mod bytes;
mod connections;
mod pieces;
mod sessions;
mod support;
