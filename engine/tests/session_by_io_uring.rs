//! The tests of `session/` by `io_uring`, or by epoll again if `io_uring` is not usable.

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
