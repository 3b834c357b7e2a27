//! A connection of HTTP/2: its requests are streams, which end in any order.

use super::multiplexed::{Delivered, Multiplexed};
use super::pending::Pending;
use super::Connection;
use crate::outcome::{Ended, Outcome};
use crate::request::Request;

/// A request that is about to be sent.
#[derive(Clone, Copy, Debug)]
pub struct Opened {
    pub lane: usize,
    pub due_ns: u64,
}

impl Connection {
    /// A connection of HTTP/2 for so many requests in flight, at most.
    pub fn of_http2(lanes: usize) -> Self {
        Self { multiplexed: Some(Box::new(Multiplexed::new(lanes))), ..Self::default() }
    }

    pub fn is_multiplexed(&self) -> bool {
        self.multiplexed.is_some()
    }

    /// How many requests may be pending at once: on HTTP/1, `pipeline` of them.
    pub fn room(&self, pipeline: usize) -> usize {
        self.multiplexed.as_ref().map_or(pipeline, |streams| streams.client.room())
    }

    /// HTTP/2: how many requests are in flight.
    pub fn in_flight(&self) -> usize {
        self.multiplexed.as_ref().map_or(0, |streams| streams.len())
    }

    /// HTTP/2: how many the server allows at once; None for any number.
    pub fn most_streams(&self) -> Option<u32> {
        self.multiplexed.as_ref()?.client.most_streams()
    }

    /// HTTP/2: begins a connection that was opened. Returns whether it is one, and did.
    pub(super) fn begin_streams(&mut self) -> bool {
        self.multiplexed.as_mut().is_some_and(|streams| streams.client.begin())
    }

    /// HTTP/2: are the settings of the server still to come?
    pub fn is_beginning(&self) -> bool {
        self.multiplexed.as_ref().is_some_and(|streams| streams.client.is_beginning())
    }

    /// HTTP/2: will the server take no more requests?
    pub fn is_draining(&self) -> bool {
        self.multiplexed.as_ref().is_some_and(|streams| streams.client.is_draining())
    }

    /// HTTP/2: tells the server that this ends the connection. Returns whether it is open.
    pub fn say_goaway(&mut self) -> bool {
        self.multiplexed.as_mut().is_some_and(|streams| streams.client.say_close())
    }

    /// HTTP/2: is there anything that may be sent now?
    pub fn has_output(&self) -> bool {
        self.multiplexed.as_ref().is_some_and(|streams| {
            streams.client.has_output() || (self.unsent > 0 && streams.client.can_open())
        })
    }

    /// HTTP/2: appends what is to be sent beside new requests.
    pub fn take_output(&mut self, requests: &[Request], out: &mut Vec<u8>) {
        if let Some(streams) = &mut self.multiplexed {
            streams.take_output(requests, out);
        }
    }

    /// HTTP/2: the index of the request to send next; None if none waits, or none may be sent.
    pub fn next_to_open(&self) -> Option<usize> {
        let streams = self.multiplexed.as_ref()?;
        let pending = self.pending.front().filter(|_| streams.client.can_open())?;
        Some(pending.request)
    }

    /// HTTP/2: appends the request to send next; `cookies` is the value of a header.
    pub fn open_next(
        &mut self,
        requests: &[Request],
        cookies: Option<&str>,
        now_ns: u64,
        out: &mut Vec<u8>,
    ) -> Option<Opened> {
        let streams = self.multiplexed.as_mut()?;
        let pending = *self.pending.front()?;
        let lane = streams.open(pending, requests, cookies, now_ns, out)?;
        self.pending.pop_front();
        self.unsent -= 1;
        Some(Opened { lane, due_ns: pending.due_ns })
    }

    /// HTTP/2: reads received bytes up to the first effect. Returns how many of them it took.
    pub fn receive_streams(
        &mut self,
        bytes: &[u8],
        now_ns: u64,
        requests: &[Request],
    ) -> (usize, Delivered) {
        let Some(streams) = &mut self.multiplexed else { return (bytes.len(), Delivered::Partial) };
        let (waiting, unsent) = (&mut self.pending, &mut self.unsent);
        streams.receive(bytes, now_ns, requests, &mut |pending: Pending| {
            // It has waited for longer than the others.
            waiting.push_front(pending);
            *unsent += 1;
        })
    }

    /// HTTP/2: ends the request in a lane, whose response is no longer wanted.
    pub fn cancel(&mut self, lane: usize, outcome: Outcome, now_ns: u64) -> Option<Ended> {
        let pending = self.multiplexed.as_mut()?.cancel(lane)?;
        Some(pending.end(outcome, now_ns))
    }

    /// HTTP/2: ends a request that is in flight. Those that wait are left.
    pub fn abandon_sent(&mut self, outcome: Outcome, now_ns: u64) -> Option<Ended> {
        let pending = self.multiplexed.as_mut()?.take_any()?;
        Some(pending.end(outcome, now_ns))
    }

    /// HTTP/2: the requests that wait lose another connection. Returns one that has lost too many.
    pub fn lose_waiting(&mut self, now_ns: u64) -> Option<Ended> {
        let tired = self.pending.iter().position(Pending::is_tired);
        if let Some(pending) = tired.and_then(|at| self.pending.remove(at)) {
            self.unsent -= 1;
            return Some(pending.end(Outcome::ClosedEarly, now_ns));
        }
        for pending in &mut self.pending {
            pending.refusals += 1;
        }
        None
    }
}
