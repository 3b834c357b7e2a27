//! The load of one thread as a state machine: events and times in, actions out. No I/O, no clock.
//! [`arrivals`] assigns requests to connections, [`outgoing`] and [`uploads`] write them, [`outcomes`]
//! ends them; [`streams`], [`listeners`], [`http2`] and [`slots`] have what lasts or is shared.

mod arrivals;
mod http2;
mod listeners;
mod outcomes;
mod outgoing;
mod slots;
mod streams;
mod uploads;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::sync::Arc;

use crate::broadcast::Broadcast;
use crate::connection::Connection;
use crate::drive::{DriveState, Pacing};
use crate::http1::HeadMemo;
use crate::load::{Drive, Model};
use crate::outcome::Outcome;
use crate::progress::LiveProgress;
use crate::reactor::Event;
use crate::request::{is_mixed, Request};
use crate::schedule::Arrival;
use crate::tally::Tally;
use crate::timers::Deadlines;
use crate::users::Users;
use crate::websocket::{Deflater, UpgradeRefusal};

const FIRST_BACKOFF_NS: u64 = 10_000_000;
const LONGEST_BACKOFF_NS: u64 = 1_000_000_000;

/// What the caller has to do with the socket in a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Connect(usize),
    /// Send the bytes of [`Generator::outgoing`].
    Send(usize),
    Close(usize),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Closed,
    Connecting {
        since_ns: u64,
    },
    Open,
    /// A connect has failed; the next one starts after a pause.
    BackingOff,
}

/// A place for one connection to one target. It outlives its connections.
#[derive(Default)]
struct Slot {
    target: usize,
    phase: Phase,
    connection: Connection,
    /// Which of the slot's deadlines belongs to the oldest request.
    lane: usize,
    /// Consecutive failed connects.
    failed_connects: u32,
    /// Since when it has had room for another request.
    free_since_ns: u64,
    /// It is in [`Generator::free`].
    is_listed: bool,
    /// It is in [`Generator::spare`].
    is_spare: bool,
}

/// The shape of a thread's load, the same in all drives.
#[derive(Clone)]
pub struct Shape {
    pub thread: usize,
    pub threads: usize,
    /// The requests of each target. Messages among others take twice as many slots.
    pub requests: Vec<Arc<[Request]>>,
    /// For each target, whether its connections are encrypted.
    pub encrypted: Vec<bool>,
    pub slots_per_target: usize,
    pub timeout_ns: u64,
    pub pipeline: usize,
    pub fresh_connections: bool,
}

/// The connections of one thread to all targets, and the drive of one of the targets.
pub struct Generator {
    shape: Shape,
    /// There are messages among other requests: see [`slots`].
    pairs: bool,
    slots: Vec<Slot>,
    deadlines: Deadlines,
    /// A request has a body that is sent in pieces.
    has_uploads: bool,
    /// When slots need not wait for the server to ask for a body any longer.
    continues: Deadlines,
    /// When slots in [`Phase::BackingOff`] connect again, the soonest first.
    backoffs: BinaryHeap<Reverse<(u64, usize)>>,
    /// Open model: open slots of the target with room for a request.
    free: VecDeque<usize>,
    /// Open model: slots of the target without a connection.
    spare: Vec<usize>,
    connecting: u64,
    next_request: usize,
    next_token: u64,
    /// Of the last upgrade.
    next_nonce: u128,
    memo: HeadMemo,
    /// Made for the first message that is to be compressed.
    deflater: Option<Box<Deflater>>,
    /// The first slot of the target sends, and all others hear it.
    broadcasts: bool,
    broadcast: Broadcast,
    progress: Arc<LiveProgress>,
    drive: DriveState,
    /// What the clock of the day is ahead of the monotonic one.
    real_offset_ns: u64,
    actions: VecDeque<Action>,
}

