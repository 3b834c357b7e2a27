//! The requests of an HTTP/2 connection that were sent, each in the lane of its stream.

use super::pending::Pending;
use crate::expect::BodyCheck;
use crate::http1::Head;
use crate::http2::{Client, Event, Refusal, Violation};
use crate::outcome::{Ended, Outcome};
use crate::request::Request;

/// What received bytes bring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivered {
    /// All bytes were consumed.
    Partial,
    /// Requests may be sent.
    Ready,
    Refused(Refusal),
    /// The request in a lane has ended.
    Ended {
        lane: usize,
        ended: Ended,
        /// The status of the response, if it is one.
        status: Option<u16>,
        /// The code by which the server has ended the stream.
        reset: Option<u32>,
    },
    /// The server has not processed the request in a lane. It waits for being sent again.
    Unprocessed {
        lane: usize,
    },
    /// The server takes no more requests on the connection.
    GoAway {
        code: u32,
    },
    /// The connection has to be closed.
    Violated(Violation),
}

#[derive(Clone, Debug)]
pub struct Multiplexed {
    pub client: Client,
    /// By lane.
    sent: Vec<Option<Pending>>,
    bodies: Vec<BodyCheck>,
    in_flight: usize,
}

impl Multiplexed {
    pub fn new(lanes: usize) -> Self {
        Self {
            client: Client::new(lanes),
            sent: vec![None; lanes],
            bodies: vec![BodyCheck::default(); lanes],
            in_flight: 0,
        }
    }

    /// How many requests are in flight.
    pub fn len(&self) -> usize {
        self.in_flight
    }

    /// Opens a stream for a request and appends it. Returns its lane.
    pub fn open(
        &mut self,
        pending: Pending,
        requests: &[Request],
        cookies: Option<&str>,
        now_ns: u64,
        out: &mut Vec<u8>,
    ) -> Option<usize> {
        let request = &requests[pending.request];
        let (template, token) = (request.template()?, pending.token);
        let lane = self.client.open(template, request.is_head(), token, cookies, out)?;
        self.sent[lane] = Some(Pending { sent_ns: Some(now_ns), ..pending });
        self.bodies[lane].reset();
        self.in_flight += 1;
        Some(lane)
    }

    /// Appends what is to be sent beside new requests.
    pub fn take_output(&mut self, requests: &[Request], out: &mut Vec<u8>) {
        self.client.take_control(out);
        let sent = &self.sent;
        let request_of = |lane: usize| {
            let pending = sent[lane].as_ref()?;
            Some((requests[pending.request].template()?, pending.token))
        };
        self.client.upload(request_of, out);
    }

    /// Reads received bytes up to the first effect. Requests that were not processed come to
    /// `again`.
    pub fn receive(
        &mut self,
        bytes: &[u8],
        now_ns: u64,
        requests: &[Request],
        again: &mut impl FnMut(Pending),
    ) -> (usize, Delivered) {
        let (sent, bodies) = (&self.sent, &mut self.bodies);
        let mut body = |lane: usize, piece: &[u8]| {
            if let Some(pending) = &sent[lane] {
                bodies[lane].take(piece, &requests[pending.request].expect().body);
            }
        };
        let (consumed, event) = self.client.receive(bytes, &mut body);
        let delivered = match event {
            Event::Partial => Delivered::Partial,
            Event::Ready => Delivered::Ready,
            Event::Refused(refusal) => Delivered::Refused(refusal),
            Event::GoAway { code } => Delivered::GoAway { code },
            Event::Violated(violation) => Delivered::Violated(violation),
            Event::Ended { lane, .. }
            | Event::Malformed { lane }
            | Event::Unprocessed { lane }
            | Event::Reset { lane, .. } => match self.take(lane) {
                Some(pending) => self.ended(pending, event, lane, now_ns, requests, again),
                None => Delivered::Partial,
            },
        };
        (consumed, delivered)
    }

    fn ended(
        &self,
        pending: Pending,
        event: Event,
        lane: usize,
        now_ns: u64,
        requests: &[Request],
        again: &mut impl FnMut(Pending),
    ) -> Delivered {
        let (outcome, status, reset) = match event {
            Event::Ended { status, .. } => {
                let expect = requests[pending.request].expect();
                let head = Head { status, keep_alive: true, is_gzip: false };
                let outcome = self.bodies[lane].judge(head, expect, pending.token);
                (outcome, Some(status), None)
            }
            Event::Unprocessed { .. } if !pending.is_tired() => {
                // That of a whole connection counts when it is left.
                let refusals = pending.refusals + u8::from(!self.client.is_draining());
                again(Pending { refusals, sent_ns: None, ..pending });
                return Delivered::Unprocessed { lane };
            }
            Event::Reset { code, .. } => (Outcome::Reset, None, Some(code)),
            Event::Unprocessed { .. } => (Outcome::Reset, None, None),
            _ => (Outcome::Malformed, None, None),
        };
        Delivered::Ended { lane, ended: pending.end(outcome, now_ns), status, reset }
    }

    /// Takes the request in a lane, whose response is no longer wanted.
    pub fn cancel(&mut self, lane: usize) -> Option<Pending> {
        let pending = self.take(lane)?;
        self.client.cancel(lane);
        Some(pending)
    }

    /// Takes any request that is in flight.
    pub fn take_any(&mut self) -> Option<Pending> {
        let lane = self.sent.iter().position(Option::is_some)?;
        self.take(lane)
    }

    fn take(&mut self, lane: usize) -> Option<Pending> {
        let pending = self.sent[lane].take()?;
        self.in_flight -= 1;
        Some(pending)
    }
}
