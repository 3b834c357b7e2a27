//! UTF-8 that arrives in pieces, cut anywhere.

use std::str::from_utf8;

/// What came is no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotUtf8;

/// Checks text piece by piece.
#[derive(Clone, Debug, Default)]
pub struct Utf8 {
    /// The start of a character that is cut.
    begun: [u8; 4],
    length: usize,
}

impl Utf8 {
    pub fn take(&mut self, piece: &[u8]) -> Result<(), NotUtf8> {
        let mut rest = piece;
        while let (true, Some((&byte, behind))) = (self.length > 0, rest.split_first()) {
            self.begun[self.length] = byte;
            self.length += 1;
            rest = behind;
            match from_utf8(&self.begun[..self.length]) {
                Ok(_) => self.length = 0,
                Err(error) if error.error_len().is_none() => {}
                Err(_) => return Err(NotUtf8),
            }
        }
        if let Err(error) = from_utf8(rest) {
            if error.error_len().is_some() {
                return Err(NotUtf8);
            }
            let cut = &rest[error.valid_up_to()..];
            self.begun[..cut.len()].copy_from_slice(cut);
            self.length = cut.len();
        }
        Ok(())
    }

    /// The text has ended, and the next one begins.
    pub fn end(&mut self) -> Result<(), NotUtf8> {
        match std::mem::take(&mut self.length) {
            0 => Ok(()),
            _ => Err(NotUtf8),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn text_is_judged_alike_wherever_it_is_cut(
            bytes in prop_oneof![
                any::<String>().prop_map(String::into_bytes),
                prop::collection::vec(any::<u8>(), 0..12),
            ],
            size in 1..5_usize,
        ) {
            let mut utf8 = Utf8::default();
            let judged = bytes.chunks(size).try_for_each(|piece| utf8.take(piece));
            let judged = judged.and_then(|()| utf8.end());
            prop_assert_eq!(judged.is_ok(), std::str::from_utf8(&bytes).is_ok());
        }
    }
}
