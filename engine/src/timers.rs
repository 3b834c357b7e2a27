//! Deadlines of one fixed timeout: the oldest one expires first.

const NONE: u32 = u32::MAX;

#[derive(Clone, Copy)]
struct Link {
    before: u32,
    after: u32,
    deadline_ns: u64,
}

const UNLINKED: Link = Link { before: NONE, after: NONE, deadline_ns: 0 };

/// At most one deadline for each member of `0..capacity`. All operations take constant time.
///
/// A doubly linked list in a vector, in the order of insertion. With one fixed timeout this is
/// also the order of expiry.
pub struct Deadlines {
    links: Vec<Link>,
    first: u32,
    last: u32,
}

impl Deadlines {
    /// # Panics
    /// For 2³² members and more.
    pub fn new(capacity: usize) -> Self {
        assert!(capacity < NONE as usize, "too many members");
        Self { links: vec![UNLINKED; capacity], first: NONE, last: NONE }
    }

    /// Sets the deadline of a member that has none. It must not be earlier than any other.
    pub fn set(&mut self, member: usize, deadline_ns: u64) {
        let index = Self::index(member);
        debug_assert!(self.links[member].deadline_ns == 0, "one deadline a member");
        self.links[member] = Link { before: self.last, after: NONE, deadline_ns };
        match self.last {
            NONE => self.first = index,
            last => self.links[last as usize].after = index,
        }
        self.last = index;
    }

    /// Removes the deadline of a member, if it has one.
    pub fn clear(&mut self, member: usize) {
        let Link { before, after, deadline_ns } = self.links[member];
        if deadline_ns == 0 {
            return;
        }
        match before {
            NONE => self.first = after,
            before => self.links[before as usize].after = after,
        }
        match after {
            NONE => self.last = before,
            after => self.links[after as usize].before = before,
        }
        self.links[member] = UNLINKED;
    }

    /// Moves all deadlines back by the same span.
    pub fn postpone(&mut self, by_ns: u64) {
        for link in self.links.iter_mut().filter(|link| link.deadline_ns != 0) {
            link.deadline_ns += by_ns;
        }
    }

    /// When the next deadline expires. None without deadlines.
    pub fn next_ns(&self) -> Option<u64> {
        (self.first != NONE).then(|| self.links[self.first as usize].deadline_ns)
    }

    /// A member whose deadline has passed. The deadline stays until it is cleared.
    pub fn expired(&self, now_ns: u64) -> Option<usize> {
        self.next_ns().filter(|&deadline_ns| deadline_ns <= now_ns).map(|_| self.first as usize)
    }

    fn index(member: usize) -> u32 {
        u32::try_from(member).expect("checked when made")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_postponed_expires_later_in_the_same_order() {
        let mut deadlines = Deadlines::new(3);
        deadlines.set(2, 10);
        deadlines.set(0, 20);
        deadlines.postpone(100);
        deadlines.set(1, 130);
        assert_eq!((deadlines.expired(109), deadlines.expired(110)), (None, Some(2)));
        deadlines.clear(2);
        assert_eq!(deadlines.next_ns(), Some(120));
    }

    proptest! {
        #[test]
        fn the_oldest_deadline_left_is_the_next(
            steps in prop::collection::vec((any::<bool>(), 0..8_usize), 0..100)
        ) {
            let mut deadlines = Deadlines::new(8);
            let mut model: Vec<(usize, u64)> = vec![];
            for (time, (set, member)) in (1_u64..).zip(steps) {
                let has_one = model.iter().any(|&(other, _)| other == member);
                if set && !has_one {
                    deadlines.set(member, time);
                    model.push((member, time));
                } else if !set {
                    deadlines.clear(member);
                    model.retain(|&(other, _)| other != member);
                }
                prop_assert_eq!(deadlines.next_ns(), model.first().map(|&(_, due)| due));
                prop_assert_eq!(deadlines.expired(time), model.first().map(|&(first, _)| first));
            }
        }
    }
}
