//! An HTTPS server for HTTP/2 and HTTP/1.1 that stands in for an external API: all responses are
//! the same. Delays are exact to two milliseconds, those of a [`Responder`](super::Responder) to
//! microseconds.

use std::convert::Infallible;
use std::io;
use std::net::TcpListener as StdListener;
use std::sync::{Arc, Mutex};
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

use super::control::lock;
use super::delay::Delay;
use super::listener::listen;
use super::tls::{server_config, ServerTls};
use crate::address::Address;
use crate::clock::now_ns;

const HTTP2: &[u8] = b"h2";
const HTTP1: &[u8] = b"http/1.1";
/// The pause after an accept that failed for lack of resources.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);

/// The configuration of an upstream.
#[derive(Clone, Debug)]
pub struct Config {
    /// Port 0 is replaced by a free one.
    pub address: Address,
    pub tls: ServerTls,
    pub body: Vec<u8>,
    pub content_type: String,
    pub delay: Delay,
    /// The seed of delays.
    pub seed: u64,
}

/// The counts of an upstream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Accepted connections.
    pub accepted: u64,
    /// Connections that are open at this moment, including those in their handshake.
    pub open: u64,
    /// Connections that negotiated HTTP/2.
    pub http2: u64,
    pub requests: u64,
    /// Responses that were passed on to be written.
    pub responses: u64,
    /// The sum of the delays of all requests.
    pub delay_ns: u64,
    /// The sum of all response times.
    pub response_ns: u64,
}

/// A running upstream, on one thread of its own. Dropping it ends it at once.
pub struct Upstream {
    address: Address,
    state: Arc<UpstreamState>,
    running: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl Upstream {
    /// Listens and serves. `InvalidInput` for an invalid configuration.
    pub fn start(config: Config) -> io::Result<Self> {
        let invalid = |problem: String| io::Error::new(io::ErrorKind::InvalidInput, problem);
        if let Some(problem) = config.delay.problem() {
            return Err(invalid(problem));
        }
        let content_type = HeaderValue::from_str(&config.content_type)
            .map_err(|_| invalid(format!("content type {:?}", config.content_type)))?;
        let mut tls = rustls::ServerConfig::clone(&*server_config(&config.tls)?);
        tls.alpn_protocols = vec![HTTP2.to_vec(), HTTP1.to_vec()];
        let (mut listeners, address) = listen(&config.address, 1)?;
        let listener = listeners.pop().map(StdListener::from);
        let listener = listener.ok_or_else(|| invalid("no listener".to_owned()))?;
        let runtime = Builder::new_current_thread().enable_io().enable_time().build()?;
        let state = Arc::new(UpstreamState {
            body: config.body.into(),
            content_type,
            delay: config.delay,
            delays: Mutex::new(Xoshiro256PlusPlus::seed_from_u64(config.seed)),
            counts: Mutex::default(),
        });
        let (stop, stopped) = oneshot::channel();
        let acceptor = TlsAcceptor::from(Arc::new(tls));
        let serve = {
            let state = Arc::clone(&state);
            move || run(&runtime, listener, acceptor, state, stopped)
        };
        let thread = thread::Builder::new().name("upstream".into()).spawn(serve)?;
        Ok(Self { address, state, running: Some((stop, thread)) })
    }

    /// The address that it listens on, with the actual port.
    pub fn address(&self) -> &Address {
        &self.address
    }

    pub fn counts(&self) -> Counts {
        *lock(&self.state.counts)
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.running.take() {
            // Fails if the thread has already ended.
            let _ = stop.send(());
            let _ = thread.join();
        }
    }
}

/// What the thread shares with its owner.
struct UpstreamState {
    body: Bytes,
    content_type: HeaderValue,
    delay: Delay,
    delays: Mutex<Xoshiro256PlusPlus>,
    counts: Mutex<Counts>,
}

impl UpstreamState {
    fn count(&self, change: impl FnOnce(&mut Counts)) {
        change(&mut lock(&self.counts));
    }
}

/// Serves until `stopped` resolves. Requests in flight end with the runtime.
fn run(
    runtime: &Runtime,
    listener: StdListener,
    acceptor: TlsAcceptor,
    state: Arc<UpstreamState>,
    stopped: oneshot::Receiver<()>,
) {
    runtime.block_on(async {
        let listener = TcpListener::from_std(listener).expect("the runtime has its poller");
        tokio::spawn(accept(listener, acceptor, state));
        // Also resolves if the upstream drops the sender.
        let _ = stopped.await;
    });
}

async fn accept(listener: TcpListener, acceptor: TlsAcceptor, state: Arc<UpstreamState>) {
    loop {
        match listener.accept().await {
            Ok((socket, _)) => {
                state.count(|counts| {
                    counts.accepted += 1;
                    counts.open += 1;
                });
                let (acceptor, state) = (acceptor.clone(), Arc::clone(&state));
                tokio::spawn(async move {
                    serve_connection(socket, acceptor, &state).await;
                    state.count(|counts| counts.open -= 1);
                });
            }
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
    }
}

/// Serves one connection. Its errors are the client's and are ignored.
async fn serve_connection(socket: TcpStream, acceptor: TlsAcceptor, state: &Arc<UpstreamState>) {
    let Ok(stream) = acceptor.accept(socket).await else { return };
    let is_http2 = stream.get_ref().1.alpn_protocol() == Some(HTTP2);
    let service = service_fn(|_: Request<Incoming>| respond(Arc::clone(state)));
    let stream = TokioIo::new(stream);
    let _ = if is_http2 {
        state.count(|counts| counts.http2 += 1);
        let builder = http2::Builder::new(TokioExecutor::new());
        builder.serve_connection(stream, service).await
    } else {
        http1::Builder::new().serve_connection(stream, service).await
    };
}

async fn respond(state: Arc<UpstreamState>) -> Result<Response<Full<Bytes>>, Infallible> {
    let read_ns = now_ns();
    let delay_ns = state.delay.draw_ns(&mut lock(&state.delays));
    state.count(|counts| {
        counts.requests += 1;
        counts.delay_ns = counts.delay_ns.saturating_add(delay_ns);
    });
    if delay_ns > 0 {
        tokio::time::sleep(Duration::from_nanos(delay_ns)).await;
    }
    let mut response = Response::new(Full::new(state.body.clone()));
    response.headers_mut().insert(CONTENT_TYPE, state.content_type.clone());
    state.count(|counts| {
        counts.responses += 1;
        counts.response_ns = counts.response_ns.saturating_add(now_ns() - read_ns);
    });
    Ok(response)
}
