//! What all connections of one thread share: the script of responses, the record, and buffers.

use std::sync::Arc;

use rand_xoshiro::rand_core::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::config::{Body, Config, Framing};
use super::counts::Record;
use super::delay::draw_share;
use super::fault::{draw_fault, Fault};
use super::outbox::{Mark, Outbox, ResponseKind};
use super::response_plan::ResponsePlan;
use crate::clock::now_ns;

const READ_BYTES: usize = 64 * 1024;

/// How to respond to requests. All threads share it.
pub struct Script {
    pub config: Config,
    /// The origin of stalls.
    pub started_ns: u64,
    regular: ResponsePlan,
    /// One for each fault, including those without a response.
    fault_plans: Vec<ResponsePlan>,
    malformed: ResponsePlan,
}

impl Script {
    pub fn new(config: Config) -> Self {
        let plan = |status, body: &Body| {
            ResponsePlan::new(status, body, config.framing, &config.content_type)
        };
        let of_fault = |(fault, _): &(Fault, f64)| match fault {
            Fault::Status(status) => plan(*status, &config.body),
            Fault::Body(body) => plan(config.status, &Body::Fixed(body.clone())),
            Fault::Close | Fault::Reset | Fault::Silence => {
                plan(config.status, &Body::Fixed(Vec::new()))
            }
        };
        Self {
            regular: plan(config.status, &config.body),
            fault_plans: config.faults.iter().map(of_fault).collect(),
            malformed: malformed_plan(),
            started_ns: now_ns(),
            config,
        }
    }

    /// The response of this kind.
    pub fn plan(&self, kind: ResponseKind) -> &ResponsePlan {
        match kind {
            ResponseKind::Regular => &self.regular,
            ResponseKind::Fault(index) => &self.fault_plans[index],
            ResponseKind::Malformed => &self.malformed,
        }
    }

    /// The fault of this kind. None if it is not a fault.
    pub fn fault(&self, kind: ResponseKind) -> Option<&Fault> {
        match kind {
            ResponseKind::Fault(index) => Some(&self.config.faults[index].0),
            ResponseKind::Regular | ResponseKind::Malformed => None,
        }
    }

    /// The end of the current stall. None if there is no stall.
    pub fn stalled_until_ns(&self, now_ns: u64) -> Option<u64> {
        let stall = self.config.stall?;
        stall.end_ns(now_ns - self.started_ns).map(|end_ns| self.started_ns + end_ns)
    }

    pub fn echoes_tokens(&self) -> bool {
        matches!(self.config.body, Body::Template(_))
    }
}

/// The state of one thread that its connections share.
pub struct ThreadContext {
    pub script: Arc<Script>,
    pub record: Record,
    /// The bytes of the last read.
    pub buffer: Box<[u8]>,
    /// Empty, except while a connection responds. Waiting connections need no memory for it.
    pub outbox: Outbox,
    delays: Xoshiro256PlusPlus,
    /// Separate from the delays, so that faults do not change them.
    faults: Xoshiro256PlusPlus,
    /// For [`Values::random`](super::template::Values::random).
    contents: Xoshiro256PlusPlus,
}

impl ThreadContext {
    pub fn new(script: Arc<Script>, thread: usize) -> Self {
        let seed = script.config.seed.wrapping_add(2 * thread as u64);
        Self {
            script,
            record: Record::default(),
            buffer: vec![0; READ_BYTES].into(),
            outbox: Outbox::default(),
            delays: Xoshiro256PlusPlus::seed_from_u64(seed),
            faults: Xoshiro256PlusPlus::seed_from_u64(seed.wrapping_add(1)),
            contents: Xoshiro256PlusPlus::seed_from_u64(!seed),
        }
    }

    /// Draws the delay of the next response, and counts it.
    pub fn draw_delay_ns(&mut self) -> u64 {
        let delay_ns = self.script.config.delay.draw_ns(&mut self.delays);
        let counts = &mut self.record.counts;
        counts.delay_ns = counts.delay_ns.saturating_add(delay_ns);
        delay_ns
    }

    /// A number from 0 to 1, 1 excluded.
    pub fn draw_random(&mut self) -> f64 {
        draw_share(&mut self.contents)
    }

    /// Draws the kind of the next response.
    pub fn draw_kind(&mut self) -> ResponseKind {
        draw_fault(&self.script.config.faults, &mut self.faults)
            .map_or(ResponseKind::Regular, ResponseKind::Fault)
    }

    /// Counts a response that was written, or the fault that replaced it.
    pub fn count_answer(&mut self, kind: ResponseKind) {
        match kind {
            ResponseKind::Malformed => self.record.counts.malformed += 1,
            ResponseKind::Regular | ResponseKind::Fault(_) => {
                self.record.counts.count_response(self.script.fault(kind));
            }
        }
    }

    /// Records a response that is sent completely.
    pub fn record_sent(&mut self, mark: Mark, now_ns: u64) {
        self.count_answer(mark.kind);
        let ends_connection =
            matches!(self.script.fault(mark.kind), Some(Fault::Close | Fault::Reset));
        if mark.kind != ResponseKind::Malformed && !ends_connection {
            let response_time_ns = now_ns - mark.received_ns;
            self.record.response_time.record(response_time_ns);
            let counts = &mut self.record.counts;
            counts.response_ns = counts.response_ns.saturating_add(response_time_ns);
        }
    }
}

fn malformed_plan() -> ResponsePlan {
    ResponsePlan::new(400, &Body::Fixed(Vec::new()), Framing::ContentLength, "text/plain")
}
