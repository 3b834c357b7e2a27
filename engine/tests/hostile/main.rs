//! Servers that do all they can to break the generator: each of their doings is a counted error.
//! By epoll.

mod closing;
mod framing;
mod kit;
mod silence;
mod uninvited;

const BACKEND: timetrial_engine::reactor::backend::Backend =
    timetrial_engine::reactor::backend::Backend::Epoll;
