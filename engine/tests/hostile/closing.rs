//! Connections that end at unexpected points.

use std::io::Write;
use std::net::TcpStream;

use timetrial_engine::outcome::Outcome;

use crate::support::{assert_fails, drive, read_some, serve, session, OK, WAYS};

const CHUNKED: &[u8] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
    5;a=b\r\nHello\r\n7\r\n world!\r\n0\r\nX: y\r\n\r\n";
const INTERIM: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n\
    HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nHello world!";

/// Makes the kernel send a reset when the stream is dropped.
fn reset(stream: TcpStream) {
    let socket = socket2::Socket::from(stream);
    socket.set_linger(Some(std::time::Duration::ZERO)).unwrap();
}

/// The k-th connection ends after k bytes of the response; one request on each.
fn assert_ends_at_every_offset(
    response: &'static [u8],
    end: fn(TcpStream),
    allowed: &[Outcome],
    open: bool,
) {
    let address = serve(move |mut stream, number| {
        if read_some(&mut stream) && stream.write_all(&response[..number]).is_ok() {
            end(stream);
        }
    });
    let mut session = session(address, 1, 1);
    for offset in 0..response.len() {
        let tally = drive(&mut session, open, Some(1));
        assert_eq!(tally.overall.arrivals, 1, "after {offset} bytes");
        let ended: u64 = allowed.iter().map(|&outcome| tally.overall.of(outcome)).sum();
        assert_eq!(ended, 1, "after {offset} bytes: {:?}", tally.overall);
        assert_eq!(tally.completions, 0);
    }
    let whole = drive(&mut session, open, Some(1));
    assert_eq!(whole.overall.of(Outcome::Ok), 1, "{:?}", whole.overall);
}

#[test]
fn a_response_that_is_cut_off_at_any_byte_is_closed_early() {
    for response in [OK, CHUNKED, INTERIM] {
        assert_ends_at_every_offset(response, drop, &[Outcome::ClosedEarly], false);
    }
}

#[test]
fn a_response_that_is_cut_off_at_any_byte_is_closed_early_in_the_open_model() {
    assert_ends_at_every_offset(OK, drop, &[Outcome::ClosedEarly], true);
}

#[test]
fn a_reset_at_any_byte_is_counted() {
    for open in [false, true] {
        assert_ends_at_every_offset(OK, reset, &[Outcome::Reset], open);
    }
}

#[test]
fn a_reset_in_the_middle_of_a_pipeline_fails_all_that_was_on_it() {
    for way in WAYS {
        let address = serve(|mut stream, _| {
            if read_some(&mut stream) && stream.write_all(&OK[..20]).is_ok() {
                reset(stream);
            }
        });
        assert_fails(address, way, Outcome::Reset, "reset");
    }
}

#[test]
fn a_server_that_closes_at_once_is_a_counted_error_in_every_way_of_driving() {
    for way in WAYS {
        let tally = crate::support::attack(serve(|stream, _| drop(stream)), way);
        // A request may be sent before the end is detected. The kernel then sends a reset.
        assert_eq!(tally.completions, 0, "{way:?}");
        assert_eq!(tally.overall.failed(), tally.overall.arrivals, "{way:?}");
    }
}
