//! Durations with units, and tables of their percentiles.

use base64::prelude::{Engine, BASE64_STANDARD};
use serde_json::{json, Value};
use timetrial_engine::histogram::Histogram;

const QUANTILES: [(&str, f64); 5] =
    [("p50", 0.5), ("p75", 0.75), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999)];
/// A percentile with fewer durations beyond it is left out.
const LEAST_BEYOND: f64 = 10.0;
const UNITS: [(&str, f64); 3] = [("s", 1e9), ("ms", 1e6), ("µs", 1e3)];

/// The head line for [`line`].
pub fn head() -> String {
    let names = QUANTILES.iter().map(|(name, _)| *name).chain(["max"]);
    names.fold(" ".repeat(14), |line, name| format!("{line}{name:>10}"))
}

/// One row: a name, and the percentiles of its durations.
pub fn line(name: &str, durations: &Histogram) -> String {
    let has_enough = |q: f64| (1.0 - q) * durations.count() as f64 >= LEAST_BEYOND;
    let cell = |q| if has_enough(q) { duration(durations.quantile(q)) } else { "–".to_owned() };
    let max = if durations.count() > 0 { duration(durations.max_ns()) } else { "–".to_owned() };
    let cells = QUANTILES.iter().map(|&(_, q)| cell(q)).chain([max]);
    cells.fold(format!("{name:<14}"), |line, cell| format!("{line}{cell:>10}"))
}

/// The figures as JSON, null where there is no duration, with the histogram in base64 of
/// `HdrHistogram`'s V2 encoding.
pub fn data(durations: &Histogram) -> Value {
    let has_any = durations.count() > 0;
    let if_any = |figure: Value| if has_any { figure } else { Value::Null };
    let mut figures = json!({
        "count": durations.count(),
        "min_ns": if_any(json!(durations.min_ns())),
        "mean_ns": if_any(json!(durations.mean_ns())),
        "max_ns": if_any(json!(durations.max_ns())),
    });
    let encoded = durations.encode().map(|bytes| BASE64_STANDARD.encode(bytes));
    figures["histogram"] = encoded.map_or(Value::Null, Value::from);
    for (name, q) in QUANTILES {
        figures[format!("{name}_ns")] = if_any(json!(durations.quantile(q)));
    }
    figures
}

pub fn duration(duration_ns: u64) -> String {
    let value = duration_ns as f64;
    match UNITS.iter().find(|(_, unit_ns)| value >= *unit_ns) {
        Some((unit, unit_ns)) => format!("{} {unit}", significant(value / unit_ns)),
        None => format!("{duration_ns} ns"),
    }
}

/// With three significant digits.
fn significant(value: f64) -> String {
    match value {
        _ if value >= 100.0 => format!("{value:.0}"),
        _ if value >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_three_digits_and_the_unit_that_suits_them() {
        assert_eq!(duration(999), "999 ns");
        assert_eq!(duration(12_340), "12.3 µs");
        assert_eq!(duration(5_000_000), "5.00 ms");
        assert_eq!(duration(123_400_000_000), "123 s");
    }

    #[test]
    fn without_a_duration_all_figures_are_null() {
        let none = data(&Histogram::new());
        let figures = none.as_object().unwrap();
        let nulls = figures.iter().filter(|(name, value)| name.ends_with("_ns") && value.is_null());
        assert_eq!(nulls.count(), 3 + QUANTILES.len());
        assert_eq!(none["count"], 0);
        let mut some = Histogram::new();
        some.record(5);
        assert_eq!(data(&some)["p50_ns"], 5);
    }

    #[test]
    fn a_percentile_needs_ten_durations_beyond_it() {
        let mut durations = Histogram::new();
        durations.record_n(1_000, 20);
        assert_eq!(line("a", &durations).matches('–').count(), 4);
        assert_eq!(line("none", &Histogram::new()).matches('–').count(), 6);
    }
}
