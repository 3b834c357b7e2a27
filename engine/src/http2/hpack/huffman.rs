//! The Huffman code of header fields (RFC 7541, appendix B).
//! It is canonical: the lengths determine the codes, in the order of the symbols.

use super::invalid::Invalid;

/// Ends a text in theory; only its first bits pad the last byte.
const END: usize = 256;
const SYMBOLS: usize = END + 1;
const LONGEST: usize = 30;
/// Codes up to this length are looked up at once.
const SHORT: u32 = 8;

/// The length of each symbol's code in bits.
#[rustfmt::skip]
const LENGTHS: [u8; SYMBOLS] = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28,
    28, 28, 28, 28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5,
    6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
    7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
    6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23,
    23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20,
    22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22,
    22, 23, 22, 22, 23, 26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26,
    27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25,
    25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30,
];

/// The code of each symbol, by counting up in the order of lengths and symbols.
const CODES: [u32; SYMBOLS] = {
    let mut codes = [0; SYMBOLS];
    let mut next = 0;
    let mut length = 1;
    while length <= LONGEST {
        next <<= 1;
        let mut symbol = 0;
        while symbol < SYMBOLS {
            if LENGTHS[symbol] as usize == length {
                codes[symbol] = next;
                next += 1;
            }
            symbol += 1;
        }
        length += 1;
    }
    codes
};

/// The codes of one length.
#[derive(Clone, Copy)]
struct Row {
    first_code: u32,
    codes: u32,
    /// Where its symbols begin in [`SORTED`].
    from: usize,
}

const ROWS: [Row; LONGEST + 1] = {
    let mut rows = [Row { first_code: 0, codes: 0, from: 0 }; LONGEST + 1];
    let mut from = 0;
    let mut length = 1;
    while length <= LONGEST {
        let mut symbol = 0;
        rows[length].from = from;
        while symbol < SYMBOLS {
            if LENGTHS[symbol] as usize == length {
                if rows[length].codes == 0 {
                    rows[length].first_code = CODES[symbol];
                }
                rows[length].codes += 1;
                from += 1;
            }
            symbol += 1;
        }
        length += 1;
    }
    rows
};

/// The symbols by the lengths of their codes.
const SORTED: [u16; SYMBOLS] = {
    let mut sorted = [0; SYMBOLS];
    let mut at = 0;
    let mut length = 1;
    while length <= LONGEST {
        let mut symbol: u16 = 0;
        while (symbol as usize) < SYMBOLS {
            if LENGTHS[symbol as usize] as usize == length {
                sorted[at] = symbol;
                at += 1;
            }
            symbol += 1;
        }
        length += 1;
    }
    sorted
};

/// For each byte, the symbol whose code it begins with, and the length; 0: the code is longer.
static FIRST_BYTE: [(u8, u8); 256] = {
    let mut table = [(0, 0); 256];
    let mut symbol: u8 = 0;
    loop {
        let length = LENGTHS[symbol as usize] as u32;
        if length <= SHORT {
            let first = CODES[symbol as usize] << (SHORT - length);
            let mut offset = 0;
            while offset < 1 << (SHORT - length) {
                table[(first + offset) as usize] = (symbol, LENGTHS[symbol as usize]);
                offset += 1;
            }
        }
        if symbol == 255 {
            break;
        }
        symbol += 1;
    }
    table
};

/// The symbol at the start of 32 bits, and the length of its code.
fn symbol_of(bits: u32) -> (usize, u32) {
    let (symbol, length) = FIRST_BYTE[(bits >> 24) as usize];
    if length > 0 {
        return (usize::from(symbol), u32::from(length));
    }
    for length in SHORT + 1..=30 {
        let row = ROWS[length as usize];
        let offset = (bits >> (32 - length)).wrapping_sub(row.first_code);
        if row.codes > 0 && offset < row.codes {
            return (usize::from(SORTED[row.from + offset as usize]), length);
        }
    }
    (END, 30)
}

