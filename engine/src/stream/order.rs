//! Whether the numbers of events follow each other, in constant memory.

/// The most numbers that may be skipped at once. What skips more is no counter.
pub const MOST_SKIPPED: u64 = 1_000_000;
/// Of so many numbers it is known whether they have come.
const KNOWN: u64 = 64;

/// Where an event stands among those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Behind all others, of which so many have not come.
    Next { skipped: u64 },
    /// It had been skipped.
    Late,
    /// Its number has come before, is too old to know, or lies before the first.
    Repeated,
    /// Its number is too far from the others. Counting begins anew with it.
    Stray,
}

/// The numbers so far. The first one may be any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// The number that comes next. None before the first.
    next: Option<u64>,
    /// Bit i: the number `next - 1 - i` has come.
    came: u64,
}

impl Order {
    /// Adds the number of the next event.
    pub fn take(&mut self, number: u64) -> Place {
        let Some(next) = self.next else {
            self.begin(number);
            return Place::Next { skipped: 0 };
        };
        if number.abs_diff(next) > MOST_SKIPPED {
            self.begin(number);
            return Place::Stray;
        }
        let Some(skipped) = number.checked_sub(next) else {
            return self.take_earlier(next - 1 - number);
        };
        self.next = Some(number.saturating_add(1));
        let shift = skipped + 1;
        self.came = if shift < KNOWN { (self.came << shift) | 1 } else { 1 };
        Place::Next { skipped }
    }

    fn begin(&mut self, number: u64) {
        self.next = Some(number.saturating_add(1));
        // None before it is awaited.
        self.came = u64::MAX;
    }

    /// Adds the number that is `back` before the highest.
    fn take_earlier(&mut self, back: u64) -> Place {
        let bit = if back < KNOWN { 1_u64 << back } else { 0 };
        if bit == 0 || self.came & bit != 0 {
            return Place::Repeated;
        }
        self.came |= bit;
        Place::Late
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NEXT: Place = Place::Next { skipped: 0 };

    fn places(numbers: &[u64]) -> Vec<Place> {
        let mut order = Order::default();
        numbers.iter().map(|&number| order.take(number)).collect()
    }

    #[test]
    fn a_number_that_comes_late_was_skipped_before() {
        let skipped = Place::Next { skipped: 2 };
        assert_eq!(places(&[7, 8, 11, 10, 9]), [NEXT, NEXT, skipped, Place::Late, Place::Late]);
    }

    #[test]
    fn what_came_twice_or_lies_before_the_first_is_repeated() {
        assert_eq!(places(&[5, 5, 6, 5]), [NEXT, Place::Repeated, NEXT, Place::Repeated]);
        assert_eq!(places(&[5, 3]), [NEXT, Place::Repeated]);
        let far = Place::Next { skipped: 99 };
        assert_eq!(places(&[1, 101, 2]), [NEXT, far, Place::Repeated]);
    }

    #[test]
    fn numbers_that_count_nothing_are_stray() {
        let stray = Place::Stray;
        assert_eq!(places(&[u64::MAX, 1, 2]), [NEXT, stray, NEXT]);
        assert_eq!(places(&[1, MOST_SKIPPED + 3, 1, 2]), [NEXT, stray, stray, NEXT]);
    }

    proptest! {
        #[test]
        fn each_number_from_the_first_on_comes_once_or_is_lost(
            numbers in prop::collection::vec(100..140_u64, 1..60)
        ) {
            let mut numbers = numbers;
            // The first is the lowest: what comes before the first number is no part of the count.
            let lowest = *numbers.iter().min().unwrap();
            numbers.insert(0, lowest);
            let (mut lost, mut came, mut repeated) = (0, 0_usize, 0_usize);
            for place in places(&numbers) {
                match place {
                    Place::Next { skipped } => { lost += skipped; came += 1; }
                    Place::Late => { lost -= 1; came += 1; }
                    Place::Repeated => repeated += 1,
                    Place::Stray => prop_assert!(false),
                }
            }
            let distinct: std::collections::BTreeSet<u64> = numbers.iter().copied().collect();
            let highest = *numbers.iter().max().unwrap();
            prop_assert_eq!(came, distinct.len());
            prop_assert_eq!(repeated, numbers.len() - distinct.len());
            prop_assert_eq!(lost, highest - lowest + 1 - distinct.len() as u64);
        }
    }
}
