//! Two targets at once.

use std::time::Duration;

use timetrial_engine::duet::Duet;
use timetrial_engine::expect::Expectation;
use timetrial_engine::load::{Drive, Model, Setting, Target};
use timetrial_engine::outcome::Outcome;
use timetrial_engine::request::Request;
use timetrial_engine::responder::{Config, Delay, Responder};
use timetrial_engine::tally::Tally;

const MS: u64 = 1_000_000;

fn target(responder: &Responder) -> Target {
    Target {
        address: responder.address().clone(),
        requests: [Request::get(Expectation::default())].into(),
        tls: None,
        sources: [].into(),
    }
}

fn setting(threads: usize) -> Setting {
    Setting { connections: 6, threads, backend: crate::BACKEND, ..Setting::default() }
}

fn drive(duet: &mut Duet) -> [Tally; 2] {
    let drive = Drive {
        target: 0,
        model: Model::Closed,
        lead_in_ns: 50 * MS,
        window_ns: 200 * MS,
        drain_ns: 1_000 * MS,
        max_requests: None,
    };
    duet.start(&drive).unwrap();
    duet.wait(Duration::from_secs(10)).unwrap().expect("ended in time")
}

#[test]
fn both_targets_are_loaded_in_the_same_window_each_over_all_its_connections() {
    let fast = Responder::start(Config::default()).unwrap();
    let delay = Delay::Constant { delay_ns: 20 * MS };
    let slow = Responder::start(Config { delay, ..Config::default() }).unwrap();
    let mut duet = Duet::open(&[target(&fast), target(&slow)], &setting(2)).unwrap();
    for drives in 1..=2 {
        let [one, other] = drive(&mut duet);
        assert_eq!(one.timeline.opened_ns, other.timeline.opened_ns);
        assert_eq!(one.timeline.closed_ns, other.timeline.closed_ns);
        assert_eq!((one.connections_reached, other.connections_reached), (6, 6));
        assert!(one.overall.of(Outcome::Ok) > other.overall.of(Outcome::Ok));
        assert!(other.response_time.min_ns() >= 20 * MS);
        assert!(one.thread_cpu.cpu_ns > other.thread_cpu.cpu_ns);
        if drives == 2 {
            assert_eq!(fast.counts().accepted, 6, "connections are kept");
        }
    }
}

#[test]
fn a_duet_needs_a_thread_for_each_half() {
    let responder = Responder::start(Config::default()).unwrap();
    let targets = [target(&responder), target(&responder)];
    for threads in [0, 1, 3] {
        let refused = Duet::open(&targets, &setting(threads)).err().expect("refused");
        assert!(refused.to_string().contains("even number of threads"), "{refused}");
    }
}