impl Generator {
    pub fn new(shape: Shape, progress: Arc<LiveProgress>) -> Self {
        let pairs = shape.requests.iter().any(|requests| is_mixed(requests));
        let slots: Vec<Slot> = (0..shape.requests.len() * shape.slots_per_target)
            .map(|index| {
                let target = index / shape.slots_per_target;
                let is_beside = index % shape.slots_per_target >= shape.slots_per_target / 2;
                let connection = match (pairs, is_beside) {
                    (false, _) => Connection::of(&shape.requests[target], shape.pipeline),
                    (true, false) => Connection::default(),
                    (true, true) => Connection::of_messages(),
                };
                Slot { target, connection, ..Slot::default() }
            })
            .collect();
        let has_uploads =
            shape.requests.iter().flat_map(|all| &**all).any(|r| r.upload().is_some());
        Self {
            deadlines: Deadlines::new(slots.len() * shape.pipeline),
            pairs,
            has_uploads,
            continues: Deadlines::new(if has_uploads { slots.len() } else { 0 }),
            slots,
            backoffs: BinaryHeap::new(),
            free: VecDeque::new(),
            spare: vec![],
            connecting: 0,
            next_request: shape.thread,
            // Tokens are unique over all threads.
            next_token: (shape.thread as u64) << 48,
            next_nonce: (shape.thread as u128) << 64,
            memo: HeadMemo::default(),
            deflater: None,
            broadcasts: false,
            broadcast: Broadcast::default(),
            progress,
            drive: DriveState::default(),
            real_offset_ns: 0,
            actions: VecDeque::new(),
            shape,
        }
    }

    /// Prepares for a drive. Events of idle connections may be handled before it starts.
    pub fn prepare(&mut self, target: usize) {
        let slots = self.slots_of(target);
        let open = self.slots[slots].iter().filter(|slot| slot.phase == Phase::Open).count();
        self.drive = DriveState::idle(target, open as u64);
        self.backoffs.clear();
        self.free.clear();
        self.spare.clear();
        for index in 0..self.slots.len() {
            // This connect was for the last drive and did not succeed in time.
            if matches!(self.slots[index].phase, Phase::Connecting { .. }) {
                self.close(index);
            }
        }
        self.connecting = 0;
        self.broadcast.first = self.next_token;
        for slot in &mut self.slots {
            slot.is_listed = false;
            slot.is_spare = false;
            if slot.phase == Phase::BackingOff {
                slot.phase = Phase::Closed;
            }
        }
    }

    /// Sets what the clock of the day is ahead of the monotonic one: cookies expire by it.
    pub fn set_real_offset(&mut self, offset_ns: u64) {
        self.real_offset_ns = offset_ns;
    }

    /// Starts the drive. [`Generator::prepare`] has to come first.
    pub fn start(&mut self, drive: &Drive, started_ns: u64, now_ns: u64) {
        let slots = self.primaries(drive.target);
        let pacing = match &drive.model {
            Model::Closed => Pacing::Closed,
            Model::Open { stages, arrival, seed } => self.open_pacing(stages, *arrival, *seed),
            Model::Idle { stages } => self.open_pacing(stages, Arrival::Constant, 0),
            Model::Users { think, seed } => Pacing::Users(Users::new(
                think.clone(),
                slots.len(),
                *seed,
                self.shape.thread,
                now_ns,
            )),
        };
        let requests = self.shape.requests[drive.target].len();
        let keep_cookies = matches!(pacing, Pacing::Users(_));
        self.drive.start(drive, pacing, self.shape.slots_per_target, requests, started_ns);
        self.begin_messages(drive.target);
        self.begin_tallies(drive);
        for index in slots {
            self.slots[index].connection.keep_cookies(keep_cookies);
            if self.listens(index) {
                self.listen(index, now_ns);
            } else if !matches!(self.drive.pacing, Pacing::Open(_)) {
                self.fill(index, now_ns);
            } else if self.slots[index].phase == Phase::Open {
                self.list_free(index, started_ns);
            } else {
                self.list_spare(index);
            }
        }
        self.spare.reverse();
        self.advance(now_ns);
    }

    /// Handles all that is due by now: timeouts, retries, arrivals, and the end of the drain.
    pub fn advance(&mut self, now_ns: u64) {
        self.drive.pass_marks(now_ns);
        self.leave_streams(now_ns);
        while let Some(member) = self.deadlines.expired(now_ns) {
            let index = member / self.shape.pipeline;
            if self.slots[index].connection.is_multiplexed() {
                self.stream_timed_out(index, member % self.shape.pipeline, now_ns);
            } else if matches!(self.slots[index].phase, Phase::Connecting { .. }) {
                self.connect_failed(index, Outcome::Timeout, now_ns);
            } else {
                self.fail(index, Outcome::Timeout, now_ns);
            }
        }
        while let Some(&Reverse((due_ns, index))) = self.backoffs.peek() {
            if due_ns > now_ns {
                break;
            }
            self.backoffs.pop();
            self.slots[index].phase = Phase::Closed;
            self.reopen(index, now_ns);
        }
        self.send_unasked(now_ns);
        self.broadcast.give_up(now_ns.saturating_sub(self.shape.timeout_ns));
        self.dispatch(now_ns);
        self.resume_users(now_ns);
        if now_ns >= self.drive.drain_until_ns {
            self.censor(now_ns);
        }
    }

