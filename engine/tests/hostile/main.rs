//! Servers that try to break the generator: each of their faults is a counted error. By epoll.

mod closing;
mod framing;
mod silence;
mod support;
mod uninvited;
mod uploads;

const BACKEND: timetrial_engine::reactor::backend::Backend =
    timetrial_engine::reactor::backend::Backend::Epoll;
