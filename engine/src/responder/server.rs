//! One thread of a responder: it accepts connections and handles their events and timers.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;
use std::num::NonZeroU64;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use rustix::io::Errno;
use rustix::thread::{sched_setaffinity, set_current_timer_slack};
use rustls::ServerConnection;

use super::connection::{Connection, ConnectionState};
use super::control::Control;
use super::counts::Record;
use super::listener::accept;
use super::poller::{Poller, Readiness};
use super::slots::Slots;
use super::stream::Stream;
use super::thread_context::{Script, ThreadContext};
use super::wire::Wire;
use crate::affinity;
use crate::clock::now_ns;

// Keys that no slot has: there are never that many.
const LISTENER: u64 = u64::MAX;
const WAKER: u64 = u64::MAX - 1;

/// How long requests in flight may get their response after the start of a drain.
const DRAIN_NS: u64 = 1_000_000_000;

/// The event loop of one thread.
pub struct Server {
    thread: usize,
    control: Arc<Control>,
    listener: OwnedFd,
    tls: Option<Arc<rustls::ServerConfig>>,
    poller: Poller,
    connections: Slots<Connection>,
    /// The times and keys of connections that are due. Entries may be outdated.
    timers: BinaryHeap<Reverse<(u64, u64)>>,
    context: ThreadContext,
    /// The last accept failed for lack of resources, and a connection may still be waiting.
    accept_pending: bool,
    drains_until_ns: Option<u64>,
}

impl Server {
    pub fn new(
        thread: usize,
        control: Arc<Control>,
        listener: OwnedFd,
        tls: Option<Arc<rustls::ServerConfig>>,
        script: Arc<Script>,
    ) -> io::Result<Self> {
        let poller = Poller::new()?;
        poller.add(&listener, LISTENER)?;
        poller.add(control.waker(thread), WAKER)?;
        Ok(Self {
            thread,
            control,
            listener,
            tls,
            poller,
            connections: Slots::default(),
            timers: BinaryHeap::new(),
            context: ThreadContext::new(script, thread),
            accept_pending: false,
            drains_until_ns: None,
        })
    }

    /// Serves until the control ends it. Calls `started` once, with the result of the setup.
    pub fn run(mut self, started: impl FnOnce(io::Result<()>)) -> Record {
        started(self.configure_thread());
        let mut ready = Vec::new();
        while !self.is_done() {
            self.poller.wait(self.span_ns(), &mut ready);
            self.control.freeze_while_paused();
            for &readiness in &ready {
                self.handle(readiness);
            }
            self.handle_timers();
            self.control.publish(self.thread, &self.context.record.counts);
        }
        self.finish()
    }

    /// Pins the thread and makes its sleeps as exact as the kernel can.
    fn configure_thread(&self) -> io::Result<()> {
        let config = &self.context.script.config;
        if !config.cpus.is_empty() {
            let cpu = config.cpus[self.thread % config.cpus.len()];
            sched_setaffinity(None, &affinity::only(cpu)?)?;
        }
        Ok(set_current_timer_slack(NonZeroU64::new(1))?)
    }

    fn is_done(&mut self) -> bool {
        if !self.control.is_draining() {
            return false;
        }
        let until_ns = *self.drains_until_ns.get_or_insert_with(|| now_ns() + DRAIN_NS);
        let drained = self.context.record.counts.in_flight() == 0;
        drained || self.control.is_ending() || now_ns() >= until_ns
    }

    /// How long the thread may sleep if there are no events. None: without limit.
    fn span_ns(&self) -> Option<u64> {
        let due_ns = self.timers.peek().map(|&Reverse((due_ns, _))| due_ns);
        let next_ns = due_ns.into_iter().chain(self.drains_until_ns).min()?;
        let spin_ns = self.context.script.config.spin_ns;
        Some(next_ns.saturating_sub(now_ns()).saturating_sub(spin_ns))
    }

    fn handle(&mut self, readiness: Readiness) {
        self.control.freeze_while_paused();
        match readiness.key {
            LISTENER => self.accept_all(),
            WAKER => {
                // Resets the waker. The loop checks the control itself.
                let _ = rustix::io::read(self.control.waker(self.thread), &mut [0; 8]);
            }
            key => {
                let Some(connection) = self.connections.get_mut(key) else { return };
                let readable = readiness.readable && self.drains_until_ns.is_none();
                let state = connection.ready(readable, readiness.closing, &mut self.context);
                self.update(key, state);
            }
        }
    }

    fn handle_timers(&mut self) {
        while let Some(&Reverse((due_ns, key))) = self.timers.peek() {
            self.control.freeze_while_paused();
            if due_ns > now_ns() {
                return;
            }
            self.timers.pop();
            let Some(connection) = self.connections.get_mut(key) else { continue };
            if connection.timer_ns == due_ns {
                connection.timer_ns = 0;
                let state = connection.due(&mut self.context);
                self.update(key, state);
            }
        }
    }

    fn accept_all(&mut self) {
        self.accept_pending = false;
        while self.drains_until_ns.is_none() {
            self.control.freeze_while_paused();
            match accept(&self.listener) {
                Ok(socket) => self.add_connection(socket),
                Err(Errno::INTR | Errno::CONNABORTED) => {}
                Err(Errno::AGAIN) => return,
                Err(_) => {
                    self.context.record.counts.accept_failures += 1;
                    self.accept_pending = true;
                    return;
                }
            }
        }
    }

    fn add_connection(&mut self, socket: OwnedFd) {
        let counts = &mut self.context.record.counts;
        counts.accepted += 1;
        let wire = Wire::new(socket, self.context.script.config.receipt);
        let stream = match self.tls.clone().map(ServerConnection::new) {
            None => Stream::Plain(wire),
            Some(Ok(session)) => Stream::tls(wire, session),
            Some(Err(_)) => return,
        };
        counts.open += 1;
        let key = self.connections.insert(Connection::new(stream));
        let connection = self.connections.get_mut(key).expect("just inserted");
        if self.poller.add(connection.socket(), key).is_err() {
            self.close(key);
        }
    }

    /// Closes a connection that has ended, or sets its timer and its interest in writability.
    fn update(&mut self, key: u64, state: ConnectionState) {
        let Some(connection) = self.connections.get_mut(key) else { return };
        if state == ConnectionState::Ended {
            self.close(key);
            return;
        }
        if let Some(due_ns) = connection.next_due_ns(&self.context) {
            if connection.timer_ns != due_ns {
                connection.timer_ns = due_ns;
                self.timers.push(Reverse((due_ns, key)));
            }
        }
        if connection.is_blocked() && !connection.awaits_writable {
            connection.awaits_writable = true;
            if self.poller.await_writable(connection.socket(), key).is_err() {
                self.close(key);
            }
        }
    }

    fn close(&mut self, key: u64) {
        if let Some(connection) = self.connections.remove(key) {
            self.context.record.counts.open -= 1;
            self.context.record.counts.abandoned += connection.unanswered;
        }
        if self.accept_pending {
            self.accept_all();
        }
    }

    fn finish(mut self) -> Record {
        for connection in self.connections.drain() {
            self.context.record.counts.open -= 1;
            self.context.record.counts.abandoned += connection.unanswered;
        }
        self.control.publish(self.thread, &self.context.record.counts);
        self.context.record
    }
}