    /// Handles an event of a socket; `bytes` are those of [`Event::Received`].
    pub fn handle(&mut self, event: Event, bytes: &[u8], now_ns: u64) {
        match event {
            Event::Connected { slot } => self.connected(slot, now_ns),
            Event::ConnectFailed { slot } => {
                self.connect_failed(slot, Outcome::ConnectFailed, now_ns);
            }
            Event::Drained { slot } => self.drained(slot, now_ns),
            other if self.slots[other.slot()].connection.is_multiplexed() => {
                self.handle_streams(other, bytes, now_ns);
            }
            Event::Received { slot, closing } => self.received(slot, bytes, closing, now_ns),
            Event::Closed { slot } | Event::Reset { slot }
                if self.slots[slot].connection.is_upgrading() =>
            {
                self.refused(slot, UpgradeRefusal::Closed, now_ns);
            }
            Event::Closed { slot } => {
                self.note_idle_end(slot, false, now_ns);
                self.peer_closed(slot, now_ns);
            }
            Event::Reset { slot } => {
                self.note_idle_end(slot, true, now_ns);
                self.fail(slot, Outcome::Reset, now_ns);
            }
        }
    }

    /// Takes the next action. None when there is nothing to do.
    pub fn next_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// When the generator has to be advanced next, and whether that is an arrival, which must not
    /// be late.
    pub fn next_mark(&mut self, now_ns: u64) -> (Option<u64>, bool) {
        let timeline = self.drive.tally.timeline;
        let coarse = [timeline.opened_ns, timeline.closed_ns, self.drive.drain_until_ns]
            .into_iter()
            .filter(|&mark| mark > now_ns)
            .chain(self.deadlines.next_ns())
            .chain(self.continues.next_ns())
            .chain(self.backoffs.peek().map(|Reverse((due_ns, _))| *due_ns))
            .min();
        let arrival = match &mut self.drive.pacing {
            Pacing::Open(queue) if !self.drive.arrivals_ended => queue
                .next_ns()
                .map(|after_ns| timeline.started_ns + after_ns)
                .filter(|&due_ns| due_ns < timeline.closed_ns),
            Pacing::Users(users) => users.next_ns().filter(|&due_ns| due_ns < timeline.closed_ns),
            _ => None,
        };
        match (coarse, arrival) {
            (Some(coarse), Some(arrival)) if arrival <= coarse => (Some(arrival), true),
            (None, Some(arrival)) => (Some(arrival), true),
            (coarse, _) => (coarse, false),
        }
    }

    /// Has the drive ended: no requests in flight, none waiting, and none to become due?
    pub fn is_finished(&self, now_ns: u64) -> bool {
        self.drive.in_flight == 0
            && self.waiting() == 0
            && self.arrivals_ended(now_ns)
            && (!self.awaits_listeners() || now_ns >= self.drive.drain_until_ns)
    }

    /// Gives all requests and connects in flight so much more time: nobody could look after them.
    pub fn postpone_timeouts(&mut self, by_ns: u64) {
        self.deadlines.postpone(by_ns);
        self.continues.postpone(by_ns);
    }

    /// Was a connection to the target open in this drive?
    pub fn has_connected(&self) -> bool {
        self.drive.tally.connections_reached > 0
    }

    /// Ends the drive at once and censors requests that are in flight or waiting.
    pub fn cancel(&mut self, now_ns: u64) {
        let timeline = &mut self.drive.tally.timeline;
        // Requests that are due now have arrived and belong to the window.
        timeline.closed_ns = timeline.closed_ns.min(now_ns.max(timeline.opened_ns) + 1);
        self.censor(now_ns);
    }

    /// Ends the drive and returns its tally.
    pub fn finish(&mut self, now_ns: u64) -> Tally {
        std::mem::take(&mut self.drive).finish(now_ns)
    }
}

/// The clock of the day, in seconds since 1970.
fn unix_s(real_offset_ns: u64, now_ns: u64) -> i64 {
    i64::try_from(real_offset_ns.saturating_add(now_ns) / 1_000_000_000).unwrap_or(i64::MAX)
}

#[cfg(test)]
#[path = "generator_tests.rs"]
mod tests;
