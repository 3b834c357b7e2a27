//! Parsers for the values of options. Errors quote the value and give examples.

use std::time::Duration;

use timetrial_engine::responder::{Delay, Receipt};

const UNITS: [(&str, f64); 5] =
    [("us", 1e-6), ("ms", 1e-3), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];

/// `10s`, `500ms`, `2m`, `1.5s`.
pub fn duration(text: &str) -> Result<Duration, String> {
    let invalid = || format!("{text:?} is no duration; examples are 10s, 500ms, 2m");
    let unit_at = text.find(|letter: char| letter.is_ascii_alphabetic()).ok_or_else(invalid)?;
    let (number, unit) = text.split_at(unit_at);
    let (_, unit_s) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(invalid)?;
    let count: f64 = number.parse().map_err(|_| invalid())?;
    Duration::try_from_secs_f64(count * unit_s).map_err(|_| invalid())
}

/// A duration in nanoseconds.
pub fn duration_ns(text: &str) -> Result<u64, String> {
    let span = duration(text)?;
    u64::try_from(span.as_nanos()).map_err(|_| format!("{text:?} is longer than 584 years"))
}

/// An arrival rate, in requests per second.
pub fn rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if rate.is_finite() && rate > 0.0 => Ok(rate),
        _ => Err(format!("{text:?} is no rate; examples are 1000 and 0.5")),
    }
}

/// `1`, `0-3`, `0-3,6`.
pub fn cpus(text: &str) -> Result<Vec<usize>, String> {
    let invalid = || format!("{text:?} is no set of CPUs; examples are 1 and 0-3,6");
    let number = |digits: &str| digits.parse::<usize>().map_err(|_| invalid());
    let mut cpus = vec![];
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (number(first)?, number(last)?);
        if first > last || last >= 1 << 16 {
            return Err(invalid());
        }
        cpus.extend(first..=last);
    }
    Ok(cpus)
}

/// `NAME: VALUE`.
pub fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text
        .split_once(':')
        .ok_or_else(|| format!("{text:?} is no header; an example is 'Accept: text/html'"))?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

/// `none`, `constant:5ms`, `lognormal:4ms,0.5`, `bimodal:2ms,20ms,0.1`, `uniform:1ms,3ms`,
/// `exponential:5ms`.
pub fn delay(text: &str) -> Result<Delay, String> {
    let invalid = || {
        format!(
            "{text:?} is no delay; examples are none, constant:5ms, lognormal:4ms,0.5, \
             bimodal:2ms,20ms,0.1, uniform:1ms,3ms and exponential:5ms"
        )
    };
    let share = |text: &str| text.parse::<f64>().map_err(|_| invalid());
    let (kind, values) = text.split_once(':').unwrap_or((text, ""));
    let values: Vec<&str> = values.split(',').filter(|value| !value.is_empty()).collect();
    Ok(match (kind, values.as_slice()) {
        ("none", []) => Delay::None,
        ("constant", [time]) => Delay::Constant { delay_ns: duration_ns(time)? },
        ("lognormal", [median, sigma]) => {
            Delay::LogNormal { median_ns: duration_ns(median)?, sigma: share(sigma)? }
        }
        ("bimodal", [fast, slow, share_slow]) => Delay::Bimodal {
            fast_ns: duration_ns(fast)?,
            slow_ns: duration_ns(slow)?,
            share_slow: share(share_slow)?,
        },
        ("uniform", [low, high]) => {
            Delay::Uniform { low_ns: duration_ns(low)?, high_ns: duration_ns(high)? }
        }
        ("exponential", [mean]) => Delay::Exponential { mean_ns: duration_ns(mean)? },
        _ => return Err(invalid()),
    })
}

pub fn receipt(text: &str) -> Result<Receipt, String> {
    match text {
        "read" => Ok(Receipt::Read),
        "kernel" => Ok(Receipt::Kernel),
        _ => Err(format!("{text:?} is no receipt; it is read or kernel")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit() {
        assert_eq!(duration("1.5s"), Ok(Duration::from_millis(1500)));
        assert_eq!(duration_ns("20us"), Ok(20_000));
        for text in ["", "5", "s", "-1s", "1 day", "1d", "1s2"] {
            assert!(duration(text).unwrap_err().contains(&format!("{text:?} is no duration")));
        }
    }

    #[test]
    fn sets_of_cpus_are_numbers_and_spans() {
        assert_eq!(cpus("0-2,5"), Ok(vec![0, 1, 2, 5]));
        for text in ["", "a", "2-1", "0-99999999", "1,"] {
            assert!(cpus(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn rates_are_above_0() {
        assert_eq!(rate("0.5"), Ok(0.5));
        for text in ["0", "-1", "inf", "NaN", "fast"] {
            assert!(rate(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn delays_have_their_times_and_shares() {
        let bimodal = Delay::Bimodal { fast_ns: 2_000_000, slow_ns: 20_000_000, share_slow: 0.1 };
        assert_eq!(delay("bimodal:2ms,20ms,0.1"), Ok(bimodal));
        assert_eq!(delay("none"), Ok(Delay::None));
        for text in ["", "constant", "constant:5", "constant:1ms,2ms", "lognormal:1ms,wide"] {
            assert!(delay(text).is_err(), "{text:?}");
        }
    }
}
