//! One thread of the generator: its connections to all targets, and one drive after the other.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;

use socket2::Socket;

use crate::clock::now_ns;
use crate::connection::{Connection, Need, Received};
use crate::drive::DriveState;
use crate::load::{Drive, Target};
use crate::reactor::epoll::{Epoll, Readiness};
use crate::shared::{Gauges, Shared};
use crate::socket::begin_connect;
use crate::tally::{Ended, Outcome, Tally};
use crate::timers::Deadlines;

const READ_BYTES: usize = 64 * 1024;
/// The longest sleep, so that a cancelled drive ends soon.
const LONGEST_WAIT_NS: u64 = 50_000_000;
const FIRST_BACKOFF_NS: u64 = 10_000_000;
const LONGEST_BACKOFF_NS: u64 = 1_000_000_000;

/// A place for one connection to one target; the connection in it may come and go.
#[derive(Default)]
struct Slot {
    target: usize,
    socket: Option<Socket>,
    connection: Connection,
    /// Bytes of the request that are written.
    written: usize,
    connect_began_ns: u64,
    /// Connects that have failed in a row.
    failed_connects: u32,
}

pub struct Worker {
    thread: usize,
    targets: Vec<Target>,
    slots: Vec<Slot>,
    slots_per_target: usize,
    timeout_ns: u64,
    epoll: Epoll,
    deadlines: Deadlines,
    /// Slots that wait before they connect again, the soonest first.
    backoffs: BinaryHeap<Reverse<(u64, usize)>>,
    buffer: Vec<u8>,
    shared: Arc<Shared>,
    drive: DriveState,
}

impl Worker {
    /// Makes the thread's share of places: `slots_per_target` to each target, none connected yet.
    pub fn new(
        thread: usize,
        targets: Vec<Target>,
        slots_per_target: usize,
        timeout_ns: u64,
        shared: Arc<Shared>,
    ) -> io::Result<Self> {
        let slots: Vec<Slot> = (0..targets.len() * slots_per_target)
            .map(|index| Slot { target: index / slots_per_target.max(1), ..Slot::default() })
            .collect();
        Ok(Self {
            thread,
            deadlines: Deadlines::new(slots.len()),
            targets,
            slots,
            slots_per_target,
            timeout_ns,
            epoll: Epoll::new()?,
            backoffs: BinaryHeap::new(),
            buffer: vec![0; READ_BYTES],
            shared,
            drive: DriveState::default(),
        })
    }

    /// Drives one target: lead-in, window, drain. Connections are kept for the next drive.
    pub fn drive(&mut self, drive: &Drive, started_ns: u64) -> io::Result<Tally> {
        let mut ready = Vec::new();
        self.begin(drive, started_ns)?;
        let drain_until_ns = self.drive.tally.timeline.closed_ns.saturating_add(drive.drain_ns);
        let mut now = now_ns();
        for slot in self.slots_of(drive.target) {
            self.arrive(slot, now);
        }
        loop {
            now = now_ns();
            self.drive.pass_marks(now);
            if self.drive.in_flight == 0 && self.arrivals_ended(now) {
                break;
            }
            if now >= drain_until_ns || self.shared.is_cancelled() {
                self.censor(now);
                break;
            }
            self.retry_connects(now);
            self.epoll.wait(self.span_to_next_mark(now, drain_until_ns), &mut ready)?;
            for readiness in &ready {
                self.handle(*readiness);
            }
            self.expire(now_ns());
        }
        Ok(std::mem::take(&mut self.drive).finish(now))
    }

    fn slots_of(&self, target: usize) -> std::ops::Range<usize> {
        target * self.slots_per_target..(target + 1) * self.slots_per_target
    }

    /// Notices what happened to idle connections since the last drive, then lets requests begin.
    fn begin(&mut self, drive: &Drive, started_ns: u64) -> io::Result<()> {
        let slots = self.slots_of(drive.target);
        let open = self.slots[slots].iter().filter(|slot| slot.connection.is_open()).count();
        self.drive = DriveState::idle(drive.target, open as u64);
        self.backoffs.clear();
        let mut ready = Vec::new();
        loop {
            self.epoll.wait(0, &mut ready)?;
            if ready.is_empty() {
                break;
            }
            for readiness in &ready {
                self.handle(*readiness);
            }
        }
        self.drive.start(drive, started_ns);
        Ok(())
    }