/// Appends the text that a code stands for.
pub fn decode(input: &[u8], out: &mut Vec<u8>) -> Result<(), Invalid> {
    let mut input = input.iter();
    // The low `count` bits are still to be decoded.
    let (mut window, mut count) = (0_u64, 0_u32);
    loop {
        while count <= 48 {
            let Some(&byte) = input.next() else { break };
            window = window << 8 | u64::from(byte);
            count += 8;
        }
        let (symbol, length) = symbol_of(first_bits(window, count));
        if symbol == END {
            // The bits that are left are all ones: padding, if they are fewer than a byte.
            let is_padding = length > count && count < 8;
            return if is_padding { Ok(()) } else { Err(Invalid::Huffman) };
        }
        if length > count {
            return Err(Invalid::Huffman);
        }
        // Checked above to be no END.
        out.push(u8::try_from(symbol).unwrap_or_default());
        count -= length;
    }
}

/// The next 32 bits; behind the last one stand ones.
fn first_bits(window: u64, count: u32) -> u32 {
    let bits = if count >= 32 {
        window >> (count - 32)
    } else {
        window << (32 - count) | u64::from(u32::MAX.checked_shr(count).unwrap_or(0))
    };
    // The bits above them are decoded already.
    u32::try_from(bits & u64::from(u32::MAX)).unwrap_or_default()
}

/// The length of a text's code in bytes.
pub fn encoded_bytes(text: &[u8]) -> usize {
    let bits: usize = text.iter().map(|&byte| usize::from(LENGTHS[usize::from(byte)])).sum();
    bits.div_ceil(8)
}

/// Appends the code of a text.
pub fn encode(text: &[u8], out: &mut Vec<u8>) {
    let (mut window, mut count) = (0_u64, 0_u32);
    for &byte in text {
        let length = u32::from(LENGTHS[usize::from(byte)]);
        window = window << length | u64::from(CODES[usize::from(byte)]);
        count += length;
        while count >= 8 {
            count -= 8;
            out.push((window >> count).to_le_bytes()[0]);
        }
    }
    if count > 0 {
        let padded = window << (8 - count) | 0xff >> count;
        out.push(padded.to_le_bytes()[0]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_codes_are_those_of_the_standard() {
        for (symbol, code, length) in [
            (b'0', 0x0, 5),
            (b'a', 0x3, 5),
            (b'w', 0x78, 7),
            (b'&', 0xf8, 8),
            (b'z', 0x7b, 7),
            (b'{', 0x7ffe, 15),
            (0xff, 0x3ff_ffee, 26),
            (22, 0x3fff_fffe, 30),
        ] {
            let symbol = usize::from(symbol);
            assert_eq!((CODES[symbol], LENGTHS[symbol]), (code, length));
        }
        assert_eq!(CODES[END], 0x3fff_ffff);
    }

    #[test]
    fn padding_is_short_and_made_of_ones() {
        let decoded = |bytes: &[u8]| {
            let mut out = vec![];
            decode(bytes, &mut out).map(|()| out)
        };
        // "a" is 00011.
        assert_eq!(decoded(&[0b0001_1111]), Ok(b"a".to_vec()));
        assert_eq!(decoded(&[0b0001_1110]), Err(Invalid::Huffman));
        assert_eq!(decoded(&[0b0001_1111, 0xff]), Err(Invalid::Huffman));
        assert_eq!(decoded(&[0xff, 0xff, 0xff, 0xff]), Err(Invalid::Huffman));
        assert_eq!(decoded(&[0xff]), Err(Invalid::Huffman));
        assert_eq!(decoded(&[]), Ok(vec![]));
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(text in prop::collection::vec(any::<u8>(), 0..64)) {
            let (mut code, mut back) = (vec![], vec![]);
            encode(&text, &mut code);
            prop_assert_eq!(code.len(), encoded_bytes(&text));
            prop_assert_eq!(decode(&code, &mut back), Ok(()));
            prop_assert_eq!(back, text);
        }

        #[test]
        fn no_bytes_make_it_panic(code in prop::collection::vec(any::<u8>(), 0..64)) {
            let mut out = vec![];
            let _ = decode(&code, &mut out);
            prop_assert!(out.len() <= code.len() * 8 / 5);
        }
    }
}
