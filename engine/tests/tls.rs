//! Encrypted load against the responder.

use std::time::Duration;

use rcgen::{date_time_ymd, BasicConstraints, CertificateParams, IsCa, KeyPair};
use timetrial_engine::address::Address;
use timetrial_engine::expect::{Expectation, ExpectedBody};
use timetrial_engine::load::{Drive, Model, Setting, Target};
use timetrial_engine::outcome::Outcome;
use timetrial_engine::reactor::backend::Backend;
use timetrial_engine::request::Request;
use timetrial_engine::responder::{Body, Config, Responder, SelfSigned, ServerTls};
use timetrial_engine::schedule::{Arrival, Stage};
use timetrial_engine::session::Session;
use timetrial_engine::tally::Tally;
use timetrial_engine::tls::{ClientTls, Reason, Trust};

const MS: u64 = 1_000_000;

fn serving(server: ServerTls, body: &[u8]) -> Responder {
    let body = Body::Fixed(body.to_vec());
    Responder::start(Config { tls: Some(server), body, ..Config::default() }).unwrap()
}

fn target(address: &Address, trust: &Trust, body: &[u8]) -> Target {
    target_with(address, trust, body, false)
}

fn target_with(address: &Address, trust: &Trust, body: &[u8], resumes: bool) -> Target {
    let expect = Expectation { status: Some(200), body: ExpectedBody::Literal(body.into()) };
    Target {
        address: address.clone(),
        requests: [Request::get(expect)].into(),
        tls: Some(ClientTls::new("localhost", trust, resumes).unwrap()),
        sources: [].into(),
    }
}

fn setting(pipeline: usize) -> Setting {
    Setting { connections: 4, timeout_ns: 2_000 * MS, pipeline, ..Setting::default() }
}

fn closed(max_requests: u64) -> Drive {
    Drive {
        target: 0,
        model: Model::Closed,
        lead_in_ns: 0,
        window_ns: 10_000 * MS,
        drain_ns: 2_000 * MS,
        max_requests: Some(max_requests),
    }
}

fn open_model() -> Drive {
    let stages = vec![Stage { duration_ns: 200 * MS, rate_from: 500.0, rate_to: 500.0 }];
    let model = Model::Open { stages, arrival: Arrival::Constant, seed: 1 };
    Drive { model, window_ns: 200 * MS, max_requests: None, ..closed(0) }
}

fn drive(target: Target, setting: &Setting, drive: &Drive, backend: Backend) -> Tally {
    let mut session = Session::open(&[target], &Setting { backend, ..setting.clone() }).unwrap();
    session.start(drive).unwrap();
    session.wait(Duration::from_secs(20)).unwrap().expect("ended in time")
}

#[test]
fn a_server_with_a_trusted_certificate_is_loaded_in_both_models_on_every_backend() {
    let signed = SelfSigned::make().unwrap();
    let trust = Trust::Authorities(signed.authority_pem.into_bytes());
    let responder = serving(signed.server, b"Hello world!");
    for backend in [Backend::Epoll, Backend::Auto] {
        for (load, pipeline, requests) in
            [(closed(200), 1, 200), (closed(200), 8, 200), (open_model(), 1, 100)]
        {
            let target = target(responder.address(), &trust, b"Hello world!");
            let tally = drive(target, &setting(pipeline), &load, backend);
            assert_eq!(tally.overall.of(Outcome::Ok), requests, "{backend} {pipeline}");
            assert_eq!(tally.overall.failed(), 0);
        }
    }
}

#[test]
fn a_large_body_comes_in_whole() {
    let signed = SelfSigned::make().unwrap();
    let body: Vec<u8> = (0..=255).cycle().take(1_000_000).collect();
    let responder = serving(signed.server, &body);
    let target = target(responder.address(), &Trust::Unverified, &body);
    let tally = drive(target, &setting(1), &closed(12), Backend::Epoll);
    assert_eq!(tally.overall.of(Outcome::Ok), 12);
}

#[test]
fn a_server_that_nobody_vouches_for_is_not_loaded() {
    let responder = serving(SelfSigned::make().unwrap().server, b"Hello world!");
    let others = SelfSigned::make().unwrap().authority_pem.into_bytes();
    let target = target(responder.address(), &Trust::Authorities(others), b"Hello world!");
    let tally = drive(target, &setting(1), &closed(5), Backend::Epoll);
    assert!(tally.overall.of(Outcome::ConnectFailed) > 0);
    assert_eq!((tally.overall.of(Outcome::Ok), responder.counts().requests), (0, 0));
}

