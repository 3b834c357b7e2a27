//! Frames as bytes: their heads, and the masks of what a client sends.

/// What a frame carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opcode {
    Continuation,
    Text,
    Binary,
    Close,
    Ping,
    Pong,
}

/// The longest payload of a frame that controls the connection.
pub const MOST_CONTROL_BYTES: usize = 125;
/// The longest head of a frame of a server, which does not mask.
pub const LONGEST_HEAD: usize = 10;

const FINAL: u8 = 0x80;
/// RFC 7692, 6.
const COMPRESSED: u8 = 0x40;
const RESERVED: u8 = 0x70;
const MASKED: u8 = 0x80;

/// The head of a frame of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    pub is_final: bool,
    /// The message that it begins is compressed.
    pub is_compressed: bool,
    pub opcode: Opcode,
    pub payload_bytes: u64,
}

/// A head that no server may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Invalid;

impl Opcode {
    pub fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }

    fn of(bits: u8) -> Result<Self, Invalid> {
        Ok(match bits {
            0 => Self::Continuation,
            1 => Self::Text,
            2 => Self::Binary,
            8 => Self::Close,
            9 => Self::Ping,
            10 => Self::Pong,
            _ => return Err(Invalid),
        })
    }

    fn bits(self) -> u8 {
        match self {
            Self::Continuation => 0,
            Self::Text => 1,
            Self::Binary => 2,
            Self::Close => 8,
            Self::Ping => 9,
            Self::Pong => 10,
        }
    }
}

/// Parses a head and its length. None if it is incomplete.
///
/// Reserved bits are invalid, but for that of the start of a message where the connection
/// `deflates`; servers do not mask.
pub fn parse_head(bytes: &[u8], deflates: bool) -> Result<Option<(usize, Head)>, Invalid> {
    let &[first, second, ref rest @ ..] = bytes else { return Ok(None) };
    let opcode = Opcode::of(first & 0x0f)?;
    let is_final = first & FINAL != 0;
    let short = second & 0x7f;
    let may_be_compressed = deflates && matches!(opcode, Opcode::Text | Opcode::Binary);
    let is_compressed = may_be_compressed && first & COMPRESSED != 0;
    let unknown = first & RESERVED & if may_be_compressed { !COMPRESSED } else { RESERVED };
    if unknown != 0 || second & MASKED != 0 {
        return Err(Invalid);
    }
    if opcode.is_control() && (!is_final || usize::from(short) > MOST_CONTROL_BYTES) {
        return Err(Invalid);
    }
    let (taken, payload_bytes) = match short {
        126 => match rest.first_chunk() {
            Some(&length) => (4, u64::from(u16::from_be_bytes(length))),
            None => return Ok(None),
        },
        127 => match rest.first_chunk() {
            Some(&length) => (10, u64::from_be_bytes(length)),
            None => return Ok(None),
        },
        _ => (2, u64::from(short)),
    };
    if payload_bytes > i64::MAX as u64 {
        return Err(Invalid);
    }
    Ok(Some((taken, Head { is_final, is_compressed, opcode, payload_bytes })))
}

/// Appends a whole frame of a client, whose payload `fill` appends.
pub fn write(
    out: &mut Vec<u8>,
    opcode: Opcode,
    payload_bytes: usize,
    key: [u8; 4],
    fill: impl FnOnce(&mut Vec<u8>),
) {
    out.push(FINAL | opcode.bits());
    let length = (payload_bytes as u64).to_be_bytes();
    match payload_bytes {
        0..=125 => out.push(MASKED | length[7]),
        126..=0xffff => {
            out.push(MASKED | 0x7e);
            out.extend_from_slice(&length[6..]);
        }
        _ => {
            out.push(MASKED | 0x7f);
            out.extend_from_slice(&length);
        }
    }
    out.extend_from_slice(&key);
    let start = out.len();
    fill(out);
    debug_assert_eq!(out.len() - start, payload_bytes, "the head has the payload's length");
    mask(&mut out[start..], key);
}

/// Says of a written frame that its payload is compressed.
pub fn mark_compressed(frame: &mut [u8]) {
    frame[0] |= COMPRESSED;
}

