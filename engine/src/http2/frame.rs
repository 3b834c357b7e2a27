//! Frames as bytes (RFC 9113, 4 and 6).

use super::violation::Code;

/// What a client sends first.
pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
pub const HEAD_BYTES: usize = 9;
/// The longest payload that either side may send as long as the other allows no longer one.
pub const FIRST_FRAME_BYTES: usize = 16_384;

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const PRIORITY: u8 = 2;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PUSH_PROMISE: u8 = 5;
pub const PING: u8 = 6;
pub const GOAWAY: u8 = 7;
pub const WINDOW_UPDATE: u8 = 8;
pub const CONTINUATION: u8 = 9;

/// Of DATA and HEADERS.
pub const END_STREAM: u8 = 0x1;
/// Of SETTINGS and PING.
pub const ACK: u8 = 0x1;
pub const END_HEADERS: u8 = 0x4;
pub const PADDED: u8 = 0x8;
/// Of HEADERS.
pub const HAS_PRIORITY: u8 = 0x20;

const STREAM_BITS: u32 = 0x7fff_ffff;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHead {
    pub payload_bytes: usize,
    pub kind: u8,
    pub flags: u8,
    /// 0: the connection.
    pub stream: u32,
}

impl FrameHead {
    pub fn read(bytes: &[u8; HEAD_BYTES]) -> Self {
        let [a, b, c, kind, flags, stream @ ..] = *bytes;
        Self {
            payload_bytes: usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c),
            kind,
            flags,
            stream: u32::from_be_bytes(stream) & STREAM_BITS,
        }
    }

    pub fn write(self, out: &mut Vec<u8>) {
        let [.., a, b, c] = self.payload_bytes.to_be_bytes();
        out.extend_from_slice(&[a, b, c, self.kind, self.flags]);
        out.extend_from_slice(&self.stream.to_be_bytes());
    }

    pub fn has(self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

/// Reads 31 bits.
pub fn number(bytes: [u8; 4]) -> u32 {
    u32::from_be_bytes(bytes) & STREAM_BITS
}

/// Appends a frame of a few bytes.
pub fn write(out: &mut Vec<u8>, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
    FrameHead { payload_bytes: payload.len(), kind, flags, stream }.write(out);
    out.extend_from_slice(payload);
}

pub fn write_reset(out: &mut Vec<u8>, stream: u32, code: Code) {
    write(out, RST_STREAM, 0, stream, &(code as u32).to_be_bytes());
}

pub fn write_window_update(out: &mut Vec<u8>, stream: u32, bytes: u32) {
    write(out, WINDOW_UPDATE, 0, stream, &bytes.to_be_bytes());
}

/// Servers open no streams, so that none of theirs was processed.
pub fn write_goaway(out: &mut Vec<u8>, code: Code) {
    let mut payload = [0; 8];
    payload[4..].copy_from_slice(&(code as u32).to_be_bytes());
    write(out, GOAWAY, 0, 0, &payload);
}

/// Takes padding, and the priority of HEADERS, off a payload. None if it is too short.
pub fn unpadded(head: FrameHead, payload: &[u8]) -> Option<&[u8]> {
    let (padding, payload) = if head.has(PADDED) {
        let (&padding, rest) = payload.split_first()?;
        (usize::from(padding), rest)
    } else {
        (0, payload)
    };
    let payload = if head.has(HAS_PRIORITY) { payload.get(5..)? } else { payload };
    payload.get(..payload.len().checked_sub(padding)?)
}
