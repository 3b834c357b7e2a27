//! Load at hyper's servers, which know nothing of this engine.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use timetrial_engine::address::Address;
use timetrial_engine::expect::{Expectation, ExpectedBody};
use timetrial_engine::http2::Scheme;
use timetrial_engine::load::{Setting, Target};
use timetrial_engine::outcome::Outcome;
use timetrial_engine::request::Request;
use timetrial_engine::responder::upstream::{Config as UpstreamConfig, Upstream};
use timetrial_engine::responder::{Config, Delay, Responder, SelfSigned};
use timetrial_engine::template::Template;
use timetrial_engine::tls::{ClientTls, Reason, Trust};
use tokio::net::TcpListener;
use tokio::runtime::Builder;

use crate::support::{at_rate, count, driven, expecting, get, setting, target, BACKENDS, MS};

static COUNT: AtomicU64 = AtomicU64::new(0);

type Answer = hyper::Response<Full<Bytes>>;

/// Its paths: `/echo` answers with the body, `/path/…` with itself, `/long` with 3 MB, others "hi".
async fn respond(request: hyper::Request<Incoming>) -> Result<Answer, Infallible> {
    if request.method() == hyper::Method::HEAD {
        let head = hyper::Response::builder().header("content-length", 7);
        return Ok(head.body(Full::default()).unwrap());
    }
    let path = request.uri().path().to_owned();
    let body = match path.as_str() {
        "/echo" => request.into_body().collect().await.unwrap().to_bytes(),
        "/long" => vec![b'x'; 3_000_000].into(),
        _ if path.starts_with("/path/") => path.into_bytes().into(),
        _ => "hi".into(),
    };
    // Not all that came first are answered first.
    if COUNT.fetch_add(1, Relaxed).is_multiple_of(3) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Ok(hyper::Response::new(Full::new(body)))
}

/// Serves without encryption on a thread of its own.
fn serving(most_streams: u32) -> SocketAddr {
    let (sender, address) = mpsc::channel();
    thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
            sender.send(listener.local_addr().unwrap()).unwrap();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let mut builder = http2::Builder::new(TokioExecutor::new());
                builder.max_concurrent_streams(most_streams);
                let service = service_fn(respond);
                tokio::spawn(builder.serve_connection(TokioIo::new(stream), service));
            }
        });
    });
    address.recv().unwrap()
}

fn post(path: &str, body: &[u8], expect: Expectation) -> Request {
    Request::with_http2(Scheme::Http, "POST", "here", path, &[], body, expect)
}

#[test]
fn closed_and_open_loads_have_all_their_answers_on_every_backend() {
    let address = serving(100);
    for backend in BACKENDS {
        for (streams, drive) in [(1, count(300)), (16, count(300)), (4, at_rate(1_500.0, 200))] {
            let setting = Setting { backend, threads: 2, ..setting(3, streams) };
            let tally = driven(&target(address, get(b"hi")), &setting, &drive);
            assert_eq!((tally.overall.of(Outcome::Ok), tally.overall.failed()), (300, 0));
            assert_eq!((tally.unsolicited, tally.statuses[200]), (0, 300));
            let figures = tally.http2.unwrap();
            assert_eq!((figures.allowed_streams, figures.retries), (Some(100), 0));
            assert!(figures.used_streams <= streams as u64 && figures.goaways.is_empty());
        }
    }
}

#[test]
fn streams_are_used_up_to_what_the_server_allows() {
    let tally = driven(&target(serving(3), get(b"hi")), &setting(1, 40), &count(400));
    assert_eq!((tally.overall.of(Outcome::Ok), tally.overall.failed()), (400, 0));
    let figures = tally.http2.unwrap();
    assert_eq!((figures.used_streams, figures.allowed_streams), (3, Some(3)));
}

#[test]
fn responses_belong_to_their_requests_in_any_order() {
    let template = ExpectedBody::Template(Template::new("/path/{token}").into());
    let expect = Expectation { status: Some(200), body: template };
    let request =
        Request::with_http2(Scheme::Http, "GET", "here", "/path/{token}", &[], b"", expect);
    let tally = driven(&target(serving(100), request), &setting(2, 20), &count(500));
    assert_eq!((tally.overall.of(Outcome::Ok), tally.overall.failed()), (500, 0));
}

#[test]
fn bodies_arrive_in_whole_in_both_directions() {
    let address = serving(100);
    let text = format!("{{token}}{}{{token}}", "0123456789".repeat(40_000));
    let template = ExpectedBody::Template(Template::new(&text).into());
    let echo = post("/echo", text.as_bytes(), Expectation { status: Some(200), body: template });
    let long = ExpectedBody::Length(3_000_000);
    let long = post("/long", b"", Expectation { status: Some(200), body: long });
    for backend in BACKENDS {
        for request in [&echo, &long] {
            let setting = Setting { backend, ..setting(2, 4) };
            let tally = driven(&target(address, request.clone()), &setting, &count(24));
            assert_eq!((tally.overall.of(Outcome::Ok), tally.overall.failed()), (24, 0));
        }
    }
}

#[test]
fn a_response_to_head_has_no_body() {
    let expect = Expectation { status: Some(200), body: ExpectedBody::Length(0) };
    let head = Request::with_http2(Scheme::Http, "HEAD", "here", "/", &[], b"", expect);
    let tally = driven(&target(serving(100), head), &setting(1, 3), &count(30));
    assert_eq!((tally.overall.of(Outcome::Ok), tally.overall.failed()), (30, 0));
}

fn encrypted(address: &Address, signed: &SelfSigned) -> Target {
    let trust = Trust::Authorities(signed.authority_pem.clone().into_bytes());
    let expect = expecting(b"hi");
    let request = Request::with_http2(Scheme::Https, "GET", "localhost", "/", &[], b"", expect);
    Target {
        address: address.clone(),
        requests: [request].into(),
        tls: Some(ClientTls::new("localhost", &trust, false).unwrap().for_http2()),
        sources: [].into(),
    }
}

#[test]
fn over_tls_the_protocol_is_agreed() {
    let signed = SelfSigned::make().unwrap();
    let upstream = Upstream::start(UpstreamConfig {
        address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into(),
        tls: signed.server.clone(),
        body: b"hi".to_vec(),
        content_type: "text/plain".into(),
        delay: Delay::None,
        seed: 1,
    })
    .unwrap();
    for backend in BACKENDS {
        let setting = Setting { backend, ..setting(2, 8) };
        let tally = driven(&encrypted(upstream.address(), &signed), &setting, &count(200));
        assert_eq!((tally.overall.of(Outcome::Ok), tally.overall.failed()), (200, 0));
    }
    assert_eq!(upstream.counts().http2, 4);
}

#[test]
fn a_server_that_has_http_1_alone_over_tls_is_named() {
    let signed = SelfSigned::make().unwrap();
    let tls = Some(signed.server.clone());
    let responder = Responder::start(Config { tls, ..Config::default() }).unwrap();
    let target = encrypted(responder.address(), &signed);
    let tally = driven(&target, &Setting { timeout_ns: 2_000 * MS, ..setting(1, 1) }, &count(9));
    assert_eq!(tally.refusal.map(|refusal| refusal.reason), Some(Reason::NoProtocol));
    assert_eq!((tally.overall.of(Outcome::Ok), tally.connections_reached), (0, 0));
}
