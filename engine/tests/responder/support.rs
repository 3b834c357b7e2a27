//! What the tests of the responder share.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use timetrial_engine::address::Address;
use timetrial_engine::responder::{Config, Counts, Responder};

pub const MS: u64 = 1_000_000;
pub const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
pub const LAST: &str = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
pub const HELLO: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 12\r\n\r\nHello world!";

pub fn start(config: Config) -> Responder {
    Responder::start(config).unwrap()
}

pub fn tcp_address(responder: &Responder) -> SocketAddr {
    match responder.address() {
        Address::Tcp(address) => *address,
        Address::Unix(path) => panic!("{} is no TCP address", path.display()),
    }
}

pub fn connect(responder: &Responder) -> TcpStream {
    let stream = TcpStream::connect(tcp_address(responder)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream
}

/// Sends all at once and reads until the responder closes.
pub fn exchange(responder: &Responder, requests: &str) -> String {
    let mut stream = connect(responder);
    stream.write_all(requests.as_bytes()).unwrap();
    read_all(stream).unwrap()
}

pub fn read_all(mut stream: impl Read) -> io::Result<String> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    Ok(String::from_utf8(bytes).unwrap())
}

/// Reads `count` "Hello world!" responses of a connection that stays open.
pub fn expect_hellos(stream: &mut impl Read, count: usize) {
    expect(stream, &HELLO.repeat(count));
}

/// Reads as many bytes as `text` has, and compares them.
pub fn expect(stream: &mut impl Read, text: &str) {
    let mut bytes = vec![0; text.len()];
    stream.read_exact(&mut bytes).unwrap();
    assert_eq!(String::from_utf8(bytes).unwrap(), text);
}

pub fn body_of(response: &str) -> &str {
    response.split_once("\r\n\r\n").unwrap().1
}

/// Waits until the counts, which threads publish with a delay, satisfy `is_met`.
pub fn await_counts(responder: &Responder, is_met: impl Fn(&Counts) -> bool) {
    let since = Instant::now();
    while !is_met(&responder.counts()) {
        assert!(since.elapsed() < Duration::from_secs(10), "{:?}", responder.counts());
        std::thread::sleep(Duration::from_millis(1));
    }
}
