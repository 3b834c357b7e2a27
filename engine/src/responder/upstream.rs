//! An HTTPS server that offers HTTP/2 and HTTP/1.1: every request gets the same document.
//!
//! It stands for somebody else's API. Where the truth to a microsecond is asked for, the other
//! [`Responder`](super::Responder) is; here delays end up to two milliseconds late.

use std::convert::Infallible;
use std::io;
use std::net::TcpListener as StdListener;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderValue, CONTENT_TYPE};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rand_xoshiro::rand_core::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;

use super::delay::Delay;
use super::listener::listen;
use super::tls::{server_config, ServerTls};
use crate::address::Address;
use crate::clock::now_ns;

const HTTP2: &[u8] = b"h2";
const HTTP1: &[u8] = b"http/1.1";
/// So long nothing is accepted when there is no room for a connection.
const ACCEPTS_AGAIN_AFTER: Duration = Duration::from_millis(10);

/// Everything about an upstream.
#[derive(Clone, Debug)]
pub struct Config {
    /// Port 0 is replaced by a free one.
    pub address: Address,
    pub tls: ServerTls,
    pub body: Vec<u8>,
    pub content_type: String,
    pub delay: Delay,
    /// Delays are drawn from it.
    pub seed: u64,
}

/// What an upstream has seen and done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Connections.
    pub accepted: u64,
    /// Connections at this moment, those included that have not agreed on a version yet.
    pub open: u64,
    /// Connections that agreed on HTTP/2.
    pub http2: u64,
    pub requests: u64,
    /// Handed over to be written.
    pub responses: u64,
    /// The delays of all requests, added up.
    pub delay_ns: u64,
    /// The response times of all responses, added up.
    pub response_ns: u64,
}

/// An upstream that runs, on one thread of its own. Dropping it ends it at once.
pub struct Upstream {
    address: Address,
    shared: Arc<Shared>,
    running: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl Upstream {
    /// Listens and serves.
    pub fn start(config: Config) -> io::Result<Self> {
        let fault = |fault: String| io::Error::new(io::ErrorKind::InvalidInput, fault);
        if let Some(wrong) = config.delay.fault() {
            return Err(fault(wrong));
        }
        let content_type = HeaderValue::from_str(&config.content_type)
            .map_err(|_| fault(format!("content type {:?}", config.content_type)))?;
        let mut tls = rustls::ServerConfig::clone(&*server_config(&config.tls)?);
        tls.alpn_protocols = vec![HTTP2.to_vec(), HTTP1.to_vec()];
        let (mut listeners, address) = listen(&config.address, 1)?;
        let listener = listeners.pop().map(StdListener::from);
        let listener = listener.ok_or_else(|| fault("no listener".to_owned()))?;
        let runtime = Builder::new_current_thread().enable_io().enable_time().build()?;
        let shared = Arc::new(Shared {
            body: config.body.into(),
            content_type,
            delay: config.delay,
            delays: Mutex::new(Xoshiro256PlusPlus::seed_from_u64(config.seed)),
            counts: Mutex::default(),
        });
        let (stop, stopped) = oneshot::channel();
        let acceptor = TlsAcceptor::from(Arc::new(tls));
        let (ours, theirs) = (Arc::clone(&shared), thread::Builder::new().name("upstream".into()));
        let thread = theirs.spawn(move || run(&runtime, listener, acceptor, ours, stopped))?;
        Ok(Self { address, shared, running: Some((stop, thread)) })
    }

    /// Where it listens, with the port that was chosen.
    pub fn address(&self) -> &Address {
        &self.address
    }

    pub fn counts(&self) -> Counts {
        *lock(&self.shared.counts)
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.running.take() {
            // A thread that has ended by itself listens no more.
            let _ = stop.send(());
            let _ = thread.join();
        }
    }
}

struct Shared {
    body: Bytes,
    content_type: HeaderValue,
    delay: Delay,
    delays: Mutex<Xoshiro256PlusPlus>,
    counts: Mutex<Counts>,
}

impl Shared {
    fn count(&self, change: impl FnOnce(&mut Counts)) {
        change(&mut lock(&self.counts));
    }
}

/// Serves until the wish to stop comes; whatever is under way ends with the runtime.
fn run(
    runtime: &Runtime,
    listener: StdListener,
    acceptor: TlsAcceptor,
    shared: Arc<Shared>,
    stopped: oneshot::Receiver<()>,
) {
    runtime.block_on(async {
        let listener = TcpListener::from_std(listener).expect("the runtime has its poller");
        tokio::spawn(accept(listener, acceptor, shared));
        // The sender is dropped at the latest with the upstream.
        let _ = stopped.await;
    });
}

async fn accept(listener: TcpListener, acceptor: TlsAcceptor, shared: Arc<Shared>) {
    loop {
        match listener.accept().await {
            Ok((socket, _)) => {
                shared.count(|counts| {
                    counts.accepted += 1;
                    counts.open += 1;
                });
                let (acceptor, shared) = (acceptor.clone(), Arc::clone(&shared));
                tokio::spawn(async move {
                    converse(socket, acceptor, &shared).await;
                    shared.count(|counts| counts.open -= 1);
                });
            }
            Err(_) => tokio::time::sleep(ACCEPTS_AGAIN_AFTER).await,
        }
    }
}

/// Serves one connection; how it ends is the client's affair.
async fn converse(socket: TcpStream, acceptor: TlsAcceptor, shared: &Arc<Shared>) {
    let Ok(stream) = acceptor.accept(socket).await else { return };
    let is_http2 = stream.get_ref().1.alpn_protocol() == Some(HTTP2);
    let service = service_fn(|_: Request<Incoming>| answer(Arc::clone(shared)));
    let stream = TokioIo::new(stream);
    let _ = if is_http2 {
        shared.count(|counts| counts.http2 += 1);
        let builder = http2::Builder::new(TokioExecutor::new());
        builder.serve_connection(stream, service).await
    } else {
        http1::Builder::new().serve_connection(stream, service).await
    };
}

async fn answer(shared: Arc<Shared>) -> Result<Response<Full<Bytes>>, Infallible> {
    let read_ns = now_ns();
    let delay_ns = shared.delay.draw_ns(&mut lock(&shared.delays));
    shared.count(|counts| {
        counts.requests += 1;
        counts.delay_ns = counts.delay_ns.saturating_add(delay_ns);
    });
    if delay_ns > 0 {
        tokio::time::sleep(Duration::from_nanos(delay_ns)).await;
    }
    let mut response = Response::new(Full::new(shared.body.clone()));
    response.headers_mut().insert(CONTENT_TYPE, shared.content_type.clone());
    shared.count(|counts| {
        counts.responses += 1;
        counts.response_ns = counts.response_ns.saturating_add(now_ns() - read_ns);
    });
    Ok(response)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
