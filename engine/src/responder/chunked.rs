//! A chunked body, passed over. No I/O.

/// The longest run of chunk extensions and trailers that is taken.
const MAX_OVERHEAD_BYTES: usize = 16 * 1024;
const MAX_SIZE_DIGITS: u8 = 15;

/// The bytes are no chunked body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Size { value: u64, digits: u8 },
    Extension { value: u64 },
    Data { remaining: u64 },
    DataEnd,
    Trailer { line_is_empty: bool },
}

const START: State = State::Size { value: 0, digits: 0 };

/// Finds the end of one chunked body, whose bytes may be cut anywhere.
#[derive(Clone, Copy, Debug)]
pub(super) struct ChunkedBody {
    state: State,
    overhead_bytes: usize,
}

impl Default for ChunkedBody {
    fn default() -> Self {
        Self { state: START, overhead_bytes: 0 }
    }
}

impl ChunkedBody {
    /// After how many of the bytes the body ends; none if it goes on after all of them.
    pub fn feed(&mut self, input: &[u8]) -> Result<Option<usize>, Malformed> {
        let mut at = 0;
        while let Some(&byte) = input.get(at) {
            if let State::Data { remaining } = self.state {
                at += self.pass_data(input.len() - at, remaining);
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

    fn pass_data(&mut self, available: usize, remaining: u64) -> usize {
        let passed = usize::try_from(remaining).map_or(available, |bytes| bytes.min(available));
        let remaining = remaining - passed as u64;
        self.state = if remaining == 0 { State::DataEnd } else { State::Data { remaining } };
        passed
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
        if self.overhead_bytes > MAX_OVERHEAD_BYTES {
            return Err(Malformed);
        }
        Ok(())
    }
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
