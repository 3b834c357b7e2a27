//! Sessions of HTTP/2, against hyper and against servers that are scripted frame by frame.

mod endings;
mod hostile;
mod independent;
mod support;
