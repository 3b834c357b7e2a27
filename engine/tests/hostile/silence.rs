//! Servers that do not respond, or respond without end.

use std::io::Write;
use std::net::TcpListener;
use std::thread::sleep;
use std::time::Duration;

use timetrial_engine::outcome::Outcome;

use crate::support::{
    assert_fails, attack, in_all_ways, peak_memory, read_some, read_to_end, serve, CLOSED,
    TIMEOUT_MS,
};

const MEMORY: u64 = 64 << 20;

#[test]
fn a_refused_connection_is_a_failed_connect() {
    let unused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    in_all_ways(|way| {
        let tally = attack(unused, way);
        assert!(tally.overall.of(Outcome::ConnectFailed) > 0, "{way:?}");
        assert_eq!(tally.overall.failed(), tally.overall.arrivals, "{way:?}");
        assert_eq!(tally.connections_reached, 0, "{way:?}");
    });
}

#[test]
fn a_listener_that_never_accepts_ends_in_timeouts() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    assert_fails(address, CLOSED, Outcome::Timeout, "never accepts");
}

#[test]
fn a_server_that_never_answers_ends_in_timeouts() {
    in_all_ways(|way| {
        assert_fails(serve(|stream, _| read_to_end(stream)), way, Outcome::Timeout, "silent");
    });
}

#[test]
fn a_byte_now_and_then_does_not_put_the_timeout_off() {
    let address = serve(|mut stream, _| {
        if !read_some(&mut stream) {
            return;
        }
        for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n" {
            if stream.write_all(&[*byte]).is_err() {
                return;
            }
            sleep(Duration::from_millis(TIMEOUT_MS / 6));
        }
    });
    assert_fails(address, CLOSED, Outcome::Timeout, "a byte now and then");
}

#[test]
fn one_byte_a_second_ends_in_timeouts() {
    in_all_ways(|way| {
        let address = serve(|mut stream, _| {
            if read_some(&mut stream) {
                for byte in b"HTTP/1.1" {
                    if stream.write_all(&[*byte]).is_err() {
                        return;
                    }
                    sleep(Duration::from_secs(1));
                }
            }
        });
        assert_fails(address, way, Outcome::Timeout, "one byte a second");
    });
}

/// Sends `begin`, then `piece` repeatedly until the peer closes.
fn endless(begin: &'static [u8], piece: &'static [u8]) -> std::net::SocketAddr {
    // On a busy machine thousands of small writes take longer than the timeout.
    let pieces = piece.repeat(1 + 64 / piece.len());
    serve(move |mut stream, _| {
        if read_some(&mut stream) && stream.write_all(begin).is_ok() {
            while stream.write_all(&pieces).is_ok() {}
        }
    })
}

#[test]
fn an_endless_body_ends_in_timeouts_and_takes_no_memory() {
    static PIECE: [u8; 65_536] = [b'x'; 65_536];
    let before = peak_memory();
    for begin in [
        &b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n"[..],
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffff\r\n",
    ] {
        assert_fails(endless(begin, &PIECE), CLOSED, Outcome::Timeout, "endless body");
    }
    assert!(peak_memory() - before < MEMORY);
}

#[test]
fn interim_responses_without_end_end_in_timeouts() {
    let address = endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n");
    assert_fails(address, CLOSED, Outcome::Timeout, "endless 100");
}

#[test]
fn what_goes_on_without_end_before_or_between_data_is_malformed() {
    let before = peak_memory();
    for (begin, piece) in [
        (&b"HTTP/1.1 200 OK\r\nX: "[..], &[b'y'; 512][..]),
        (b"HTTP/1.1 200 OK\r\n", b"X-Header: some value\r\n"),
        (b"", b"\r\n"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;", b"a=b;"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X-Trailer: y\r\n"),
    ] {
        let what = String::from_utf8_lossy(piece);
        assert_fails(endless(begin, piece), CLOSED, Outcome::Malformed, &what);
    }
    assert!(peak_memory() - before < MEMORY);
}

#[test]
fn a_header_without_end_is_malformed_in_every_way_of_driving() {
    in_all_ways(|way| {
        let address = endless(b"HTTP/1.1 200 OK\r\nX: ", &[b'y'; 512]);
        assert_fails(address, way, Outcome::Malformed, "endless header");
    });
}