/// Appends a frame that controls the connection.
pub fn write_control(out: &mut Vec<u8>, opcode: Opcode, payload: &[u8], key: [u8; 4]) {
    let payload = &payload[..payload.len().min(MOST_CONTROL_BYTES)];
    write(out, opcode, payload.len(), key, |out| out.extend_from_slice(payload));
}

/// A key that differs from frame to frame.
///
/// Keys keep scripts in browsers from choosing the bytes on the wire. Nothing here is in need of
/// that, so that a fast generator does, seeded by the frame's number.
pub fn key(number: u64) -> [u8; 4] {
    // SplitMix64 (Steele, Lea & Flood 2014).
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    let [first, second, third, fourth, ..] = (mixed ^ (mixed >> 31)).to_ne_bytes();
    [first, second, third, fourth]
}

/// Masks a payload, or takes its mask off.
pub fn mask(payload: &mut [u8], key: [u8; 4]) {
    let [first, second, third, fourth] = key;
    let wide = u64::from_ne_bytes([first, second, third, fourth, first, second, third, fourth]);
    let mut words = payload.chunks_exact_mut(8);
    for word in &mut words {
        let masked = u64::from_ne_bytes([
            word[0], word[1], word[2], word[3], word[4], word[5], word[6], word[7],
        ]) ^ wide;
        word.copy_from_slice(&masked.to_ne_bytes());
    }
    for (byte, mask) in words.into_remainder().iter_mut().zip(key.iter().cycle()) {
        *byte ^= mask;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_examples_of_the_standard_are_read_and_written() {
        // RFC 6455, 5.7.
        let head = |opcode, payload_bytes| Head {
            is_final: true,
            is_compressed: false,
            opcode,
            payload_bytes,
        };
        assert_eq!(parse_head(b"\x81\x05Hello", false), Ok(Some((2, head(Opcode::Text, 5)))));
        let mut out = vec![];
        write(&mut out, Opcode::Text, 5, [0x37, 0xfa, 0x21, 0x3d], |out| out.extend(b"Hello"));
        assert_eq!(out, b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
        assert_eq!(
            parse_head(b"\x82\x7f\0\0\0\0\0\x01\0\0", false),
            Ok(Some((10, head(Opcode::Binary, 65536))))
        );
        let packed = Head { is_compressed: true, ..head(Opcode::Text, 7) };
        assert_eq!(parse_head(b"\xc1\x07", true), Ok(Some((2, packed))));
    }

    #[test]
    fn what_no_server_may_send_is_invalid() {
        let invalid: [&[u8]; 6] = [
            b"\x81\x85",                   // masked
            b"\xc1\x00",                   // a reserved bit
            b"\x83\x00",                   // an unknown opcode
            b"\x09\x00",                   // a ping in pieces
            b"\x89\x7e\0\x7e",             // a ping that is too long
            b"\x82\x7f\x80\0\0\0\0\0\0\0", // a length beyond 63 bits
        ];
        for bytes in invalid {
            assert_eq!(parse_head(bytes, false), Err(Invalid), "{bytes:x?}");
        }
        for bytes in [b"\xa1\x00", b"\xc0\x00", b"\xc9\x00"] {
            assert_eq!(parse_head(bytes, true), Err(Invalid), "{bytes:x?}");
        }
    }

    proptest! {
        #[test]
        fn a_frame_is_the_payload_behind_a_head_of_its_length(
            payload in prop::collection::vec(any::<u8>(), 0..70_000), number in any::<u64>()
        ) {
            let mut out = vec![];
            let key = key(number);
            write(&mut out, Opcode::Binary, payload.len(), key, |out| out.extend(&payload));
            let masked = out[1] & MASKED != 0;
            out[1] &= !MASKED;
            let (taken, head) = parse_head(&out, false).unwrap().unwrap();
            prop_assert!(masked && head.is_final && head.opcode == Opcode::Binary);
            prop_assert_eq!(head.payload_bytes, payload.len() as u64);
            prop_assert_eq!(&out[taken..taken + 4], &key);
            mask(&mut out[taken + 4..], key);
            prop_assert_eq!(&out[taken + 4..], &payload);
        }
    }
}
