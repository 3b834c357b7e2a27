//! Sessions against real servers on loopback, by epoll.

mod drives;
mod duets;
mod tokens;
mod users;

const BACKEND: timetrial_engine::reactor::backend::Backend =
    timetrial_engine::reactor::backend::Backend::Epoll;
