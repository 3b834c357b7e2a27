//! The tests of `hostile/` by `io_uring`; by epoll once more where `io_uring` cannot be had.

#[path = "hostile/closing.rs"]
mod closing;
#[path = "hostile/framing.rs"]
mod framing;
#[path = "hostile/kit.rs"]
mod kit;
#[path = "hostile/silence.rs"]
mod silence;
#[path = "hostile/uninvited.rs"]
mod uninvited;

const BACKEND: timetrial_engine::reactor::backend::Backend =
    timetrial_engine::reactor::backend::Backend::Auto;
