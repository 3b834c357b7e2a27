//! Waiting for many sockets at once.

pub mod epoll;