    fn arrivals_ended(&self, now: u64) -> bool {
        now >= self.drive.tally.timeline.closed_ns
            || self.drive.arrivals_ended
            || self.slots_per_target == 0
            || self.shared.is_cancelled()
    }

    fn span_to_next_mark(&self, now: u64, drain_until_ns: u64) -> u64 {
        let timeline = self.drive.tally.timeline;
        [timeline.opened_ns, timeline.closed_ns, drain_until_ns]
            .into_iter()
            .filter(|&mark| mark > now)
            .chain(self.deadlines.next_ns())
            .chain(self.backoffs.peek().map(|Reverse((due_ns, _))| *due_ns))
            .map(|mark| mark.saturating_sub(now))
            .fold(LONGEST_WAIT_NS, u64::min)
    }

    /// The virtual client of a slot wants its next response.
    fn arrive(&mut self, index: usize, now: u64) {
        if self.arrivals_ended(now) {
            return;
        }
        if !self.shared.take_request() {
            self.drive.arrivals_ended = true;
            return;
        }
        self.drive.arrive(now);
        match self.slots[index].connection.request(now) {
            Need::Send => self.send(index, now),
            Need::Connect => self.connect(index, now),
        }
    }

    fn connect(&mut self, index: usize, now: u64) {
        let slot = &mut self.slots[index];
        slot.connect_began_ns = now;
        self.deadlines.set(index, now + self.timeout_ns);
        let connecting = begin_connect(self.targets[slot.target].address)
            .and_then(|socket| self.epoll.add(&socket, index).map(|()| socket));
        match connecting {
            Ok(socket) => slot.socket = Some(socket),
            Err(_) => self.connect_failed(index, now),
        }
    }

    fn connect_failed(&mut self, index: usize, now: u64) {
        let slot = &mut self.slots[index];
        let backoff_ns = (FIRST_BACKOFF_NS << slot.failed_connects.min(10)).min(LONGEST_BACKOFF_NS);
        slot.failed_connects += 1;
        self.backoffs.push(Reverse((now + backoff_ns, index)));
        let ended = slot.connection.abandon(Outcome::ConnectFailed, now);
        self.close(index);
        self.record(ended);
    }

    fn retry_connects(&mut self, now: u64) {
        while let Some(&Reverse((due_ns, index))) = self.backoffs.peek() {
            if due_ns > now {
                break;
            }
            self.backoffs.pop();
            self.arrive(index, now);
        }
    }

    fn connected(&mut self, index: usize, now: u64) {
        self.deadlines.clear(index);
        let slot = &mut self.slots[index];
        slot.failed_connects = 0;
        slot.connection.connected();
        self.drive.tally.connect_time.record(now.saturating_sub(slot.connect_began_ns));
        self.count_open(index, 1);
        if self.slots[index].connection.is_busy() {
            self.send(index, now);
        }
    }

    fn send(&mut self, index: usize, now: u64) {
        self.deadlines.set(index, now + self.timeout_ns);
        let slot = &mut self.slots[index];
        slot.written = 0;
        slot.connection.sent(now);
        self.write(index);
    }

    /// Writes as much of the request as the socket takes.
    fn write(&mut self, index: usize) {
        let slot = &mut self.slots[index];
        let request = &self.targets[slot.target].request;
        let Some(mut socket) = slot.socket.as_ref() else {
            return;
        };
        while slot.written < request.len() {
            match socket.write(&request[slot.written..]) {
                Ok(bytes) => slot.written += bytes,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // What else went wrong will be told when the socket is read.
                Err(_) => return,
            }
        }
    }

    fn handle(&mut self, readiness: Readiness) {
        let index = readiness.token;
        if self.slots[index].connection.is_connecting() {
            if readiness.writable {
                self.connect_ended(index);
            }
            return;
        }
        if readiness.writable && self.slots[index].connection.is_busy() {
            self.write(index);
        }
        if readiness.readable {
            self.read(index, readiness.closing);
        }
    }

