//! An HTTP/1.1 server with a known response-time distribution, the reference for load generators.
//! A [`Responder`] serves from threads of its own, from its start until it is stopped or dropped.

mod config;
mod connection;
mod control;
mod counts;
mod delay;
mod fault;
mod listener;
mod outbox;
mod pending;
mod poller;
mod request;
mod response_plan;
mod server;
mod slots;
mod stream;
mod template;
mod thread_context;
mod tls;
mod token;
#[cfg(feature = "upstream")]
pub mod upstream;
mod wire;

use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::panic::resume_unwind;
use std::sync::mpsc;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use control::Control;
use server::Server;
use thread_context::Script;

pub use config::{Body, Config, Framing};
pub use counts::{Counts, Record};
pub use delay::{Delay, Stall};
pub use fault::Fault;
pub use tls::{SelfSigned, ServerTls};
pub use wire::Receipt;

use crate::address::Address;

/// A running server. Dropping it ends it at once.
pub struct Responder {
    address: Address,
    control: Arc<Control>,
    threads: Vec<JoinHandle<Record>>,
}

impl Responder {
    /// Listens and serves. `InvalidInput` for an invalid configuration.
    pub fn start(config: Config) -> io::Result<Self> {
        config.check()?;
        let tls = config.tls.as_ref().map(tls::server_config).transpose()?;
        let control = Arc::new(Control::new(config.threads)?);
        let (listeners, address) = listener::listen(&config.address, config.threads)?;
        if config.receipt == Receipt::Kernel {
            listeners.iter().try_for_each(wire::keep_timestamps)?;
        }
        let mut responder = Self { address, control, threads: Vec::new() };
        let script = Arc::new(Script::new(config));
        for (thread, listener) in listeners.into_iter().enumerate() {
            responder.start_thread(thread, listener, tls.clone(), Arc::clone(&script))?;
        }
        Ok(responder)
    }

    /// The address that it listens on, with the actual port.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The counts so far, except for the current step of each thread.
    pub fn counts(&self) -> Counts {
        self.control.counts()
    }

    /// Freezes all threads for `span` from now, as SIGSTOP does. Returns at once.
    pub fn pause(&self, span: Duration) {
        self.control.pause(span);
    }

    /// Stops accepting and reading, responds to requests in flight for a second at most, and ends.
    /// Ends a pause.
    pub fn stop(mut self) -> Record {
        self.control.drain();
        let mut record = Record::default();
        for outcome in self.join() {
            match outcome {
                Ok(of_thread) => record.merge(&of_thread),
                Err(panic) => resume_unwind(panic),
            }
        }
        record
    }

    fn start_thread(
        &mut self,
        thread: usize,
        listener: OwnedFd,
        tls: Option<Arc<rustls::ServerConfig>>,
        script: Arc<Script>,
    ) -> io::Result<()> {
        let server = Server::new(thread, Arc::clone(&self.control), listener, tls, script)?;
        let (sender, receiver) = mpsc::channel();
        let serve =
            move || server.run(|started| sender.send(started).expect("its starter waits for this"));
        let name = format!("responder-{thread}");
        self.threads.push(thread::Builder::new().name(name).spawn(serve)?);
        receiver.recv().map_err(io::Error::other)?
    }

    fn join(&mut self) -> Vec<thread::Result<Record>> {
        for thread in &self.threads {
            thread.thread().unpark();
        }
        self.threads.drain(..).map(JoinHandle::join).collect()
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        self.control.end();
        self.join();
        if let Address::Unix(path) = &self.address {
            // The file may have been removed already.
            let _ = fs::remove_file(path);
        }
    }
}
