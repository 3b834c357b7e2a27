//! The result of a load as text and as JSON.

use serde_json::{json, Value};
use timetrial_engine::load::Setting;
use timetrial_engine::outcome::{OutcomeCounts, NAMES};
use timetrial_engine::tally::Tally;

use crate::table;

/// A shorter gap of the generator, or a smaller share of the window, is not told: a scheduler takes
/// as long now and then.
const LEAST_TOLD_NS: u64 = 250_000_000;

/// A tally with the load that it belongs to.
pub struct Summary<'a> {
    pub url: &'a str,
    pub setting: &'a Setting,
    pub tally: &'a Tally,
}

impl Summary<'_> {
    pub fn text(&self) -> String {
        let Tally { completions, connections_reached, bytes_received, .. } = *self.tally;
        let busy = self.cpu_s() / self.window_s() / self.setting.threads as f64;
        let per_cpu_s = completions as f64 / self.cpu_s().max(f64::MIN_POSITIVE);
        let mut text = format!(
            "{}\n\n\
             throughput    {:.0} requests/s, {completions} correct responses in {}\n\
             transfer      {bytes_received} bytes received\n\
             connections   {connections_reached} of {} reached\n\
             generator     {:.0}% busy with {}, {} thread(s), {per_cpu_s:.0} requests a CPU second\n\n",
            self.url,
            self.throughput(),
            table::duration(self.window_ns()),
            self.setting.connections,
            busy * 100.0,
            self.setting.backend,
            self.setting.threads,
        );
        let rows = [
            ("response time", &self.tally.response_time),
            ("service time", &self.tally.service_time),
            ("own lateness", &self.tally.lateness),
            ("connect time", &self.tally.connect_time),
        ];
        let lines = rows.map(|(name, durations)| table::line(name, durations));
        text += &[&[table::head()], &lines[..]].concat().join("\n");
        text += &["\n\n", &outcomes(&self.tally.overall), "\n"].concat();
        self.notes().into_iter().fold(text, |text, note| text + &note + "\n")
    }

    pub fn data(&self) -> Value {
        let tally = self.tally;
        let setting = self.setting;
        let statuses: serde_json::Map<String, Value> = tally
            .statuses
            .iter()
            .enumerate()
            .filter(|&(_, &count)| count > 0)
            .map(|(status, &count)| (status.to_string(), json!(count)))
            .collect();
        json!({
            "url": self.url,
            "backend": setting.backend.to_string(),
            "connections": setting.connections,
            "connections_reached": tally.connections_reached,
            "threads": setting.threads,
            "pipeline": setting.pipeline,
            "window_s": self.window_s(),
            "throughput_per_s": self.throughput(),
            "completions": tally.completions,
            "requests": counted(&tally.overall),
            "requests_due_in_window": counted(&tally.window),
            "statuses": statuses,
            "bytes_received": tally.bytes_received,
            "generator_cpu_s": self.cpu_s(),
            "generator_gaps": {
                "total_ns": tally.gaps.total_ns,
                "largest_ns": tally.gaps.largest_ns,
            },
            "tls_refusal": tally.refusal.as_ref().map(|refusal| json!({
                "reason": refusal.reason.name(),
                "detail": refusal.detail,
            })),
            "response_time": table::data(&tally.response_time),
            "service_time": table::data(&tally.service_time),
            "own_lateness": table::data(&tally.lateness),
            "connect_time": table::data(&tally.connect_time),
        })
    }

    /// What else has to be known about the figures, a line each.
    fn notes(&self) -> Vec<String> {
        let mut notes = vec![];
        if let Some(refusal) = &self.tally.refusal {
            notes.push(format!("TLS: {}: {}", refusal.reason.name(), refusal.detail));
        }
        let shortest_ns = LEAST_TOLD_NS.max(self.window_ns() / 100);
        if self.tally.gaps.largest_ns >= shortest_ns {
            notes.push(format!(
                "the generator itself did not run for {}, although it could have: it was stopped, \
                 or had no CPU",
                table::duration(self.tally.gaps.total_ns)
            ));
        }
        notes
    }

    fn window_ns(&self) -> u64 {
        let timeline = self.tally.timeline;
        (timeline.closed_ns - timeline.opened_ns).max(1)
    }

    fn window_s(&self) -> f64 {
        self.window_ns() as f64 / 1e9
    }

    fn throughput(&self) -> f64 {
        self.tally.completions as f64 / self.window_s()
    }

    /// CPU time of the engine's threads inside the window.
    fn cpu_s(&self) -> f64 {
        self.tally.thread_cpu.cpu_ns as f64 / 1e9
    }
}

fn counted(counts: &OutcomeCounts) -> Value {
    let ended = NAMES.iter().map(|&(name, outcome)| (name, counts.of(outcome)));
    ended
        .chain([("arrivals", counts.arrivals)])
        .map(|(name, count)| (name.to_owned(), json!(count)))
        .collect()
}

fn outcomes(counts: &OutcomeCounts) -> String {
    if counts.failed() == 0 {
        return format!("no failures in {} requests", counts.arrivals);
    }
    let failures: Vec<String> = NAMES[1..]
        .iter()
        .map(|&(name, outcome)| (name.replace('_', " "), counts.of(outcome)))
        .filter(|&(_, count)| count > 0)
        .map(|(name, count)| format!("{count} {name}"))
        .collect();
    format!("{} of {} requests failed: {}", counts.failed(), counts.arrivals, failures.join(", "))
}
