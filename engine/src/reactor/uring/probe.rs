//! Whether `io_uring` is usable: containers often forbid it, and old kernels lack operations.

use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::OnceLock;

use io_uring::{opcode, Probe};

use super::ring::Ring;
use super::token::{Kind, Token};

const SPAN_NS: u64 = 1_000_000_000;
const NEEDED: [(u8, &str); 5] = [
    (opcode::Connect::CODE, "connect"),
    (opcode::Send::CODE, "send"),
    (opcode::RecvMulti::CODE, "recv"),
    (opcode::AsyncCancel::CODE, "async_cancel"),
    (opcode::Close::CODE, "close"),
];

/// Checks this process once. The error is a sentence that says why `io_uring` is not usable.
pub fn probe() -> Result<(), String> {
    static OUTCOME: OnceLock<Result<(), String>> = OnceLock::new();
    OUTCOME.get_or_init(probe_now).clone()
}

fn probe_now() -> Result<(), String> {
    let refused = |error: io::Error| {
        format!("io_uring cannot be used here ({error}): it is forbidden, or older than Linux 6.1")
    };
    let mut ring = Ring::new(8, 8, 64).map_err(refused)?;
    let mut offered = Probe::new();
    ring.uring().submitter().register_probe(&mut offered).map_err(refused)?;
    if let Some((_, name)) = NEEDED.iter().find(|(code, _)| !offered.is_supported(*code)) {
        return Err(format!("io_uring lacks the operation {name} here"));
    }
    let parameters = ring.uring().params();
    if !(parameters.is_feature_ext_arg() && parameters.is_feature_skip_cqe_on_success()) {
        return Err("io_uring lacks features of Linux 5.17 here".to_owned());
    }
    let receives = receive_twice(&mut ring).map_err(refused)?;
    receives.then_some(()).ok_or_else(|| "io_uring does not receive as it should here".to_owned())
}

/// Does one operation receive repeatedly?
fn receive_twice(ring: &mut Ring) -> io::Result<bool> {
    let (mut here, there) = UnixStream::pair()?;
    ring.receive(there.as_fd(), Token { kind: Kind::Receive, index: 0, generation: 0 });
    for _ in 0..2 {
        here.write_all(b"?")?;
        ring.wait(SPAN_NS)?;
        let mut completions = vec![];
        ring.complete(&mut completions)?;
        let last = completions.pop().filter(|completion| completion.more);
        let Some(filled) = last.and_then(|completion| completion.filled) else { return Ok(false) };
        if ring.bytes(&filled) != b"?" {
            return Ok(false);
        }
        ring.give_back(filled);
    }
    Ok(true)
}
