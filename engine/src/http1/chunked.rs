//! The chunked transfer coding of bodies. No I/O.

use super::malformed::{Malformed, Overhead};

const MAX_SIZE_DIGITS: u8 = 15;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Size { value: u64, digits: u8 },
    Extension { value: u64 },
    Data { remaining: u64 },
    DataEnd,
    Trailer { line_is_empty: bool },
}

const START: State = State::Size { value: 0, digits: 0 };

/// Decodes one chunked body, whose bytes may be split anywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkedBody {
    state: State,
    /// Chunk extensions and trailers.
    overhead: Overhead,
    /// Chunks that are complete, since they were last taken.
    complete: u64,
}

impl Default for ChunkedBody {
    fn default() -> Self {
        Self { state: START, overhead: Overhead::default(), complete: 0 }
    }
}

impl ChunkedBody {
    /// Passes the pieces of the content to `content`.
    ///
    /// Returns after how many of the bytes the body ends, or None if it is incomplete.
    pub fn feed(
        &mut self,
        input: &[u8],
        content: &mut impl FnMut(&[u8]),
    ) -> Result<Option<usize>, Malformed> {
        let mut at = 0;
        while let Some(&byte) = input.get(at) {
            if let State::Data { remaining } = self.state {
                let data = clamp(&input[at..], remaining);
                content(data);
                at += data.len();
                let remaining = remaining - data.len() as u64;
                self.complete += u64::from(remaining == 0);
                self.state =
                    if remaining == 0 { State::DataEnd } else { State::Data { remaining } };
                continue;
            }
            at += 1;
            match self.after(byte)? {
                Some(next) => self.state = next,
                None => return Ok(Some(at)),
            }
        }
        Ok(None)
    }

    /// How many chunks have become complete since the last call.
    pub fn take_complete(&mut self) -> u64 {
        std::mem::take(&mut self.complete)
    }

    /// The state after a byte that is not data. None after the last byte of the body.
    fn after(&mut self, byte: u8) -> Result<Option<State>, Malformed> {
        Ok(Some(match self.state {
            State::Size { value, digits } => after_size_byte(byte, value, digits)?,
            State::Extension { value } if byte == b'\n' => chunk_of(value),
            State::Trailer { line_is_empty: true } if byte == b'\n' => return Ok(None),
            State::Trailer { line_is_empty } => {
                self.overhead.add(1)?;
                State::Trailer { line_is_empty: byte == b'\n' || (line_is_empty && byte == b'\r') }
            }
            State::Extension { .. } => {
                self.overhead.add(1)?;
                self.state
            }
            State::DataEnd | State::Data { .. } => match byte {
                b'\r' => State::DataEnd,
                b'\n' => START,
                _ => return Err(Malformed),
            },
        }))
    }
}

/// The first `remaining` bytes of the input, or all of it.
pub fn clamp(input: &[u8], remaining: u64) -> &[u8] {
    let bytes = usize::try_from(remaining).map_or(input.len(), |bytes| bytes.min(input.len()));
    &input[..bytes]
}

fn chunk_of(size: u64) -> State {
    if size == 0 {
        State::Trailer { line_is_empty: true }
    } else {
        State::Data { remaining: size }
    }
}

fn after_size_byte(byte: u8, value: u64, digits: u8) -> Result<State, Malformed> {
    match (char::from(byte).to_digit(16), byte) {
        (Some(digit), _) if digits < MAX_SIZE_DIGITS => {
            Ok(State::Size { value: value * 16 + u64::from(digit), digits: digits + 1 })
        }
        (None, b'\n') if digits > 0 => Ok(chunk_of(value)),
        (None, b'\r' | b';' | b' ' | b'\t') if digits > 0 => Ok(State::Extension { value }),
        _ => Err(Malformed),
    }
}
