//! Messages that one connection sends and all others are to hear. No I/O, no clock.

use std::collections::VecDeque;

/// A message, and how many have not heard it yet.
#[derive(Clone, Copy, Debug)]
struct Sent {
    token: u64,
    at_ns: u64,
    missing: u64,
}

/// Messages that were sent, the oldest first: their tokens grow.
#[derive(Debug, Default)]
pub struct Broadcast {
    /// The first token of the drive.
    pub first: u64,
    sent: VecDeque<Sent>,
}

impl Broadcast {
    pub fn new(first: u64) -> Self {
        Self { first, ..Self::default() }
    }

    /// A message is sent, which so many are to hear.
    pub fn send(&mut self, token: u64, at_ns: u64, listeners: u64) {
        if listeners > 0 {
            self.sent.push_back(Sent { token, at_ns, missing: listeners });
        }
    }

    /// One of them hears it. Returns when it was sent; None if it is none that is waited for.
    pub fn hear(&mut self, token: u64) -> Option<u64> {
        let place = self.sent.binary_search_by_key(&token, |sent| sent.token).ok()?;
        let found = self.sent.get_mut(place)?;
        found.missing = found.missing.checked_sub(1)?;
        let at_ns = found.at_ns;
        while self.sent.front().is_some_and(|oldest| oldest.missing == 0) {
            self.sent.pop_front();
        }
        Some(at_ns)
    }

    /// No longer waits for what was sent before this moment.
    pub fn give_up(&mut self, before_ns: u64) {
        while self.sent.front().is_some_and(|oldest| oldest.at_ns < before_ns) {
            self.sent.pop_front();
        }
    }

    /// Has all been heard that is waited for?
    pub fn is_heard(&self) -> bool {
        self.sent.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_message_is_heard_as_often_as_there_are_listeners() {
        let mut broadcast = Broadcast::default();
        broadcast.send(7, 100, 2);
        broadcast.send(8, 200, 1);
        assert_eq!(broadcast.hear(8), Some(200));
        assert_eq!((broadcast.hear(7), broadcast.hear(7)), (Some(100), Some(100)));
        assert_eq!((broadcast.hear(7), broadcast.hear(9)), (None, None));
        assert!(broadcast.is_heard());
        broadcast.send(9, 300, 0);
        assert!(broadcast.is_heard(), "nobody is waited for");
    }

    proptest! {
        #[test]
        fn nothing_is_waited_for_once_all_was_heard_or_given_up(
            listeners in prop::collection::vec(0..4_u64, 0..20), heard in any::<u64>(),
        ) {
            let mut broadcast = Broadcast::default();
            for (token, &count) in listeners.iter().enumerate() {
                broadcast.send(token as u64, token as u64, count);
            }
            let all: u64 = listeners.iter().sum();
            let mut found = 0;
            for (token, &count) in listeners.iter().enumerate() {
                for turn in 0..count {
                    // Some are never heard.
                    if heard >> (turn % 64) & 1 == 1 {
                        found += u64::from(broadcast.hear(token as u64).is_some());
                    }
                }
            }
            prop_assert!(found <= all);
            prop_assert_eq!(broadcast.is_heard(), found == all);
            broadcast.give_up(u64::MAX);
            prop_assert!(broadcast.is_heard());
        }
    }
}
