//! One thread of a responder.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;
use std::num::NonZeroU64;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use rustix::io::Errno;
use rustix::thread::{sched_setaffinity, set_current_timer_slack, CpuSet};
use rustls::ServerConnection;

use super::connection::{Connection, Fate};
use super::control::Control;
use super::counts::Record;
use super::kit::{Kit, Script};
use super::listener::accept;
use super::poller::{Poller, Readiness};
use super::slots::Slots;
use super::stream::Stream;
use super::wire::Wire;
use crate::clock::now_ns;

// Keys that no slot has: there are never so many.
const LISTENER: u64 = u64::MAX;
const WAKER: u64 = u64::MAX - 1;

/// So long requests under way are answered after the wish to stop.
const DRAIN_NS: u64 = 1_000_000_000;

pub struct Server {
    thread: usize,
    control: Arc<Control>,
    listener: OwnedFd,
    tls: Option<Arc<rustls::ServerConfig>>,
    poller: Poller,
    connections: Slots<Connection>,
    /// When which connection has to be looked at; entries may be outdated.
    timers: BinaryHeap<Reverse<(u64, u64)>>,
    kit: Kit,
    /// There was no room for a connection that waits.
    accepts_later: bool,
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
            kit: Kit::new(script, thread),
            accepts_later: false,
            drains_until_ns: None,
        })
    }

    /// Serves until the control asks for an end. `started` is told once whether it could begin.
    pub fn run(mut self, started: impl FnOnce(io::Result<()>)) -> Record {
        started(self.settle_in());
        let mut ready = Vec::new();
        while !self.is_done() {
            self.poller.wait(self.span_ns(), &mut ready);
            self.control.freeze_while_paused();
            for &readiness in &ready {
                self.handle(readiness);
            }
            self.handle_due();
            self.control.publish(self.thread, &self.kit.record.counts);
        }
        self.finish()
    }

    /// Pins the thread and makes its sleep as exact as the kernel can.
    fn settle_in(&self) -> io::Result<()> {
        let config = &self.kit.script.config;
        if !config.cpus.is_empty() {
            let cpu = config.cpus[self.thread % config.cpus.len()];
            if cpu >= CpuSet::MAX_CPU {
                return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("no CPU {cpu}")));
            }
            let mut cpus = CpuSet::new();
            cpus.set(cpu);
            sched_setaffinity(None, &cpus)?;
        }
        Ok(set_current_timer_slack(NonZeroU64::new(1))?)
    }

    fn is_done(&mut self) -> bool {
        if !self.control.drains() {
            return false;
        }
        let until_ns = *self.drains_until_ns.get_or_insert_with(|| now_ns() + DRAIN_NS);
        let drained = self.kit.record.counts.under_way() == 0;
        drained || self.control.ends() || now_ns() >= until_ns
    }

    /// How long nothing has to be done unless something happens; none for ever.
    fn span_ns(&self) -> Option<u64> {
        let due_ns = self.timers.peek().map(|&Reverse((due_ns, _))| due_ns);
        let next_ns = due_ns.into_iter().chain(self.drains_until_ns).min()?;
        let spin_ns = self.kit.script.config.spin_ns;
        Some(next_ns.saturating_sub(now_ns()).saturating_sub(spin_ns))
    }

    fn handle(&mut self, readiness: Readiness) {
        self.control.freeze_while_paused();
        match readiness.key {
            LISTENER => self.accept_all(),
            WAKER => {
                // Only to be told of the next wish; what it is, the control says.
                let _ = rustix::io::read(self.control.waker(self.thread), &mut [0; 8]);
            }
            key => {
                let Some(connection) = self.connections.get_mut(key) else { return };
                let readable = readiness.readable && self.drains_until_ns.is_none();
                let fate = connection.ready(readable, readiness.closing, &mut self.kit);
                self.follow_up(key, fate);
            }
        }
    }

    fn handle_due(&mut self) {
        while let Some(&Reverse((due_ns, key))) = self.timers.peek() {
            self.control.freeze_while_paused();
            if due_ns > now_ns() {
                return;
            }
            self.timers.pop();
            let Some(connection) = self.connections.get_mut(key) else { continue };
            if connection.timer_ns == due_ns {
                connection.timer_ns = 0;
                let fate = connection.due(&mut self.kit);
                self.follow_up(key, fate);
            }
        }
    }

    fn accept_all(&mut self) {
        self.accepts_later = false;
        while self.drains_until_ns.is_none() {
            self.control.freeze_while_paused();
            match accept(&self.listener) {
                Ok(socket) => self.welcome(socket),
                Err(Errno::INTR | Errno::CONNABORTED) => {}
                Err(Errno::AGAIN) => return,
                Err(_) => {
                    self.kit.record.counts.accept_failures += 1;
                    self.accepts_later = true;
                    return;
                }
            }
        }
    }

    fn welcome(&mut self, socket: OwnedFd) {
        let counts = &mut self.kit.record.counts;
        counts.accepted += 1;
        let wire = Wire::new(socket, self.kit.script.config.receipt);
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

    fn follow_up(&mut self, key: u64, fate: Fate) {
        let Some(connection) = self.connections.get_mut(key) else { return };
        if fate == Fate::Over {
            self.close(key);
            return;
        }
        if let Some(due_ns) = connection.next_due_ns(&self.kit) {
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
            self.kit.record.counts.open -= 1;
            self.kit.record.counts.abandoned += connection.owed;
        }
        if self.accepts_later {
            self.accept_all();
        }
    }

    fn finish(mut self) -> Record {
        for connection in self.connections.drain() {
            self.kit.record.counts.open -= 1;
            self.kit.record.counts.abandoned += connection.owed;
        }
        self.control.publish(self.thread, &self.kit.record.counts);
        self.kit.record
    }
}
