//! Server-sent events (WHATWG HTML, 9.2.6), read from bytes that may be cut anywhere. Nothing of them
//! is kept but their numbers, so that no line is too long.

use super::needle::Needle;
use super::numbers::Numbers;

const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];
/// The longest name of a field that is looked at is shorter.
const NAME_BYTES: usize = 5;
/// More digits are no number: a u64 holds this many in any case.
const MOST_DIGITS: u8 = 19;

/// What a stream shows of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// An event, and its number if it has one.
    Event { number: Option<u64> },
    /// A comment, as servers send to keep a connection open.
    Comment,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// So many bytes of a byte order mark have come, with which a stream may begin.
    Mark {
        bytes: u8,
    },
    /// In the name of a field, or at the beginning of a line.
    Name,
    /// Behind the colon: one space is no part of the value.
    Colon {
        field: Field,
    },
    Value {
        field: Field,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Data,
    Id,
    Comment,
    Other,
}

/// A number that is being read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Digits {
    value: u64,
    length: u8,
    /// Something else than a number came.
    is_other: bool,
}

impl Digits {
    fn take(&mut self, byte: u8) {
        if !byte.is_ascii_digit() || self.length == MOST_DIGITS {
            self.is_other = true;
        }
        if !self.is_other {
            self.value = self.value * 10 + u64::from(byte - b'0');
            self.length += 1;
        }
    }

    fn number(self) -> Option<u64> {
        (self.length > 0 && !self.is_other).then_some(self.value)
    }
}

/// A number in data, behind a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Search {
    /// So much of the text has been found.
    Text(u8),
    Digits(Digits),
    Found(u64),
}

impl Search {
    fn take(self, byte: u8, needle: &Needle) -> Self {
        match self {
            Self::Text(found) => match needle.step(found, byte) {
                found if needle.is_whole(found) => Self::Digits(Digits::default()),
                found => Self::Text(found),
            },
            Self::Digits(digits) if digits.length == 0 && byte == b' ' => self,
            Self::Digits(mut digits) => {
                if byte.is_ascii_digit() {
                    digits.take(byte);
                    return Self::Digits(digits);
                }
                // What is no number here may be the begin of the text again.
                let again = Self::Text(0);
                digits.number().map_or_else(|| again.take(byte, needle), Self::Found)
            }
            Self::Found(_) => self,
        }
    }

    /// A line of data ends: neither text nor number goes on in the next one.
    fn end_line(self) -> Self {
        match self {
            Self::Found(_) => self,
            Self::Text(_) => Self::Text(0),
            Self::Digits(digits) => digits.number().map_or(Self::Text(0), Self::Found),
        }
    }
}

/// Reads the events of one stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventReader {
    state: State,
    name: [u8; NAME_BYTES],
    name_bytes: usize,
    /// The last byte ended a line: a line feed would be part of that end.
    is_after_return: bool,
    has_data: bool,
    id: Digits,
    search: Search,
}

impl Default for EventReader {
    fn default() -> Self {
        Self {
            state: State::Mark { bytes: 0 },
            name: [0; NAME_BYTES],
            name_bytes: 0,
            is_after_return: false,
            has_data: false,
            id: Digits::default(),
            search: Search::Text(0),
        }
    }
}

impl EventReader {
    /// Reads received bytes, all of them, and passes what they complete to `sign`.
    pub fn feed(&mut self, input: &[u8], numbers: Option<&Numbers>, sign: &mut impl FnMut(Sign)) {
        let mut rest = input;
        while let Some(&byte) = rest.first() {
            if std::mem::take(&mut self.is_after_return) && byte == b'\n' {
                rest = &rest[1..];
                continue;
            }
            match self.state {
                State::Mark { bytes } => {
                    if byte == BYTE_ORDER_MARK[usize::from(bytes)] {
                        rest = &rest[1..];
                        let is_whole = usize::from(bytes) + 1 == BYTE_ORDER_MARK.len();
                        self.state =
                            if is_whole { State::Name } else { State::Mark { bytes: bytes + 1 } };
                    } else {
                        // It was the begin of a name.
                        self.name_bytes = usize::from(bytes);
                        self.name[..self.name_bytes]
                            .copy_from_slice(&BYTE_ORDER_MARK[..self.name_bytes]);
                        self.state = State::Name;
                    }
                }
                State::Name => {
                    rest = &rest[1..];
                    self.take_name(byte, numbers, sign);
                }
                State::Colon { field } => {
                    if byte == b' ' {
                        rest = &rest[1..];
                    }
                    self.state = State::Value { field };
                }
                State::Value { field } => {
                    let end = memchr::memchr2(b'\r', b'\n', rest);
                    let (value, behind) = rest.split_at(end.unwrap_or(rest.len()));
                    self.take_value(field, value, numbers);
                    rest = behind;
                    if let Some((&byte, behind)) = rest.split_first() {
                        rest = behind;
                        self.end_line(byte);
                        self.end_field(field, sign);
                    }
                }
            }
        }
    }

    fn take_name(&mut self, byte: u8, numbers: Option<&Numbers>, sign: &mut impl FnMut(Sign)) {
        match byte {
            b'\r' | b'\n' => {
                let name_bytes = self.name_bytes;
                let field = self.field();
                self.end_line(byte);
                if name_bytes == 0 {
                    self.dispatch(numbers, sign);
                } else {
                    self.begin_field(field);
                    self.end_field(field, sign);
                }
            }
            b':' => {
                let field = self.field();
                self.begin_field(field);
                self.state = State::Colon { field };
            }
            _ => {
                if let Some(place) = self.name.get_mut(self.name_bytes) {
                    *place = byte;
                    self.name_bytes += 1;
                }
            }
        }
    }

    fn field(&self) -> Field {
        match &self.name[..self.name_bytes] {
            b"data" => Field::Data,
            b"id" => Field::Id,
            b"" => Field::Comment,
            _ => Field::Other,
        }
    }

    fn begin_field(&mut self, field: Field) {
        if field == Field::Id {
            self.id = Digits::default();
        }
    }

    fn take_value(&mut self, field: Field, value: &[u8], numbers: Option<&Numbers>) {
        match (field, numbers) {
            (Field::Id, Some(Numbers::Id)) => value.iter().for_each(|&byte| self.id.take(byte)),
            (Field::Data, Some(Numbers::Behind(needle))) => {
                for &byte in value {
                    self.search = self.search.take(byte, needle);
                }
            }
            _ => {}
        }
    }

    fn end_field(&mut self, field: Field, sign: &mut impl FnMut(Sign)) {
        match field {
            Field::Data => {
                self.has_data = true;
                self.search = self.search.end_line();
            }
            Field::Comment => sign(Sign::Comment),
            Field::Id | Field::Other => {}
        }
    }

    fn end_line(&mut self, byte: u8) {
        self.is_after_return = byte == b'\r';
        self.name_bytes = 0;
        self.state = State::Name;
    }

    /// An empty line: an event is complete, if it has data.
    fn dispatch(&mut self, numbers: Option<&Numbers>, sign: &mut impl FnMut(Sign)) {
        if !std::mem::take(&mut self.has_data) {
            return;
        }
        let search = std::mem::replace(&mut self.search, Search::Text(0));
        let id = std::mem::take(&mut self.id);
        let number = match (numbers, search) {
            (Some(Numbers::Id), _) => id.number(),
            (Some(Numbers::Behind(_)), Search::Found(number)) => Some(number),
            _ => None,
        };
        sign(Sign::Event { number });
    }
}

#[cfg(test)]
#[path = "sse_tests.rs"]
mod tests;
