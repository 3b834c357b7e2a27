//! What goes wrong on purpose.

use rand_xoshiro::Xoshiro256PlusPlus;

use super::delay::unit;

/// What happens to a request instead of the usual answer, after the usual delay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Answers with this status.
    Status(u16),
    /// Answers with this body.
    Body(Vec<u8>),
    /// Closes the connection.
    Close,
    /// Resets the connection. (On a Unix socket, which knows no reset, it is closed at once.)
    Reset,
    /// Never answers, neither this request nor any later one on its connection.
    Silence,
}

/// What is wrong with the shares, if anything is.
pub(super) fn fault_of_shares(faults: &[(Fault, f64)]) -> Option<String> {
    let total: f64 = faults.iter().map(|&(_, share)| share).sum();
    let allowed = faults.iter().all(|&(_, share)| share >= 0.0) && total <= 1.0 + f64::EPSILON;
    (!allowed).then(|| format!("shares of faults that add up to {total}: allowed is 0 to 1"))
}

/// The index of the fault that befalls the next request, if one does.
pub(super) fn draw_fault(
    faults: &[(Fault, f64)],
    random: &mut Xoshiro256PlusPlus,
) -> Option<usize> {
    if faults.is_empty() {
        return None;
    }
    let mut left = unit(random);
    faults.iter().position(|&(_, share)| {
        let hit = left < share;
        left -= share;
        hit
    })
}
