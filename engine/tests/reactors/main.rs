//! Both reactors behave alike.

mod bytes;
mod connections;
mod sessions;
mod support;
