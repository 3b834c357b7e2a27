//! Bodies that differ from response to response.

use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

/// Of [`Hole::UnixTime`]: ten digits (until the year 2286), a point, microseconds.
const UNIX_TIME_BYTES: usize = 17;
/// Of [`Hole::Random`]: a zero, a point, and [`RANDOM_DIGITS`] digits.
const RANDOM_BYTES: usize = 18;
const RANDOM_DIGITS: f64 = 1e16;

/// What a placeholder stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hole {
    Token,
    UnixTime,
    Random,
}

const PLACEHOLDERS: [(&str, Hole); 3] =
    [("{token}", Hole::Token), ("{unix_time}", Hole::UnixTime), ("{random}", Hole::Random)];

/// What the placeholders of one response are filled with.
#[derive(Clone, Copy, Debug)]
pub struct Values<'a> {
    /// In pieces.
    pub token: [&'a [u8]; 2],
    /// From 0 to 1, 1 excluded.
    pub random: f64,
}

/// Text with holes.
#[derive(Debug)]
pub struct Template {
    /// What comes before each hole.
    parts: Vec<(Vec<u8>, Hole)>,
    rest: Vec<u8>,
}

impl Template {
    pub fn new(text: &str) -> Self {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, hole, after)) = next_hole(rest) {
            parts.push((before.into(), hole));
            rest = after;
        }
        Self { parts, rest: rest.into() }
    }

    /// How many bytes are going to be written.
    pub fn length(&self, values: &Values) -> usize {
        let of_part = |(text, hole): &(Vec<u8>, Hole)| {
            let filling = match hole {
                Hole::Token => values.token.iter().map(|piece| piece.len()).sum(),
                Hole::UnixTime => UNIX_TIME_BYTES,
                Hole::Random => RANDOM_BYTES,
            };
            text.len() + filling
        };
        self.parts.iter().map(of_part).sum::<usize>() + self.rest.len()
    }

    pub fn write(&self, values: &Values, out: &mut Vec<u8>) {
        for (text, hole) in &self.parts {
            out.extend_from_slice(text);
            match hole {
                Hole::Token => out.extend(values.token.iter().copied().flatten()),
                Hole::UnixTime => write_unix_time(out),
                Hole::Random => write_random(values.random, out),
            }
        }
        out.extend_from_slice(&self.rest);
    }
}

/// The text before the first placeholder, what it stands for, and the text after it.
fn next_hole(text: &str) -> Option<(&str, Hole, &str)> {
    let found = PLACEHOLDERS.iter().filter_map(|&(placeholder, hole)| {
        let (before, after) = text.split_once(placeholder)?;
        Some((before, hole, after))
    });
    found.min_by_key(|(before, ..)| before.len())
}

fn write_unix_time(out: &mut Vec<u8>) {
    // A clock before 1970 is a clock that was never set.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    write(out, format_args!("{:010}.{:06}", now.as_secs(), now.subsec_micros()));
}

// What is drawn is never negative, and below the largest number of that many digits.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn write_random(random: f64, out: &mut Vec<u8>) {
    write(out, format_args!("0.{:016}", (random * RANDOM_DIGITS) as u64));
}

fn write(out: &mut Vec<u8>, text: std::fmt::Arguments) {
    out.write_fmt(text).expect("a vector takes all");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(text: &str, values: &Values) -> String {
        let mut out = Vec::new();
        Template::new(text).write(values, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn placeholders_are_filled_in_order_and_other_braces_stay() {
        let values = Values { token: [b"1", b"7"], random: 0.25 };
        let filled = written("{\"a\": {random}, {token}{token}, {tok}}", &values);
        assert_eq!(filled, "{\"a\": 0.2500000000000000, 1717, {tok}}");
    }

    #[test]
    fn the_time_is_that_of_the_clock() {
        let values = Values { token: [b"", b""], random: 0.0 };
        let seconds: f64 = written("{unix_time}", &values).parse().unwrap();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
        assert!((now - seconds).abs() < 5.0, "{seconds} at {now}");
    }

    proptest! {
        #[test]
        fn as_many_bytes_are_written_as_were_told(
            pieces in prop::collection::vec(
                prop_oneof!["[a-z{}]{0,5}", Just("{token}".into()), Just("{random}".into()),
                            Just("{unix_time}".into())], 0..8),
            token in prop::collection::vec(any::<u8>(), 0..9),
            random in 0.0..1.0_f64,
        ) {
            let template = Template::new(&pieces.concat());
            let (first, second) = token.split_at(token.len() / 2);
            let values = Values { token: [first, second], random };
            let mut out = Vec::new();
            template.write(&values, &mut out);
            prop_assert_eq!(out.len(), template.length(&values));
        }
    }
}
