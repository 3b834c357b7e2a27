//! Servers that do not take the bodies of requests as they should.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use timetrial_engine::expect::{Expectation, ExpectedBody};
use timetrial_engine::load::{Drive, Model, Setting, Target};
use timetrial_engine::outcome::Outcome;
use timetrial_engine::request::Request;
use timetrial_engine::session::Session;
use timetrial_engine::tally::Tally;
use timetrial_engine::upload::{generated_block, Content, Manner, Upload};
use timetrial_engine::upload_tally::UploadTally;

use crate::support::{read_to_end, serve, MS};

/// More than the buffers of two sockets hold.
const BYTES: usize = 12_000_000;
const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const TOO_LARGE: &[u8] = b"HTTP/1.1 413 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// Uploads `count` bodies, one after the other, and expects `body` as the answer to each.
fn upload(address: SocketAddr, manner: &Manner, body: &[u8], count: u64) -> Tally {
    let upload = Upload::new(&Content::Generated(BYTES as u64), manner);
    let expect = Expectation { status: Some(200), body: ExpectedBody::Literal(body.into()) };
    let request = Request::uploading("POST", "here", "/", &[], upload, expect);
    let address = address.into();
    let target = Target { address, requests: [request].into(), tls: None, sources: [].into() };
    let setting =
        Setting { timeout_ns: 20_000 * MS, backend: crate::BACKEND, ..Setting::default() };
    let mut session = Session::open(&[target], &setting).unwrap();
    let drive = Drive {
        target: 0,
        model: Model::Closed,
        lead_in_ns: 0,
        window_ns: 60_000 * MS,
        drain_ns: 20_000 * MS,
        max_requests: Some(count),
    };
    session.start(&drive).unwrap();
    let tally = session.wait(Duration::from_mins(1)).unwrap().expect("the drive ends");
    assert_eq!(tally.overall.arrivals, count);
    tally
}

/// Reads the head of a request. Returns what came behind it; None at the end of the connection.
fn read_head(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut all = vec![];
    let mut buffer = [0; 4096];
    loop {
        if let Some(end) = all.windows(4).position(|end| end == b"\r\n\r\n") {
            let rest = all.split_off(end + 4);
            return Some((String::from_utf8(all).unwrap(), rest));
        }
        let bytes = stream.read(&mut buffer).ok().filter(|&bytes| bytes > 0)?;
        all.extend_from_slice(&buffer[..bytes]);
    }
}

/// Reads a body of known length, at most `step` bytes at once. Returns whether it is the right one.
fn read_body(stream: &mut TcpStream, mut rest: Vec<u8>, step: usize) -> bool {
    let mut buffer = vec![0; step];
    while rest.len() < BYTES {
        match stream.read(&mut buffer) {
            Ok(bytes @ 1..) => rest.extend_from_slice(&buffer[..bytes]),
            _ => return false,
        }
    }
    rest.len() == BYTES && rest.iter().eq(generated_block().iter().cycle().take(BYTES))
}

/// Answers each whole body by whether it is the right one.
fn judge(stream: &mut TcpStream, step: usize) {
    while let Some((_, rest)) = read_head(stream) {
        let answer = if read_body(stream, rest, step) { OK } else { TOO_LARGE };
        if stream.write_all(answer).is_err() {
            return;
        }
    }
}

/// Lets the kernel take few bytes at once.
fn narrow(stream: &TcpStream) {
    socket2::SockRef::from(stream).set_recv_buffer_size(8 * 1024).unwrap();
}

#[test]
fn a_server_that_reads_little_at_once_gets_all_bytes_in_order() {
    for step in [700, 65_536] {
        let address = serve(move |mut stream, _| judge(&mut stream, step));
        let tally = upload(address, &Manner::default(), b"ok", 2);
        assert_eq!(tally.overall.of(Outcome::Ok), 2, "{:?}", tally.overall);
        assert_eq!(tally.connections_reached, 1);
        assert!(tally.bytes_sent > 2 * BYTES as u64);
        assert_eq!(tally.uploads, UploadTally::default());
    }
}

#[test]
fn a_body_is_sent_after_100() {
    let address = serve(|mut stream, _| {
        let (head, rest) = read_head(&mut stream).unwrap();
        assert!(head.contains("Expect: 100-continue\r\n") && rest.is_empty());
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").unwrap();
        assert!(read_body(&mut stream, rest, 65_536));
        stream.write_all(OK).unwrap();
        read_to_end(stream);
    });
    let tally = upload(address, &Manner { waits: true, ..Manner::default() }, b"ok", 1);
    assert_eq!(tally.overall.of(Outcome::Ok), 1);
    assert_eq!(tally.uploads, UploadTally { invited: 1, ..UploadTally::default() });
}

#[test]
fn a_body_is_sent_although_100_never_comes() {
    let address = serve(|mut stream, _| judge(&mut stream, 65_536));
    let tally = upload(address, &Manner { waits: true, ..Manner::default() }, b"ok", 1);
    assert_eq!(tally.overall.of(Outcome::Ok), 1);
    assert_eq!(tally.uploads, UploadTally { uninvited: 1, ..UploadTally::default() });
}

#[test]
fn a_refusal_in_the_middle_is_judged_and_the_next_upload_has_a_new_connection() {
    for waits in [false, true] {
        let address = serve(|mut stream, _| {
            narrow(&stream);
            read_head(&mut stream);
            stream.write_all(TOO_LARGE).unwrap();
            // It does not read the body, and lingers until the client closes.
            let _ = stream.shutdown(std::net::Shutdown::Write);
            read_to_end(stream);
        });
        let tally = upload(address, &Manner { waits, ..Manner::default() }, b"ok", 3);
        assert_eq!(tally.overall.of(Outcome::WrongStatus), 3, "{:?}", tally.overall);
        assert_eq!((tally.statuses[413], tally.uploads.cut_short), (3, 3));
        assert_eq!(tally.connect_time.count(), 3);
    }
}

#[test]
fn a_close_in_the_middle_is_an_error_and_no_hang() {
    let address = serve(|mut stream, _| {
        read_head(&mut stream);
        stream.read_exact(&mut vec![0; 100_000]).unwrap();
    });
    let tally = upload(address, &Manner::default(), b"ok", 3);
    let ended = tally.overall.of(Outcome::ClosedEarly) + tally.overall.of(Outcome::Reset);
    assert_eq!(ended, 3, "{:?}", tally.overall);
}

#[test]
fn an_answer_that_says_how_little_was_read_is_wrong() {
    let address = serve(|mut stream, _| {
        narrow(&stream);
        read_head(&mut stream);
        // As if the body were empty: the connection ends with it.
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n0").unwrap();
        read_to_end(stream);
    });
    let manner = Manner { chunked: true, ..Manner::default() };
    let tally = upload(address, &manner, b"ok", 2);
    assert_eq!(tally.overall.of(Outcome::WrongBody), 2, "{:?}", tally.overall);
    assert_eq!(tally.uploads.cut_short, 2);
}
