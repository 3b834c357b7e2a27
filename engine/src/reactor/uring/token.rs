//! The operation that a completion belongs to, in the 64 bits of its user data.

const INDEX_BITS: u32 = 28;

/// The kind of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Connect,
    Receive,
    /// A send that does not wait. It completes only if some bytes are left.
    Attempt,
    /// A send that the kernel continues until all bytes are sent.
    Rest,
    /// The result is ignored.
    Ignored,
}

/// Identifies an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    pub kind: Kind,
    /// The index of the slot, or of the bytes that are being sent.
    pub index: usize,
    /// The generation of the slot, which changes with every socket.
    pub generation: u32,
}

impl Token {
    pub const CAPACITY: usize = 1 << INDEX_BITS;
    pub const IGNORED: Self = Self { kind: Kind::Ignored, index: 0, generation: 0 };

    pub fn pack(self) -> u64 {
        (self.kind as u64) << (32 + INDEX_BITS)
            | (self.index as u64) << 32
            | u64::from(self.generation)
    }

    pub fn unpack(bits: u64) -> Self {
        let kind = match bits >> (32 + INDEX_BITS) {
            0 => Kind::Connect,
            1 => Kind::Receive,
            2 => Kind::Attempt,
            3 => Kind::Rest,
            _ => Kind::Ignored,
        };
        let index = usize::try_from((bits >> 32) & (Self::CAPACITY as u64 - 1)).unwrap_or(0);
        Self { kind, index, generation: u32::try_from(bits & 0xffff_ffff).unwrap_or(0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_comes_back_as_it_was_handed_over() {
        for kind in [Kind::Connect, Kind::Receive, Kind::Attempt, Kind::Rest, Kind::Ignored] {
            for (index, generation) in [(0, 0), (Token::CAPACITY - 1, u32::MAX), (7, 1)] {
                let token = Token { kind, index, generation };
                assert_eq!(Token::unpack(token.pack()), token);
            }
        }
    }
}
