//! A text that is looked for in bytes which may be cut anywhere.

/// The longest text.
const MOST_BYTES: usize = 64;

/// The text is empty, longer than 64 bytes, or has a line break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidNeedle;

/// A text, and how much of it is still there where the next byte does not fit (Knuth, Morris and
/// Pratt, Fast pattern matching in strings, 1977).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needle {
    text: Box<[u8]>,
    /// For each prefix, the length of its longest border.
    borders: Box<[u8]>,
}

impl Needle {
    pub fn new(text: &[u8]) -> Result<Self, InvalidNeedle> {
        let has_break = text.iter().any(|byte| matches!(byte, b'\r' | b'\n'));
        if text.is_empty() || text.len() > MOST_BYTES || has_break {
            return Err(InvalidNeedle);
        }
        let mut needle = Self { text: text.into(), borders: vec![0; text.len()].into() };
        for (at, &byte) in text.iter().enumerate().skip(1) {
            needle.borders[at] = needle.step(needle.borders[at - 1], byte);
        }
        Ok(needle)
    }

    /// How much of the text has been found after a byte, if so much was found before it.
    pub fn step(&self, mut found: u8, byte: u8) -> u8 {
        loop {
            if self.text.get(usize::from(found)) == Some(&byte) {
                return found + 1;
            }
            if found == 0 {
                return 0;
            }
            found = self.borders[usize::from(found) - 1];
        }
    }

    /// Is that the whole text?
    pub fn is_whole(&self, found: u8) -> bool {
        usize::from(found) == self.text.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ends(text: &[u8], hay: &[u8]) -> Vec<usize> {
        let needle = Needle::new(text).unwrap();
        let mut found = 0;
        let mut ends = vec![];
        for (at, &byte) in hay.iter().enumerate() {
            found = needle.step(found, byte);
            if needle.is_whole(found) {
                ends.push(at + 1);
            }
        }
        ends
    }

    #[test]
    fn what_can_never_be_found_is_refused() {
        for text in [&b""[..], b"a\nb", &[b'x'; MOST_BYTES + 1]] {
            assert_eq!(Needle::new(text), Err(InvalidNeedle));
        }
        assert!(Needle::new(&[b'x'; MOST_BYTES]).is_ok());
    }

    proptest! {
        #[test]
        fn it_is_found_where_a_plain_search_finds_it(
            text in prop::collection::vec(b'a'..=b'b', 1..6),
            hay in prop::collection::vec(b'a'..=b'b', 0..60),
        ) {
            let plain: Vec<usize> =
                (text.len()..=hay.len()).filter(|&end| hay[..end].ends_with(&text)).collect();
            prop_assert_eq!(ends(&text, &hay), plain);
        }
    }
}
