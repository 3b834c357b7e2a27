//! Faults, all kinds of sockets, and unusual clients.

use std::io::{self, Read, Write};
use std::net::{Ipv6Addr, SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use timetrial_engine::address::Address;
use timetrial_engine::responder::{
    Body, Config, Counts, Delay, Fault, Framing, Responder, SelfSigned, Stall,
};

use crate::support::*;

fn always(fault: Fault) -> Responder {
    start(Config { faults: vec![(fault, 1.0)], ..Config::default() })
}

#[test]
fn faults_with_another_answer_are_responses() {
    let responder = always(Fault::Status(503));
    assert!(exchange(&responder, LAST).starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
    let counts = responder.stop().counts;
    assert_eq!((counts.responses, counts.other_status), (1, 1));
    let responder = always(Fault::Body(b"wrong".to_vec()));
    assert_eq!(body_of(&exchange(&responder, LAST)), "wrong");
    let counts = responder.stop().counts;
    assert_eq!((counts.responses, counts.other_body), (1, 1));
}

#[test]
fn what_was_answered_before_a_close_arrives() {
    let faults = vec![(Fault::Close, 0.1)];
    let responder = start(Config { faults, seed: 3, ..Config::default() });
    let answer = exchange(&responder, &GET.repeat(100));
    let Counts { requests, responses, closed, abandoned, .. } = responder.stop().counts;
    assert_eq!(answer, HELLO.repeat(usize::try_from(responses).unwrap()));
    assert_eq!((requests, closed), (100, 1));
    assert_eq!(responses + closed + abandoned, requests);
}

#[test]
fn faults_that_end_the_connection_are_no_responses() {
    let responder = always(Fault::Close);
    assert_eq!(exchange(&responder, &GET.repeat(2)), "");
    let record = responder.stop();
    let Counts { requests, closed, abandoned, .. } = record.counts;
    assert_eq!((requests, closed, abandoned), (2, 1, 1));
    assert_eq!(record.response_time.count(), 0);
    let responder = always(Fault::Reset);
    let mut stream = connect(&responder);
    stream.write_all(GET.as_bytes()).unwrap();
    assert_eq!(read_all(stream).unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    let record = responder.stop();
    assert_eq!((record.counts.reset, record.response_time.count()), (1, 0));
}

#[test]
fn a_request_that_is_never_answered_holds_its_connection_back() {
    let responder = always(Fault::Silence);
    let mut stream = connect(&responder);
    stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    stream.write_all(GET.repeat(2).as_bytes()).unwrap();
    assert_eq!(stream.read(&mut [0]).unwrap_err().kind(), io::ErrorKind::WouldBlock);
    await_counts(&responder, |counts| counts.silent == 2 && counts.open == 1);
    drop(stream);
    await_counts(&responder, |counts| counts.open == 0);
}

#[test]
fn faults_take_their_shares_by_the_seed() {
    let counts = |seed| {
        let faults = vec![(Fault::Status(500), 0.2), (Fault::Body(vec![]), 0.3)];
        let responder = start(Config { faults, seed, ..Config::default() });
        exchange(&responder, &(GET.repeat(1999) + LAST));
        Counts { response_ns: 0, ..responder.stop().counts }
    };
    let first = counts(1);
    assert_eq!(first.responses, 2000);
    assert!(first.other_status.abs_diff(400) < 100, "{first:?}");
    assert!(first.other_body.abs_diff(600) < 100, "{first:?}");
    assert_eq!(counts(1), first);
    assert_ne!(counts(2), first);
}

#[test]
fn a_client_that_leaves_abandons_its_requests() {
    let delay = Delay::Constant { delay_ns: 3_600_000 * MS };
    let responder = start(Config { delay, ..Config::default() });
    let mut stream = connect(&responder);
    stream.write_all(GET.repeat(3).as_bytes()).unwrap();
    await_counts(&responder, |counts| counts.requests == 3);
    assert_eq!(responder.counts().in_flight(), 3);
    assert_eq!(responder.stop().counts.abandoned, 3);
}

#[test]
fn a_client_that_only_stops_sending_gets_its_answers() {
    let delay = Delay::Constant { delay_ns: 30 * MS };
    let responder = start(Config { delay, ..Config::default() });
    let mut stream = connect(&responder);
    stream.write_all(GET.repeat(3).as_bytes()).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(read_all(stream).unwrap(), HELLO.repeat(3));
}

#[test]
fn unix_sockets_are_served_and_removed() {
    let path = std::env::temp_dir().join(format!("responder-{}.sock", std::process::id()));
    let address = Address::Unix(path.clone());
    let responder = start(Config { address, threads: 2, ..Config::default() });
    for _ in 0..10 {
        let mut stream = UnixStream::connect(&path).unwrap();
        stream.write_all([GET, LAST].concat().as_bytes()).unwrap();
        assert_eq!(read_all(stream).unwrap().matches("Hello world!").count(), 2);
    }
    assert_eq!(responder.stop().counts.responses, 20);
    assert!(!path.exists());
}

#[test]
fn ipv6_is_served() {
    let address = SocketAddr::from((Ipv6Addr::LOCALHOST, 0)).into();
    let responder = start(Config { address, ..Config::default() });
    assert!(exchange(&responder, LAST).ends_with("Hello world!"));
}

#[test]
fn thousands_of_connections_are_served() {
    let responder = start(Config::default());
    let mut streams: Vec<TcpStream> = (0..2000).map(|_| connect(&responder)).collect();
    for stream in &mut streams {
        stream.write_all(GET.as_bytes()).unwrap();
    }
    for stream in &mut streams {
        expect_hellos(stream, 1);
    }
    drop(streams);
    await_counts(&responder, |counts| counts.open == 0);
    assert_eq!(responder.stop().counts.responses, 2000);
}

#[test]
fn tls_is_served_to_those_who_trust_the_authority() {
    let made = SelfSigned::make().unwrap();
    let body = Body::Size(300_000);
    let responder = start(Config { tls: Some(made.server.clone()), body, ..Config::default() });
    let mut stream = tls_connect(&responder, &made);
    stream.write_all([GET, LAST].concat().as_bytes()).unwrap();
    assert_eq!(stream.conn.alpn_protocol(), Some(&b"http/1.1"[..]));
    let answer = read_all(&mut stream).unwrap();
    assert_eq!(answer.matches("200 OK").count(), 2);
    assert!(answer.len() > 600_000);
    let stranger = SelfSigned::make().unwrap();
    let refused = tls_connect(&responder, &stranger).write_all(GET.as_bytes());
    assert_eq!(refused.unwrap_err().kind(), io::ErrorKind::InvalidData);
    assert_eq!(responder.stop().counts.responses, 2);
}

fn tls_connect(
    responder: &Responder,
    trusted: &SelfSigned,
) -> StreamOwned<ClientConnection, TcpStream> {
    let mut roots = RootCertStore::empty();
    let authority = CertificateDer::from_pem_slice(trusted.authority_pem.as_bytes()).unwrap();
    roots.add(authority).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let session = ClientConnection::new(Arc::new(config), name).unwrap();
    StreamOwned::new(session, connect(responder))
}

#[test]
fn a_config_that_makes_no_sense_is_refused() {
    let refused = [
        Config { threads: 0, ..Config::default() },
        Config { status: 100, ..Config::default() },
        Config { faults: vec![(Fault::Close, 0.7), (Fault::Reset, 0.7)], ..Config::default() },
        Config { faults: vec![(Fault::Status(42), 0.1)], ..Config::default() },
        Config { stall: Some(Stall { every_ns: 5, length_ns: 5 }), ..Config::default() },
        Config { delay: Delay::Uniform { low_ns: 2, high_ns: 1 }, ..Config::default() },
        Config { framing: Framing::Chunked { chunk_bytes: 0 }, ..Config::default() },
        Config { cpus: vec![100_000], ..Config::default() },
    ];
    for config in refused {
        let error = Responder::start(config.clone()).err().expect("refused");
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput, "{config:?}: {error}");
    }
}
