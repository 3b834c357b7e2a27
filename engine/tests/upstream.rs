//! The upstream, with clients of HTTP/1.1 and of HTTP/2.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::client::conn::{http1, http2};
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use timetrial_engine::address::Address;
use timetrial_engine::responder::upstream::{Config, Counts, Upstream};
use timetrial_engine::responder::{Delay, SelfSigned};
use tokio::net::TcpStream;
use tokio::runtime::Builder;
use tokio_rustls::client::TlsStream;
use tokio_rustls::TlsConnector;

const MS: u64 = 1_000_000;
const BODY: &[u8] = b"[1, 2, 3]";

fn start(delay: Delay) -> (Upstream, SelfSigned) {
    let signed = SelfSigned::make().unwrap();
    let config = Config {
        address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into(),
        tls: signed.server.clone(),
        body: BODY.into(),
        content_type: "application/json".into(),
        delay,
        seed: 1,
    };
    (Upstream::start(config).unwrap(), signed)
}

async fn connect(upstream: &Upstream, signed: &SelfSigned, alpn: &[&str]) -> TlsStream<TcpStream> {
    let Address::Tcp(address) = upstream.address() else { panic!("no TCP address") };
    let mut trusted = rustls::RootCertStore::empty();
    trusted.add(CertificateDer::from_pem_slice(signed.authority_pem.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(trusted)
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    let stream = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap()
}

fn request() -> Request<Empty<Bytes>> {
    Request::get("https://localhost/").body(Empty::new()).unwrap()
}

async fn expect_document<B: hyper::body::Body>(response: Response<B>)
where
    B::Error: std::fmt::Debug,
{
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), BODY);
}

fn block_on(work: impl std::future::Future<Output = ()>) {
    Builder::new_current_thread().enable_all().build().unwrap().block_on(work);
}

#[test]
fn a_client_that_offers_http2_gets_it_and_is_counted() {
    let (upstream, signed) = start(Delay::None);
    block_on(async {
        let stream = connect(&upstream, &signed, &["h2", "http/1.1"]).await;
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        let (mut sender, connection) =
            http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        for _ in 0..3 {
            expect_document(sender.send_request(request()).await.unwrap()).await;
        }
    });
    let Counts { accepted, http2, requests, responses, .. } = upstream.counts();
    assert_eq!((accepted, http2, requests, responses), (1, 1, 3, 3));
}

#[test]
fn a_client_that_offers_nothing_gets_http1() {
    let (upstream, signed) = start(Delay::Constant { delay_ns: 5 * MS });
    block_on(async {
        let stream = connect(&upstream, &signed, &[]).await;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        for _ in 0..3 {
            expect_document(sender.send_request(request()).await.unwrap()).await;
        }
    });
    let Counts { accepted, http2, responses, delay_ns, response_ns, .. } = upstream.counts();
    assert_eq!((accepted, http2, responses, delay_ns), (1, 0, 3, 15 * MS));
    assert!(response_ns >= delay_ns, "{response_ns}");
}

#[test]
fn dropping_it_closes_the_port() {
    let (upstream, _) = start(Delay::None);
    let Address::Tcp(address) = upstream.address().clone() else { panic!("no TCP address") };
    drop(upstream);
    assert!(std::net::TcpStream::connect(address).is_err());
}
