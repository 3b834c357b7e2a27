//! A chunked body, of a response or a request. No I/O.

use super::{Malformed, MAX_HEAD_BYTES};

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

/// Decodes one chunked body, whose bytes may be cut anywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkedBody {
    state: State,
    /// Of chunk extensions and trailers.
    overhead_bytes: usize,
}

impl Default for ChunkedBody {
    fn default() -> Self {
        Self { state: START, overhead_bytes: 0 }
    }
}

impl ChunkedBody {
    /// Hands the content, piece by piece, to `content`. After how many of the bytes the body ends;
    /// none if it goes on after all of them.
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

    /// The state after a byte that is not data; none after the last one.
    fn after(&mut self, byte: u8) -> Result<Option<State>, Malformed> {
        Ok(Some(match self.state {
            State::Size { value, digits } => after_size_byte(byte, value, digits)?,
            State::Extension { value } if byte == b'\n' => chunk_of(value),
            State::Trailer { line_is_empty: true } if byte == b'\n' => return Ok(None),
            State::Trailer { line_is_empty } => {
                self.count_overhead()?;
                State::Trailer { line_is_empty: byte == b'\n' || (line_is_empty && byte == b'\r') }
            }
            State::Extension { .. } => {
                self.count_overhead()?;
                self.state
            }
            State::DataEnd | State::Data { .. } => match byte {
                b'\r' => State::DataEnd,
                b'\n' => START,
                _ => return Err(Malformed),
            },
        }))
    }

    fn count_overhead(&mut self) -> Result<(), Malformed> {
        self.overhead_bytes += 1;
        if self.overhead_bytes > MAX_HEAD_BYTES {
            return Err(Malformed);
        }
        Ok(())
    }
}

/// As many bytes as remain, or all.
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