/// A certificate that has signed itself, for these names.
fn certificate(names: &[&str], change: impl Fn(&mut CertificateParams)) -> ServerTls {
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    change(&mut params);
    let key = KeyPair::generate().unwrap();
    let certificate_pem = params.self_signed(&key).unwrap().pem();
    ServerTls { certificate_pem, key_pem: key.serialize_pem() }
}

#[test]
fn the_first_reason_of_a_refusal_is_kept_and_ends_the_drive() {
    let is_authority = |params: &mut CertificateParams| {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    };
    let over = |params: &mut CertificateParams| params.not_after = date_time_ymd(2001, 1, 1);
    let to_come = |params: &mut CertificateParams| params.not_before = date_time_ymd(3000, 1, 1);
    let others = || SelfSigned::make().unwrap().authority_pem;
    for (server, trusted, reason, detail) in [
        (certificate(&["localhost"], |_| ()), Some(others()), Reason::SelfSigned, ""),
        (SelfSigned::make().unwrap().server, Some(others()), Reason::UnknownAuthority, ""),
        (certificate(&[], |_| ()), None, Reason::NoNames, ""),
        (certificate(&["a.example", "b.example"], |_| ()), None, Reason::OtherName, "a.example"),
        (certificate(&["localhost"], over), None, Reason::Expired, ""),
        (certificate(&["localhost"], to_come), None, Reason::NotYetValid, ""),
        (certificate(&["a.example"], is_authority), None, Reason::OtherName, "a.example"),
    ] {
        let trusted = trusted.unwrap_or_else(|| server.certificate_pem.clone());
        let responder = serving(server, b"Hello world!");
        let target =
            target(responder.address(), &Trust::Authorities(trusted.into_bytes()), b"Hello world!");
        // One connection, and pauses between connects: all of these requests would take minutes.
        let setting = Setting { connections: 1, ..setting(1) };
        let tally = drive(target, &setting, &closed(500), Backend::Epoll);
        let refusal = tally.refusal.expect("it is refused");
        assert_eq!(refusal.reason, reason, "{refusal:?}");
        assert!(refusal.detail.contains(detail), "{refusal:?}");
        assert_eq!(tally.overall.of(Outcome::ConnectFailed), 1);
    }
}

#[test]
fn a_self_signed_certificate_that_is_trusted_itself_is_enough() {
    let is_authority = |params: &mut CertificateParams| {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    };
    let server = certificate(&["localhost"], is_authority);
    let trust = Trust::Authorities(server.certificate_pem.clone().into_bytes());
    let responder = serving(server, b"Hello world!");
    let target = target(responder.address(), &trust, b"Hello world!");
    let tally = drive(target, &setting(1), &closed(5), Backend::Epoll);
    assert_eq!((tally.overall.of(Outcome::Ok), tally.refusal), (5, None));
}

#[test]
fn sessions_go_on_only_if_that_is_asked_for() {
    let responder = serving(SelfSigned::make().unwrap().server, b"Hello world!");
    let fresh = Setting { connections: 2, threads: 2, fresh_connections: true, ..setting(1) };
    for resumes in [false, true] {
        let target = target_with(responder.address(), &Trust::Unverified, b"Hello world!", resumes);
        let tally = drive(target, &fresh, &closed(40), Backend::Epoll);
        let made = &tally.handshakes;
        assert_eq!(tally.overall.of(Outcome::Ok), 40);
        assert_eq!(made.full + made.resumed, tally.connect_time.count());
        assert_eq!(made.resumed > 0, resumes, "{made:?}");
        let agreed = made.agreed.clone().expect("there was one");
        assert_eq!((agreed.version, agreed.alpn.as_deref()), ("TLS 1.3", Some("http/1.1")));
        assert!(agreed.cipher.starts_with("TLS13_"), "{agreed:?}");
    }
}

#[test]
fn a_server_that_does_not_speak_tls_fails_the_connect() {
    let responder = Responder::start(Config::default()).unwrap();
    let target = target(responder.address(), &Trust::Unverified, b"Hello world!");
    let tally = drive(target, &setting(1), &closed(5), Backend::Epoll);
    assert!(tally.overall.of(Outcome::ConnectFailed) > 0);
    assert_eq!(tally.refusal.map(|refusal| refusal.reason), Some(Reason::NotTls));
}

#[test]
fn a_file_without_certificates_is_refused_with_the_reason() {
    let trust = Trust::Authorities(b"nothing".to_vec());
    let error = ClientTls::new("localhost", &trust, false).unwrap_err();
    assert!(error.contains("no certificate"), "{error}");
}
