//! Compression of messages (permessage-deflate, RFC 7692), each without regard to those before it.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

/// What is offered: neither side keeps a context, so that any connection can send any message.
pub const OFFER: &str =
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
/// The end of each compressed message, which is not sent (RFC 7692, 7.2.1).
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];
const PIECE_BYTES: usize = 8 * 1024;

/// What came is not compressed as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken;

/// Does the server's answer to [`OFFER`] accept it, and nothing else?
pub fn accepts(answer: &str) -> bool {
    let mut parts = answer.split(';').map(str::trim);
    if !parts.next().is_some_and(|name| name.eq_ignore_ascii_case("permessage-deflate")) {
        return false;
    }
    let mut seen: Vec<String> = vec![];
    for parameter in parts {
        let (name, value) = match parameter.split_once('=') {
            Some((name, value)) => (name.trim(), Some(value.trim().trim_matches('"'))),
            None => (parameter, None),
        };
        let name = name.to_ascii_lowercase();
        let is_allowed = match (name.as_str(), value) {
            ("server_no_context_takeover" | "client_no_context_takeover", None) => true,
            ("server_max_window_bits", Some(bits)) => {
                bits.parse().is_ok_and(|bits: u8| (8..=15).contains(&bits))
            }
            _ => false,
        };
        if !is_allowed || seen.contains(&name) {
            return false;
        }
        seen.push(name);
    }
    // It has to repeat what it was asked for (RFC 7692, 7.1.1.1).
    seen.iter().any(|name| name == "server_no_context_takeover")
}

/// Compresses whole messages, of any connection.
#[derive(Debug)]
pub struct Deflater {
    state: Compress,
    /// The message that is to be compressed.
    pub plain: Vec<u8>,
    packed: Vec<u8>,
}

impl Default for Deflater {
    fn default() -> Self {
        let state = Compress::new(Compression::default(), false);
        Self { state, plain: vec![], packed: vec![] }
    }
}

impl Deflater {
    /// Compresses [`Deflater::plain`].
    pub fn pack(&mut self) -> &[u8] {
        self.state.reset();
        self.packed.clear();
        // Room for the worst case, so that one call does all: a call that goes on with a full buffer
        // may leave the end of the flush out.
        self.packed.reserve(self.plain.len() + self.plain.len() / 8 + 256);
        let made = self.state.compress_vec(&self.plain, &mut self.packed, FlushCompress::Sync);
        debug_assert!(made.is_ok(), "a compressor takes all bytes");
        let ends = self.packed.ends_with(&TAIL);
        debug_assert!(ends, "a flush ends so");
        let length = self.packed.len() - if ends { TAIL.len() } else { 0 };
        &self.packed[..length]
    }
}

/// Decompresses the messages of one connection, from pieces that may be cut anywhere.
#[derive(Debug)]
pub struct Inflater {
    state: Decompress,
    piece: Box<[u8]>,
}

impl Default for Inflater {
    fn default() -> Self {
        Self { state: Decompress::new(false), piece: vec![0; PIECE_BYTES].into() }
    }
}

impl Inflater {
    /// Passes what a piece of a message stands for to `take`.
    pub fn feed<E: From<Broken>>(
        &mut self,
        mut input: &[u8],
        take: &mut impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        loop {
            let before = (self.state.total_in(), self.state.total_out());
            let status = self
                .state
                .decompress(input, &mut self.piece, FlushDecompress::Sync)
                .map_err(|_| Broken)?;
            let taken = bytes(self.state.total_in() - before.0);
            let made = bytes(self.state.total_out() - before.1);
            take(&self.piece[..made])?;
            input = &input[taken..];
            if status == Status::StreamEnd {
                // A block that says that it is the last one; others may follow (RFC 7692, 7.2.3.4).
                self.state.reset(false);
            } else if made < self.piece.len() && (input.is_empty() || taken + made == 0) {
                return if input.is_empty() { Ok(()) } else { Err(Broken.into()) };
            }
            if status == Status::StreamEnd && input.is_empty() {
                return Ok(());
            }
        }
    }

    /// The message has ended.
    pub fn end<E: From<Broken>>(
        &mut self,
        take: &mut impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let ended = self.feed(&TAIL, take);
        self.state.reset(false);
        ended
    }

    /// Prepares for another connection.
    pub fn reset(&mut self) {
        self.state.reset(false);
    }
}

fn bytes(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn inflated(pieces: &[&[u8]]) -> Result<Vec<u8>, Broken> {
        let mut inflater = Inflater::default();
        let mut found = vec![];
        let mut take = |piece: &[u8]| {
            found.extend_from_slice(piece);
            Ok::<(), Broken>(())
        };
        for piece in pieces {
            inflater.feed(piece, &mut take)?;
        }
        inflater.end(&mut take)?;
        Ok(found)
    }

    #[test]
    fn the_examples_of_the_standard_are_read() {
        // RFC 7692, 7.2.3.1, .3, .4 and .5.
        for packed in [
            &b"\xf2\x48\xcd\xc9\xc9\x07\x00"[..],
            b"\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00",
            b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00",
            b"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00",
        ] {
            assert_eq!(inflated(&[packed]), Ok(b"Hello".to_vec()), "{packed:x?}");
        }
        assert_eq!(inflated(&[b"\xff\xff\xff"]), Err(Broken));
    }

    #[test]
    fn an_answer_accepts_what_was_offered_and_no_more() {
        let repeated = "permessage-deflate; server_no_context_takeover";
        for answer in [
            repeated.to_owned(),
            format!("{repeated}; client_no_context_takeover"),
            format!("{repeated}; server_max_window_bits=12"),
        ] {
            assert!(accepts(&answer), "{answer}");
        }
        for answer in [
            "permessage-deflate".to_owned(),
            format!("{repeated}; client_max_window_bits=12"),
            format!("{repeated}; server_max_window_bits=7"),
            format!("{repeated}; server_no_context_takeover"),
            format!("{repeated}, x-other"),
            "permessage-bzip2; server_no_context_takeover".to_owned(),
        ] {
            assert!(!accepts(&answer), "{answer}");
        }
    }

    proptest! {
        #[test]
        fn what_was_packed_is_found_again_wherever_it_is_cut(
            payload in prop_oneof![
                prop::collection::vec(any::<u8>(), 0..60_000),
                (0..200_000_usize).prop_map(|length| vec![b'x'; length]),
            ],
            size in 1..5_000_usize,
        ) {
            let mut deflater = Deflater::default();
            for _ in 0..2 {
                deflater.plain.clear();
                deflater.plain.extend_from_slice(&payload);
                let packed = deflater.pack().to_vec();
                let pieces: Vec<&[u8]> = packed.chunks(size).collect();
                prop_assert_eq!(inflated(&pieces), Ok(payload.clone()));
            }
        }
    }
}
