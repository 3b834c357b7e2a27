//! Requests that become due, and their assignment to connections.

use super::{Action, Generator, Pacing, Phase};
use crate::drive::Queue;
use crate::schedule::{Arrival, Schedule, Stage};

impl Generator {
    /// Open model: the arrivals of this thread.
    pub(super) fn open_pacing(&self, stages: &[Stage], arrival: Arrival, seed: u64) -> Pacing {
        let (thread, threads) = (self.shape.thread, self.shape.threads);
        Pacing::Open(Queue::new(Schedule::new(stages.to_vec(), arrival, seed, thread, threads)))
    }

    /// Assigns requests to a slot: the next step of its user, or as many as there is room for.
    pub(super) fn fill(&mut self, index: usize, now_ns: u64) {
        if matches!(self.drive.pacing, Pacing::Users(_)) {
            self.send_user_step(self.primary(index), now_ns);
            return;
        }
        if self.pairs {
            self.fill_pair(self.primary(index), now_ns);
            return;
        }
        let room = match self.slots[index].phase {
            Phase::Open => self.slots[index].connection.room(self.shape.pipeline),
            // One request opens the connection. The others follow once it is open.
            Phase::Closed => 1,
            Phase::Connecting { .. } | Phase::BackingOff => 0,
        };
        while self.slots[index].connection.len() < room && !self.arrivals_ended(now_ns) {
            if !self.progress.take_request() {
                self.drive.arrivals_ended = true;
                return;
            }
            self.slots[index].free_since_ns = now_ns;
            let request = self.choose_request();
            self.assign(index, request, now_ns, now_ns);
        }
    }

    /// Virtual users: sends the current step of a slot's user, unless the user is thinking.
    fn send_user_step(&mut self, index: usize, now_ns: u64) {
        let Pacing::Users(users) = &self.drive.pacing else { return };
        let Some((request, due_ns)) = users.next_step(self.user(index)) else { return };
        let sender = self.sender(index, request);
        let slot = &mut self.slots[sender];
        let can_send = slot.connection.is_empty() && slot.phase != Phase::BackingOff;
        if !can_send || self.arrivals_ended(now_ns) {
            return;
        }
        if !self.progress.take_request() {
            self.drive.arrivals_ended = true;
            return;
        }
        self.assign(sender, request, due_ns, now_ns);
    }

    /// Virtual users: sends the steps of all users whose think time has passed.
    pub(super) fn resume_users(&mut self, now_ns: u64) {
        let first = self.slots_of(self.drive.target).start;
        loop {
            let Pacing::Users(users) = &mut self.drive.pacing else { return };
            let Some(user) = users.wake(now_ns) else { return };
            self.send_user_step(first + user, now_ns);
        }
    }

    /// Virtual users: goes on after a step, whatever its outcome.
    pub(super) fn step_ended(&mut self, index: usize, now_ns: u64) {
        if !self.is_active(index) {
            return;
        }
        let user = self.user(index);
        let Pacing::Users(users) = &mut self.drive.pacing else { return };
        let iteration_ns = users.step_ended(user, now_ns);
        if let Some(iteration_ns) = iteration_ns.filter(|_| self.drive.tally.in_window(now_ns)) {
            self.drive.tally.iteration_time.record(iteration_ns);
        }
    }

    /// Open model: assigns waiting requests to connections with room.
    ///
    /// The oldest request goes to the connection that has been free for longest.
    pub(super) fn dispatch(&mut self, now_ns: u64) {
        self.admit_arrivals(now_ns);
        while let Some(index) = self.free.front().copied() {
            if self.waiting() == 0 {
                return;
            }
            self.free.pop_front();
            let slot = &mut self.slots[index];
            slot.is_listed = false;
            let room = slot.connection.room(self.shape.pipeline);
            let has_room = slot.phase == Phase::Open && slot.connection.len() < room;
            if has_room && (!self.pairs || self.can_send(index, self.upcoming())) {
                let Some(due_ns) = self.take_waiting() else { return };
                let request = self.choose_request();
                let sender = self.sender(index, request);
                // Until then the pair had another request.
                self.slots[sender].free_since_ns = self.slots[index].free_since_ns;
                self.assign(sender, request, due_ns, now_ns);
                if !self.pairs && self.slots[index].connection.len() < room {
                    self.list(index);
                }
            }
        }
        self.open_connections(now_ns);
    }

    pub(super) fn arrivals_ended(&self, now_ns: u64) -> bool {
        self.drive.arrivals_ended
            || now_ns >= self.drive.tally.timeline.closed_ns
            || self.shape.slots_per_target == 0
    }

