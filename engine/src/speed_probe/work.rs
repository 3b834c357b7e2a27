//! The fixed piece of work: integer arithmetic, and a pointer chase through a buffer of L2's size.

use std::hint::black_box;

/// Bytes of a cache line.
const LINE: usize = 64;
/// As large as the second-level cache of small cores, so that it lies in that of all of them.
const BUFFER: usize = 256 * 1024;
const LINES: usize = BUFFER / LINE;
/// More than second-level caches hold.
const EVICTING: usize = 4 * 1024 * 1024;
/// Multiplications for each step of the chase: each has to wait for the one before, and the first
/// for the step. So many that main memory instead of the third-level cache makes the work half as
/// long again, not three times as long.
const MULTIPLICATIONS: usize = 128;
/// Knuth's, of a linear congruential generator modulo 2^64.
const FACTOR: u64 = 6_364_136_223_846_793_005;

#[repr(align(64))]
#[derive(Clone, Copy)]
struct Line {
    next: u32,
}

pub struct Work {
    lines: Vec<Line>,
    at: u32,
    number: u64,
}

impl Work {
    pub fn new() -> Self {
        Self { lines: one_cycle(LINES), at: 0, number: 1 }
    }

    /// Does `amount` steps, from where the last run ended: all lines take their turn.
    #[inline(never)]
    pub fn run(&mut self, amount: u32) {
        let (mut at, mut number) = (self.at, self.number);
        for _ in 0..amount {
            for _ in 0..MULTIPLICATIONS {
                number = black_box(number.wrapping_mul(FACTOR).wrapping_add(1));
            }
            at = self.lines[at as usize].next;
            number ^= u64::from(at);
        }
        self.at = black_box(at);
        self.number = number;
    }
}

/// Memory that pushes other memory out of the nearest caches.
pub struct Evicting(Vec<u8>);

impl Evicting {
    pub fn new() -> Self {
        Self(vec![1; EVICTING])
    }

    pub fn walk(&mut self) {
        for byte in self.0.iter_mut().step_by(LINE) {
            *byte = byte.wrapping_add(1);
        }
        black_box(&self.0);
    }
}

/// A random cycle through all lines (Sattolo 1986), in an order that no prefetcher guesses.
fn one_cycle(lines: usize) -> Vec<Line> {
    let mut order: Vec<u32> = (0..).take(lines).collect();
    let mut state = FACTOR;
    for last in (1..lines).rev() {
        state = state.wrapping_mul(FACTOR).wrapping_add(1);
        order.swap(last, (state >> 33) as usize % last);
    }
    order.into_iter().map(|next| Line { next }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chase_visits_every_line_before_it_comes_back() {
        let lines = one_cycle(LINES);
        let (mut at, mut steps) = (0, 0);
        loop {
            at = lines[at].next as usize;
            steps += 1;
            if at == 0 {
                break;
            }
        }
        assert_eq!(steps, LINES);
    }

    #[test]
    fn the_same_amount_is_the_same_work_however_it_is_divided() {
        let (mut whole, mut halves) = (Work::new(), Work::new());
        whole.run(1_000);
        halves.run(400);
        halves.run(600);
        assert_eq!((whole.at, whole.number), (halves.at, halves.number));
    }
}
