//! Flow control (RFC 9113, 5.2): how much each side may still send.

/// The largest window.
pub const MOST_WINDOW: i64 = 0x7fff_ffff;
/// A window that nobody has changed.
const FIRST_WINDOW: i64 = 65_535;

/// A window was exceeded, or has become too large.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overflow;

/// What this side may still send. A change of the settings can make it negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SendWindow {
    left: i64,
}

impl Default for SendWindow {
    fn default() -> Self {
        Self { left: FIRST_WINDOW }
    }
}

impl SendWindow {
    pub fn new(bytes: u32) -> Self {
        Self { left: i64::from(bytes) }
    }

    /// How many bytes may be sent.
    pub fn left(self) -> usize {
        usize::try_from(self.left).unwrap_or(0)
    }

    /// The peer allows more, or by a change of its settings less.
    pub fn change(&mut self, bytes: i64) -> Result<(), Overflow> {
        self.left += bytes;
        if self.left > MOST_WINDOW {
            return Err(Overflow);
        }
        Ok(())
    }

    /// Counts bytes that are sent, no more than [`SendWindow::left`].
    pub fn take(&mut self, bytes: usize) {
        debug_assert!(bytes <= self.left(), "never more than allowed");
        self.left -= i64::try_from(bytes).unwrap_or(MOST_WINDOW);
    }
}

/// What the peer may still send. All of it is consumed at once: half a window is given back together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceiveWindow {
    most: u32,
    left: u32,
}

impl ReceiveWindow {
    pub fn new(most: u32) -> Self {
        Self { most, left: most }
    }

    /// Counts bytes that came.
    pub fn take(&mut self, bytes: usize) -> Result<(), Overflow> {
        let bytes = u32::try_from(bytes).map_err(|_| Overflow)?;
        self.left = self.left.checked_sub(bytes).ok_or(Overflow)?;
        Ok(())
    }

    /// How much the peer is to be allowed again. None: it has enough.
    pub fn refill(&mut self) -> Option<u32> {
        let used = self.most - self.left;
        if used < self.most / 2 {
            return None;
        }
        self.left = self.most;
        Some(used)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_window_may_become_negative_but_not_too_large() {
        let mut window = SendWindow::new(10);
        window.take(10);
        assert_eq!(window.change(-5), Ok(()));
        assert_eq!(window.left(), 0);
        assert_eq!(window.change(6), Ok(()));
        assert_eq!(window.left(), 1);
        assert_eq!(window.change(MOST_WINDOW), Err(Overflow));
    }

    proptest! {
        #[test]
        fn a_peer_that_keeps_to_its_window_can_always_go_on(pieces in prop::collection::vec(0..600_usize, 0..100)) {
            let mut window = ReceiveWindow::new(1000);
            let mut allowed = 1000_usize;
            for piece in pieces {
                let sent = piece.min(allowed);
                prop_assert_eq!(window.take(sent), Ok(()));
                allowed -= sent;
                allowed += window.refill().unwrap_or(0) as usize;
                prop_assert!((500..=1000).contains(&allowed));
            }
            prop_assert_eq!(window.take(allowed + 1), Err(Overflow));
        }
    }
}