    /// Open model: how many arrivals wait for a connection.
    pub(super) fn waiting(&self) -> u64 {
        match &self.drive.pacing {
            Pacing::Open(queue) => queue.waiting(),
            Pacing::Closed | Pacing::Users(_) => 0,
        }
    }

    /// Open model: adds the arrivals that are due by now.
    pub(super) fn admit_arrivals(&mut self, now_ns: u64) {
        let Pacing::Open(queue) = &mut self.drive.pacing else { return };
        let timeline = self.drive.tally.timeline;
        if !self.drive.arrivals_ended {
            let end_ns = timeline.closed_ns - timeline.started_ns;
            queue.admit(now_ns.saturating_sub(timeline.started_ns), end_ns);
        }
    }

    /// Open model: starts a connect for each waiting request that has none, as far as slots allow.
    pub(super) fn open_connections(&mut self, now_ns: u64) {
        while self.connecting < self.waiting() {
            let Some(index) = self.spare.pop() else { return };
            self.slots[index].is_spare = false;
            self.connect(index, now_ns);
        }
    }

    /// Open model: takes the oldest waiting request off the queue and returns its due time.
    ///
    /// None if there is none, or once the budget is used up, which empties the queue.
    pub(super) fn take_waiting(&mut self) -> Option<u64> {
        let Pacing::Open(queue) = &mut self.drive.pacing else { return None };
        if queue.waiting() == 0 {
            return None;
        }
        let due_ns = self.drive.tally.timeline.started_ns + queue.take()?;
        if !self.progress.take_request() {
            self.drive.arrivals_ended = true;
            while queue.take().is_some() {}
            return None;
        }
        Some(due_ns)
    }

    /// The index of the request to send next: a target's requests are sent in turn.
    pub(super) fn choose_request(&mut self) -> usize {
        let request = self.upcoming();
        self.next_request = (request + 1) % self.shape.requests[self.drive.target].len();
        request
    }

    /// The index of the request that is chosen next.
    pub(super) fn upcoming(&self) -> usize {
        self.next_request % self.shape.requests[self.drive.target].len()
    }

    /// Assigns a request to a slot, which sends it or connects first.
    pub(super) fn assign(&mut self, index: usize, request: usize, due_ns: u64, now_ns: u64) {
        self.drive.arrive(due_ns);
        let slot = &mut self.slots[index];
        slot.connection.push(request, due_ns, self.next_token);
        self.next_token += 1;
        match slot.phase {
            Phase::Open if slot.connection.unsent() == 1 => {
                self.actions.push_back(Action::Send(index));
            }
            Phase::Open | Phase::Connecting { .. } => {}
            Phase::Closed | Phase::BackingOff => self.connect(index, now_ns),
        }
    }

    /// Starts a connect, with a deadline.
    pub(super) fn connect(&mut self, index: usize, now_ns: u64) {
        self.slots[index].phase = Phase::Connecting { since_ns: now_ns };
        self.count_connecting(index, 1);
        let member = self.oldest_deadline(index);
        self.deadlines.set(member, now_ns + self.shape.timeout_ns);
        self.actions.push_back(Action::Connect(index));
    }

    /// Puts a slot without a connection back to use.
    pub(super) fn reopen(&mut self, index: usize, now_ns: u64) {
        if self.listens(index) {
            self.listen(index, now_ns);
            return;
        }
        match self.drive.pacing {
            Pacing::Closed | Pacing::Users(_) => self.fill(index, now_ns),
            Pacing::Open(_) if self.is_beside(index) => self.refill(index, now_ns),
            Pacing::Open(_) => {
                self.list_spare(index);
                self.dispatch(now_ns);
            }
        }
    }

    /// Assigns requests to a slot that may have room for them.
    pub(super) fn refill(&mut self, index: usize, now_ns: u64) {
        if !self.is_active(index) || self.listens(index) {
            return;
        }
        match self.drive.pacing {
            Pacing::Closed | Pacing::Users(_) => self.fill(index, now_ns),
            Pacing::Open(_) => {
                self.list_free(self.primary(index), now_ns);
                self.dispatch(now_ns);
            }
        }
    }

    /// Open model: adds a slot to those without a connection, once.
    pub(super) fn list_spare(&mut self, index: usize) {
        let slot = &mut self.slots[index];
        if !slot.is_spare {
            slot.is_spare = true;
            self.spare.push(index);
        }
    }

    /// Open model: adds a slot that has been free since `since_ns` to those with room.
    pub(super) fn list_free(&mut self, index: usize, since_ns: u64) {
        self.slots[index].free_since_ns = since_ns;
        self.list(index);
    }

    /// Open model: adds a slot to those with room, once.
    pub(super) fn list(&mut self, index: usize) {
        let slot = &mut self.slots[index];
        if !slot.is_listed {
            slot.is_listed = true;
            self.free.push_back(index);
        }
    }
}
