//! Servers that do all they can to break the generator: each of their doings is a counted error.

mod closing;
mod framing;
mod kit;
mod silence;
mod uninvited;
