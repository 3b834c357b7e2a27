//! Injected faults: wrong responses, closed connections and missing responses.

use rand_xoshiro::Xoshiro256PlusPlus;

use super::delay::draw_share;

/// What replaces the regular response to a request, after the regular delay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Responds with this status.
    Status(u16),
    /// Responds with this body.
    Body(Vec<u8>),
    /// Closes the connection.
    Close,
    /// Resets the connection. A Unix socket has no reset: it is closed at once.
    Reset,
    /// Never responds, neither to this request nor to later ones on the connection.
    Silence,
}

/// What is wrong with the shares. None if they are valid.
pub(super) fn shares_problem(faults: &[(Fault, f64)]) -> Option<String> {
    let total: f64 = faults.iter().map(|&(_, share)| share).sum();
    let allowed = faults.iter().all(|&(_, share)| share >= 0.0) && total <= 1.0 + f64::EPSILON;
    (!allowed).then(|| format!("shares of faults that add up to {total}: allowed is 0 to 1"))
}

/// Draws the index of the next request's fault. None for the regular response.
pub(super) fn draw_fault(
    faults: &[(Fault, f64)],
    random: &mut Xoshiro256PlusPlus,
) -> Option<usize> {
    if faults.is_empty() {
        return None;
    }
    let mut left = draw_share(random);
    faults.iter().position(|&(_, share)| {
        let hit = left < share;
        left -= share;
        hit
    })
}
