//! Responses with invalid framing.

use timetrial_engine::outcome::Outcome;

use crate::support::{assert_fails, in_all_ways, serve_bytes, CLOSED};

fn assert_malformed_in_all_ways(answer: impl Into<Vec<u8>>, what: &str) {
    let answer = answer.into();
    in_all_ways(|way| {
        assert_fails(serve_bytes(answer.clone()), way, Outcome::Malformed, what);
    });
}

#[test]
fn contradictory_and_impossible_lengths_are_malformed() {
    for headers in [
        "Content-Length: -1",
        "Content-Length: +12",
        "Content-Length: 0x0c",
        "Content-Length: 12, 12",
        "Content-Length: ",
        "Content-Length: 18446744073709551616",
        "Content-Length: 99999999999999999999999999999999",
        "Content-Length: 12\r\nContent-Length: 13",
        "Content-Length: 12\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 12",
        "Transfer-Encoding: gzip\r\nContent-Length: 12",
    ] {
        let answer = format!("HTTP/1.1 200 OK\r\n{headers}\r\n\r\nHello world!");
        assert_fails(serve_bytes(answer), CLOSED, Outcome::Malformed, headers);
    }
}

#[test]
fn two_lengths_are_malformed_in_every_way_of_driving() {
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 12\r\nContent-Length: 13\r\n\r\nHello world!";
    assert_malformed_in_all_ways(answer, "two lengths");
}

#[test]
fn the_largest_length_is_waited_for_until_the_timeout() {
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\nHello world!", u64::MAX);
    in_all_ways(|way| {
        assert_fails(serve_bytes(answer.clone()), way, Outcome::Timeout, "u64::MAX");
    });
}

#[test]
fn impossible_chunks_are_malformed() {
    for chunk in [
        "fffffffffffffffff\r\n",
        "ffffffffffffffff\r\n",
        "0000000000000000000c\r\nHello world!\r\n0\r\n\r\n",
        "-1\r\n",
        "\r\n",
        "g\r\n",
        "5\r\nHello world!\r\n0\r\n\r\n",
    ] {
        let answer = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}");
        assert_fails(serve_bytes(answer), CLOSED, Outcome::Malformed, chunk);
    }
}

#[test]
fn a_chunk_size_that_overflows_is_malformed_in_every_way_of_driving() {
    let answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n";
    assert_malformed_in_all_ways(answer, "chunk size");
}

#[test]
fn garbage_in_place_of_a_status_line_is_malformed() {
    for begin in
        [&b"\x16\x03\x01\x00"[..], b"garbage\r\n", b"HTTP/2 ", b"HTTP/1.1 99 Odd\r\n", b"\0"]
    {
        let answer = [begin, &b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nHello world!"[..]];
        let what = String::from_utf8_lossy(begin);
        assert_fails(serve_bytes(answer.concat()), CLOSED, Outcome::Malformed, &what);
    }
    assert_malformed_in_all_ways(&b"\x16\x03\x01\x00 this is no HTTP"[..], "TLS");
}

#[test]
fn too_many_and_too_long_headers_are_malformed() {
    let many = "X-Header: y\r\n".repeat(2_000);
    let long = format!("X-Header: {}\r\n", "y".repeat(70_000));
    for headers in [many, long] {
        let answer = format!("HTTP/1.1 200 OK\r\n{headers}Content-Length: 12\r\n\r\nHello world!");
        assert_malformed_in_all_ways(answer, &headers[..20]);
    }
}
