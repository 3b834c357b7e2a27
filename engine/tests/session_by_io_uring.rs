//! The tests of `session/` by `io_uring`; by epoll once more where `io_uring` cannot be had.

#[path = "session/drives.rs"]
mod drives;
#[path = "session/duets.rs"]
mod duets;
#[path = "session/tokens.rs"]
mod tokens;
#[path = "session/users.rs"]
mod users;

const BACKEND: timetrial_engine::reactor::backend::Backend =
    timetrial_engine::reactor::backend::Backend::Auto;