    fn connect_ended(&mut self, index: usize) {
        let error = self.slots[index].socket.as_ref().map(Socket::take_error);
        match error {
            Some(Ok(None)) => self.connected(index, now_ns()),
            Some(_) => self.connect_failed(index, now_ns()),
            None => {}
        }
    }

    /// Reads until the response has ended or the socket is empty, or, if it is `closing`, until its
    /// end: readiness is told only once.
    fn read(&mut self, index: usize, closing: bool) {
        let mut buffer = std::mem::take(&mut self.buffer);
        while let Some(mut socket) = self.slots[index].socket.as_ref() {
            match socket.read(&mut buffer) {
                Ok(0) => {
                    self.peer_closed(index, now_ns());
                    break;
                }
                Ok(bytes) => {
                    let emptied = bytes < buffer.len() && !closing;
                    let goes_on = self.received(index, &buffer[..bytes], closing);
                    if emptied || !goes_on {
                        break;
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(_) => {
                    self.fail(index, Outcome::Reset, now_ns());
                    break;
                }
            }
        }
        self.buffer = buffer;
    }

    /// Takes bytes that have come; does the response go on after them?
    fn received(&mut self, index: usize, bytes: &[u8], closing: bool) -> bool {
        let now = now_ns();
        self.drive.count_bytes(bytes.len() as u64, now);
        self.gauges().bytes_received.add(bytes.len() as u64);
        let slot = &mut self.slots[index];
        match slot.connection.receive(bytes, now, &self.targets[slot.target].expect) {
            Received::Partial => return true,
            Received::Unsolicited => {
                self.drive.tally.unsolicited += 1;
                self.fail(index, Outcome::Malformed, now);
            }
            Received::Ended { ended, status, reusable, surplus } => {
                self.deadlines.clear(index);
                self.drive.tally.unsolicited += u64::from(surplus);
                if !reusable || closing {
                    self.close(index);
                }
                self.drive.count_status(status, now);
                self.record(Some(ended));
                self.arrive(index, now);
            }
        }
        false
    }

    fn peer_closed(&mut self, index: usize, now: u64) {
        let slot = &mut self.slots[index];
        let ended = slot.connection.peer_closed(now, &self.targets[slot.target].expect);
        self.close(index);
        if let Some((ended, status)) = ended {
            self.drive.count_status(status, now);
            self.record(Some(ended));
            self.arrive(index, now);
        }
    }

    /// Gives a connection up, and the request on it, if there is one.
    fn fail(&mut self, index: usize, outcome: Outcome, now: u64) {
        let ended = self.slots[index].connection.abandon(outcome, now);
        self.close(index);
        let was_busy = ended.is_some();
        self.record(ended);
        if was_busy {
            self.arrive(index, now);
        }
    }

    fn expire(&mut self, now: u64) {
        while let Some(index) = self.deadlines.expired(now) {
            self.fail(index, Outcome::Timeout, now);
        }
    }

    /// Ends everything that is still under way.
    fn censor(&mut self, now: u64) {
        self.drive.arrivals_ended = true;
        for index in self.slots_of(self.drive.target) {
            if self.slots[index].connection.is_busy() {
                self.fail(index, Outcome::Censored, now);
            }
        }
    }

    fn close(&mut self, index: usize) {
        self.deadlines.clear(index);
        let slot = &mut self.slots[index];
        let was_open = slot.connection.is_open();
        slot.connection.closed();
        slot.socket = None;
        if was_open {
            self.count_open(index, -1);
        }
    }

    fn count_open(&mut self, index: usize, change: i64) {
        self.gauges().connections.change(change);
        if self.slots[index].target == self.drive.target {
            self.drive.count_open(change);
        }
    }

    fn record(&mut self, ended: Option<Ended>) {
        let Some(ended) = ended else { return };
        self.drive.end(ended);
        let gauges = self.gauges();
        let gauge =
            if ended.outcome == Outcome::Ok { &gauges.completions } else { &gauges.failures };
        gauge.add(1);
    }

    fn gauges(&self) -> &Gauges {
        self.shared.gauges(self.thread)
    }
}
