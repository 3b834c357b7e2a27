//! Templates of response bodies, with placeholders that each response fills.

use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

/// The length of [`Placeholder::UnixTime`]: ten digits (until the year 2286), a point, six digits.
const UNIX_TIME_BYTES: usize = 17;
/// The length of [`Placeholder::Random`]: a zero, a point, and sixteen digits.
const RANDOM_BYTES: usize = 18;
const RANDOM_SCALE: f64 = 1e16;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Placeholder {
    Token,
    UnixTime,
    Random,
}

const NAMES: [(&str, Placeholder); 3] = [
    ("{token}", Placeholder::Token),
    ("{unix_time}", Placeholder::UnixTime),
    ("{random}", Placeholder::Random),
];

/// The values of the placeholders in one response.
#[derive(Clone, Copy, Debug)]
pub struct Values<'a> {
    /// In two pieces.
    pub token: [&'a [u8]; 2],
    /// From 0 to 1, 1 excluded.
    pub random: f64,
}

/// A text with placeholders.
#[derive(Debug)]
pub struct ResponseTemplate {
    /// The placeholders, and the text before each.
    parts: Vec<(Vec<u8>, Placeholder)>,
    rest: Vec<u8>,
}

impl ResponseTemplate {
    pub fn new(text: &str) -> Self {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, placeholder, after)) = next_placeholder(rest) {
            parts.push((before.into(), placeholder));
            rest = after;
        }
        Self { parts, rest: rest.into() }
    }

    /// How many bytes [`ResponseTemplate::write`] appends.
    pub fn length(&self, values: &Values) -> usize {
        let of_part = |(text, placeholder): &(Vec<u8>, Placeholder)| {
            let value = match placeholder {
                Placeholder::Token => values.token.iter().map(|piece| piece.len()).sum(),
                Placeholder::UnixTime => UNIX_TIME_BYTES,
                Placeholder::Random => RANDOM_BYTES,
            };
            text.len() + value
        };
        self.parts.iter().map(of_part).sum::<usize>() + self.rest.len()
    }

    pub fn write(&self, values: &Values, out: &mut Vec<u8>) {
        for (text, placeholder) in &self.parts {
            out.extend_from_slice(text);
            match placeholder {
                Placeholder::Token => out.extend(values.token.iter().copied().flatten()),
                Placeholder::UnixTime => write_unix_time(out),
                Placeholder::Random => write_random(values.random, out),
            }
        }
        out.extend_from_slice(&self.rest);
    }
}

/// The text before the first placeholder, the placeholder, and the text after it.
fn next_placeholder(text: &str) -> Option<(&str, Placeholder, &str)> {
    let found = NAMES.iter().filter_map(|&(name, placeholder)| {
        let (before, after) = text.split_once(name)?;
        Some((before, placeholder, after))
    });
    found.min_by_key(|(before, ..)| before.len())
}

fn write_unix_time(out: &mut Vec<u8>) {
    // A clock that shows a time before 1970 was never set.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    append(out, format_args!("{:010}.{:06}", now.as_secs(), now.subsec_micros()));
}

// A value from 0 to 1 has no more than sixteen digits after the point.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn write_random(random: f64, out: &mut Vec<u8>) {
    append(out, format_args!("0.{:016}", (random * RANDOM_SCALE) as u64));
}

/// Appends formatted text.
pub(super) fn append(out: &mut Vec<u8>, text: std::fmt::Arguments) {
    out.write_fmt(text).expect("a vector takes all");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(text: &str, values: &Values) -> String {
        let mut out = Vec::new();
        ResponseTemplate::new(text).write(values, &mut out);
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
            let template = ResponseTemplate::new(&pieces.concat());
            let (first, second) = token.split_at(token.len() / 2);
            let values = Values { token: [first, second], random };
            let mut out = Vec::new();
            template.write(&values, &mut out);
            prop_assert_eq!(out.len(), template.length(&values));
        }
    }
}
