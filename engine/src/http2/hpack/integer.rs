//! Integers in the low bits of a byte and in those that follow (RFC 7541, 5.1).

use super::invalid::Invalid;

/// After so many bits nothing follows: no length or index of ours needs more than 28.
const MOST_SHIFT: u32 = 28;

/// Reads an integer in the low `prefix` bits of the first byte. Returns it, and what follows.
pub fn read(input: &[u8], prefix: u32) -> Result<(usize, &[u8]), Invalid> {
    let (&first, mut rest) = input.split_first().ok_or(Invalid::Truncated)?;
    let most = (1_usize << prefix) - 1;
    let mut value = usize::from(first) & most;
    if value < most {
        return Ok((value, rest));
    }
    let mut shift = 0;
    loop {
        let (&byte, behind) = rest.split_first().ok_or(Invalid::Truncated)?;
        rest = behind;
        if shift >= MOST_SHIFT {
            return Err(Invalid::Integer);
        }
        value += usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok((value, rest));
        }
        shift += 7;
    }
}

/// Appends an integer in the low `prefix` bits of a byte whose other bits are those of `first`.
pub fn write(out: &mut Vec<u8>, first: u8, prefix: u32, value: usize) {
    let most = (1_usize << prefix) - 1;
    if value < most {
        out.push(first | low_bits(value));
        return;
    }
    out.push(first | low_bits(most));
    let mut rest = value - most;
    while rest >= 0x80 {
        out.push(0x80 | low_bits(rest & 0x7f));
        rest >>= 7;
    }
    out.push(low_bits(rest));
}

/// The callers pass less than 256.
fn low_bits(value: usize) -> u8 {
    value.to_le_bytes()[0]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_examples_of_the_standard_are_written_so() {
        for (prefix, value, bytes) in
            [(5, 10, &[10][..]), (5, 1337, &[31, 154, 10][..]), (8, 42, &[42][..])]
        {
            let mut out = vec![];
            write(&mut out, 0, prefix, value);
            assert_eq!(out, bytes);
        }
    }

    #[test]
    fn an_integer_without_an_end_is_refused() {
        assert_eq!(read(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], 7), Err(Invalid::Integer));
        assert_eq!(read(&[0xff, 0x80], 7), Err(Invalid::Truncated));
        assert_eq!(read(&[], 7), Err(Invalid::Truncated));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(value in 0..200_000_000_usize, prefix in 4..8_u32) {
            let mut out = vec![];
            write(&mut out, 0, prefix, value);
            out.push(7);
            prop_assert_eq!(read(&out, prefix), Ok((value, &[7][..])));
        }
    }
}
