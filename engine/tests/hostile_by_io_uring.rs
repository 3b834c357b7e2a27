//! The tests of `hostile/` by `io_uring`, or by epoll again if `io_uring` is not usable.

#[path = "hostile/closing.rs"]
mod closing;
#[path = "hostile/framing.rs"]
mod framing;
#[path = "hostile/silence.rs"]
mod silence;
#[path = "hostile/support.rs"]
mod support;
#[path = "hostile/uninvited.rs"]
mod uninvited;
#[path = "hostile/uploads.rs"]
mod uploads;

const BACKEND: timetrial_engine::reactor::backend::Backend =
    timetrial_engine::reactor::backend::Backend::Auto;
