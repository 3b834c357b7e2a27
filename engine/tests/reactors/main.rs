//! What reactors do with sockets: the same, whichever it is.

mod bytes;
mod connections;
mod kit;
mod sessions;
