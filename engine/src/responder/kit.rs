//! What all connections of one thread use.

use std::sync::Arc;

use rand_xoshiro::rand_core::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::config::{Body, Config, Framing};
use super::counts::Record;
use super::delay::unit;
use super::fault::{draw_fault, Fault};
use super::outbox::{Mark, Outbox, Step};
use super::page::Page;
use crate::clock::now_ns;

const READ_BYTES: usize = 64 * 1024;

/// How requests are answered; the same for all threads.
pub struct Script {
    pub config: Config,
    /// Stalls are counted from it.
    pub started_ns: u64,
    usual: Page,
    /// One for each fault; faults that are no answer have one, too.
    of_faults: Vec<Page>,
    malformed: Page,
}

impl Script {
    pub fn new(config: Config) -> Self {
        let page =
            |status, body: &Body| Page::new(status, body, config.framing, &config.content_type);
        let of_fault = |(fault, _): &(Fault, f64)| match fault {
            Fault::Status(status) => page(*status, &config.body),
            Fault::Body(body) => page(config.status, &Body::Fixed(body.clone())),
            Fault::Close | Fault::Reset | Fault::Silence => {
                page(config.status, &Body::Fixed(Vec::new()))
            }
        };
        Self {
            usual: page(config.status, &config.body),
            of_faults: config.faults.iter().map(of_fault).collect(),
            malformed: page_of_malformed(),
            started_ns: now_ns(),
            config,
        }
    }

    pub fn page(&self, step: Step) -> &Page {
        match step {
            Step::Usual => &self.usual,
            Step::Fault(index) => &self.of_faults[index],
            Step::Malformed => &self.malformed,
        }
    }

    pub fn fault(&self, step: Step) -> Option<&Fault> {
        match step {
            Step::Fault(index) => Some(&self.config.faults[index].0),
            Step::Usual | Step::Malformed => None,
        }
    }

    /// When the stall ends that is on, if one is.
    pub fn stalled_until_ns(&self, now_ns: u64) -> Option<u64> {
        let stall = self.config.stall?;
        stall.end_ns(now_ns - self.started_ns).map(|end_ns| self.started_ns + end_ns)
    }

    pub fn echoes_tokens(&self) -> bool {
        matches!(self.config.body, Body::Template(_))
    }
}

pub struct Kit {
    pub script: Arc<Script>,
    pub record: Record,
    /// What was read last.
    pub buffer: Box<[u8]>,
    /// Empty, except while a connection answers: those that wait own no memory for it.
    pub outbox: Outbox,
    delays: Xoshiro256PlusPlus,
    // Apart from the delays, so that faults change none of them.
    faults: Xoshiro256PlusPlus,
    /// For what responses contain.
    contents: Xoshiro256PlusPlus,
}

impl Kit {
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

    pub fn draw_delay_ns(&mut self) -> u64 {
        let delay_ns = self.script.config.delay.draw_ns(&mut self.delays);
        let counts = &mut self.record.counts;
        counts.delay_ns = counts.delay_ns.saturating_add(delay_ns);
        delay_ns
    }

    /// A number from 0 to 1, 1 excluded.
    pub fn draw_random(&mut self) -> f64 {
        unit(&mut self.contents)
    }

    pub fn draw_step(&mut self) -> Step {
        draw_fault(&self.script.config.faults, &mut self.faults).map_or(Step::Usual, Step::Fault)
    }

    /// A response was written, or a fault took its place.
    pub fn answered(&mut self, step: Step) {
        match step {
            Step::Malformed => self.record.counts.malformed += 1,
            Step::Usual | Step::Fault(_) => self.record.counts.answer(self.script.fault(step)),
        }
    }

    /// What a mark stands for has happened.
    pub fn reached(&mut self, mark: Mark, now_ns: u64) {
        self.answered(mark.step);
        let ends_connection =
            matches!(self.script.fault(mark.step), Some(Fault::Close | Fault::Reset));
        if mark.step != Step::Malformed && !ends_connection {
            let took_ns = now_ns - mark.received_ns;
            self.record.response_time.record(took_ns);
            let counts = &mut self.record.counts;
            counts.response_ns = counts.response_ns.saturating_add(took_ns);
        }
    }
}

fn page_of_malformed() -> Page {
    Page::new(400, &Body::Fixed(Vec::new()), Framing::ContentLength, "text/plain")
}
