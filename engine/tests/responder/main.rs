//! The responder on real sockets.

mod connections;
mod support;

use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use timetrial_engine::responder::{
    Body, Config, Counts, Delay, Framing, Receipt, Responder, Stall,
};

use support::*;

#[test]
fn every_request_of_every_connection_is_counted_and_recorded() {
    let responder = start(Config { threads: 2, cpus: vec![0], ..Config::default() });
    let mut streams: Vec<TcpStream> = (0..20).map(|_| connect(&responder)).collect();
    for round in 1..=10_usize {
        for stream in &mut streams {
            stream.write_all(GET.repeat(round).as_bytes()).unwrap();
        }
        for stream in &mut streams {
            expect_hellos(stream, round);
        }
    }
    await_counts(&responder, |counts| counts.responses == 1100);
    assert_eq!(responder.counts().open, 20);
    let record = responder.stop();
    let response_ns = record.counts.response_ns;
    let counted = Counts { accepted: 20, requests: 1100, responses: 1100, ..Counts::default() };
    assert_eq!(record.counts, Counts { response_ns, ..counted });
    assert_eq!(record.response_time.count(), 1100);
}

#[test]
fn requests_may_come_in_pieces() {
    let responder = start(Config::default());
    let mut stream = connect(&responder);
    stream.set_nodelay(true).unwrap();
    let post = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    for piece in [post, GET].concat().as_bytes().chunks(7) {
        stream.write_all(piece).unwrap();
        std::thread::sleep(Duration::from_micros(300));
    }
    expect_hellos(&mut stream, 2);
    assert_eq!(responder.stop().counts.requests, 2);
}

#[test]
fn a_constant_delay_is_what_the_record_and_the_client_see() {
    let delay = Delay::Constant { delay_ns: 5 * MS };
    let responder = start(Config { delay, ..Config::default() });
    let mut stream = connect(&responder);
    let since = Instant::now();
    for _ in 0..40 {
        stream.write_all(GET.as_bytes()).unwrap();
        expect_hellos(&mut stream, 1);
    }
    assert!(since.elapsed() >= Duration::from_millis(200));
    let times = responder.stop().response_time;
    assert_eq!(times.count(), 40);
    assert!(times.min_ns() >= 5 * MS - 10_000, "{}", times.min_ns());
    assert!(times.quantile(0.5) < 6 * MS, "{}", times.quantile(0.5));
}

#[test]
fn delays_of_connections_run_at_the_same_time() {
    let delay = Delay::Constant { delay_ns: 100 * MS };
    let responder = start(Config { delay, ..Config::default() });
    let since = Instant::now();
    let mut streams: Vec<TcpStream> = (0..50).map(|_| connect(&responder)).collect();
    for stream in &mut streams {
        stream.write_all(GET.as_bytes()).unwrap();
    }
    for stream in &mut streams {
        expect_hellos(stream, 1);
    }
    assert!(since.elapsed() < Duration::from_secs(2), "one after the other takes 5 s");
}

#[test]
fn responses_of_a_pipeline_come_in_the_order_of_the_requests() {
    let delay = Delay::Uniform { low_ns: 0, high_ns: 20 * MS };
    let body = Body::Template("<{token}|{token}>".into());
    let responder = start(Config { delay, body, ..Config::default() });
    let asking =
        |request: &str, token: &str| request.replace("GET /", &format!("GET /?token={token}"));
    let tokens: Vec<String> = (0..200).map(|n| n.to_string()).collect();
    let requests: String = tokens.iter().map(|token| asking(GET, token)).collect();
    let requests = requests + &asking(LAST, "");
    let answer = exchange(&responder, &requests);
    let bodies: Vec<&str> = answer.split("HTTP/1.1 200 OK").skip(1).map(body_of).collect();
    let expected: Vec<String> =
        tokens.iter().map(|token| format!("<{token}|{token}>")).chain(["<|>".into()]).collect();
    assert_eq!(bodies, expected);
    assert_eq!(responder.stop().response_time.count(), 201);
}

#[test]
fn bodies_may_hold_the_time_and_a_random_number_that_differ_each_time() {
    let body = Body::Template("{\"timestamp\": {unix_time}, \"data\": {random}}".into());
    let content_type = "application/json".to_owned();
    let responder = start(Config { body, content_type, ..Config::default() });
    let answer = exchange(&responder, &(GET.repeat(99) + LAST));
    assert!(answer.contains("\r\nContent-Type: application/json\r\nContent-Length: 60\r\n"));
    let bodies: Vec<&str> = answer.split("HTTP/1.1 200 OK").skip(1).map(body_of).collect();
    let distinct: std::collections::BTreeSet<&str> = bodies.iter().copied().collect();
    assert_eq!((bodies.len(), distinct.len()), (100, 100), "{bodies:?}");
    assert!(bodies.iter().all(|body| body.starts_with("{\"timestamp\": ")), "{bodies:?}");
}

#[test]
fn a_content_type_with_a_line_break_is_refused() {
    let refused =
        Responder::start(Config { content_type: "a\r\nb: c".into(), ..Config::default() });
    assert!(refused.is_err_and(|error| error.to_string().contains("line break")));
}

#[test]
fn delays_and_response_times_are_added_up_so_that_lateness_can_be_told() {
    let responder =
        start(Config { delay: Delay::Constant { delay_ns: 5 * MS }, ..Config::default() });
    exchange(&responder, &(GET.repeat(9) + LAST));
    let counts = responder.stop().counts;
    assert_eq!(counts.delay_ns, 50 * MS);
    assert!(counts.response_ns >= counts.delay_ns, "{counts:?}");
}

#[test]
fn a_stall_delays_what_is_due_during_it() {
    let stall = Some(Stall { every_ns: 300 * MS, length_ns: 200 * MS });
    let responder = start(Config { stall, ..Config::default() });
    let mut stream = connect(&responder);
    let since = Instant::now();
    while since.elapsed() < Duration::from_millis(700) {
        stream.write_all(GET.as_bytes()).unwrap();
        expect_hellos(&mut stream, 1);
    }
    let times = responder.stop().response_time;
    assert!(times.count_between(150 * MS, 10_000 * MS) >= 2, "{}", times.max_ns());
    assert!(times.quantile(0.5) < 50 * MS);
}

#[test]
fn a_pause_freezes_everything_and_then_ends() {
    let responder = start(Config { threads: 2, ..Config::default() });
    let mut stream = connect(&responder);
    stream.write_all(GET.as_bytes()).unwrap();
    expect_hellos(&mut stream, 1);
    let since = Instant::now();
    responder.pause(Duration::from_millis(200));
    let mut late = connect(&responder);
    for stream in [&mut stream, &mut late] {
        stream.write_all(GET.as_bytes()).unwrap();
    }
    expect_hellos(&mut stream, 1);
    expect_hellos(&mut late, 1);
    assert!(since.elapsed() >= Duration::from_millis(195), "{:?}", since.elapsed());
}

#[test]
fn what_waits_in_the_kernel_is_part_of_the_record_if_that_is_the_receipt() {
    for (receipt, waits) in [(Receipt::Kernel, true), (Receipt::Read, false)] {
        let responder = start(Config { receipt, ..Config::default() });
        let mut stream = connect(&responder);
        // The kernel starts to timestamp a moment after the option is set.
        std::thread::sleep(Duration::from_millis(50));
        responder.pause(Duration::from_millis(300));
        stream.write_all(GET.as_bytes()).unwrap();
        expect_hellos(&mut stream, 1);
        let longest_ns = responder.stop().response_time.max_ns();
        assert_eq!(longest_ns > 150 * MS, waits, "{receipt:?}: {longest_ns} ns");
    }
}

#[test]
fn a_client_that_asks_whether_its_body_may_come_is_told_so_after_earlier_answers() {
    let responder = start(Config::default());
    let mut stream = connect(&responder);
    let head = "POST / HTTP/1.1\r\nContent-Length: 3\r\nExpect: 100-Continue\r\n\r\n";
    stream.write_all([GET, head].concat().as_bytes()).unwrap();
    expect_hellos(&mut stream, 1);
    expect(&mut stream, "HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"abc").unwrap();
    expect_hellos(&mut stream, 1);
    let record = responder.stop();
    assert_eq!((record.counts.requests, record.counts.responses), (2, 2));
    assert_eq!(record.response_time.count(), 2);
}

#[test]
fn a_body_that_has_come_and_http_1_0_are_not_told_to_continue() {
    let responder = start(Config::default());
    let asked = "POST / HTTP/1.1\r\nExpect: 100-continue\r\n";
    let whole = format!("{asked}Connection: close\r\nContent-Length: 3\r\n\r\nabc");
    assert!(exchange(&responder, &whole).starts_with("HTTP/1.1 200 OK"));
    let empty = format!("{asked}Connection: close\r\n\r\n");
    assert!(exchange(&responder, &empty).starts_with("HTTP/1.1 200 OK"));
    let mut stream = connect(&responder);
    let old = "POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n";
    stream.write_all(old.as_bytes()).unwrap();
    std::thread::sleep(Duration::from_millis(20));
    stream.write_all(b"abc").unwrap();
    assert!(read_all(stream).unwrap().starts_with("HTTP/1.1 200 OK"));
}

#[test]
fn a_pause_is_cut_short_by_the_end() {
    let responder = start(Config::default());
    let since = Instant::now();
    responder.pause(Duration::from_secs(1_000));
    assert_eq!(responder.stop().counts, Counts::default());
    assert!(since.elapsed() < Duration::from_secs(50));
}

#[test]
fn stopping_answers_what_is_under_way() {
    let delay = Delay::Constant { delay_ns: 100 * MS };
    let responder = start(Config { delay, ..Config::default() });
    let mut stream = connect(&responder);
    stream.write_all(GET.as_bytes()).unwrap();
    await_counts(&responder, |counts| counts.requests == 1);
    let counts = responder.stop().counts;
    assert_eq!((counts.responses, counts.abandoned), (1, 0));
    expect_hellos(&mut stream, 1);
}

#[test]
fn head_gets_the_head_alone() {
    let responder = start(Config::default());
    let answer = exchange(&responder, &LAST.replace("GET", "HEAD"));
    assert!(answer.contains("Content-Length: 12\r\n"), "{answer}");
    assert_eq!(body_of(&answer), "");
}

#[test]
fn bodies_of_requests_are_ignored() {
    let responder = start(Config::default());
    let posts = "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nGET /".repeat(3);
    let answer = exchange(&responder, &(posts + LAST));
    assert_eq!(answer.matches("Hello world!").count(), 4);
}

#[test]
fn http_1_0_keeps_a_connection_open_only_if_asked() {
    let responder = start(Config::default());
    let old = "GET / HTTP/1.0\r\n\r\n";
    let kept = "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
    let answer = exchange(&responder, &[kept, old].concat());
    assert_eq!(answer.matches("Hello world!").count(), 2);
    assert_eq!(answer.matches("Connection: keep-alive\r\n").count(), 1);
    assert_eq!(answer.matches("Connection: close\r\n").count(), 1);
}

#[test]
fn the_body_may_be_chunked_or_end_with_the_connection() {
    let chunked = Framing::Chunked { chunk_bytes: 5 };
    let responder = start(Config { framing: chunked, ..Config::default() });
    let answer = exchange(&responder, LAST);
    assert_eq!(body_of(&answer), "5\r\nHello\r\n5\r\n worl\r\n2\r\nd!\r\n0\r\n\r\n");
    assert_eq!(body_of(&exchange(&responder, "GET / HTTP/1.0\r\n\r\n")), "Hello world!");
    let responder = start(Config { framing: Framing::Close, ..Config::default() });
    let answer = exchange(&responder, &GET.repeat(3));
    assert_eq!(body_of(&answer), "Hello world!");
    assert!(!answer.contains("Content-Length"), "{answer}");
}

#[test]
fn a_template_may_be_chunked() {
    let (framing, body) =
        (Framing::Chunked { chunk_bytes: 4096 }, Body::Template("t={token}".into()));
    let responder = start(Config { framing, body, ..Config::default() });
    let answer = exchange(&responder, &LAST.replace("GET /", "GET /?a=b&token=0123456789"));
    assert_eq!(body_of(&answer), "c\r\nt=0123456789\r\n0\r\n\r\n");
}

#[test]
fn large_bodies_arrive_whole_though_the_client_reads_late() {
    let responder = start(Config { body: Body::Size(3_000_000), ..Config::default() });
    let mut stream = connect(&responder);
    stream.write_all([GET, LAST].concat().as_bytes()).unwrap();
    std::thread::sleep(Duration::from_millis(50));
    let answer = read_all(stream).unwrap();
    assert_eq!(answer.matches('x').count() - answer.matches("text/plain").count(), 6_000_000);
    assert_eq!(responder.stop().response_time.count(), 2);
}

#[test]
fn no_content_has_no_body() {
    let responder = start(Config { status: 204, ..Config::default() });
    let answer = exchange(&responder, LAST);
    assert!(answer.starts_with("HTTP/1.1 204 No Content\r\n"), "{answer}");
    assert!(!answer.contains("Content-Length") && answer.ends_with("\r\n\r\n"), "{answer}");
}

#[test]
fn what_is_no_request_is_answered_with_400() {
    let responder = start(Config::default());
    let answer = exchange(&responder, &(GET.to_owned() + "nonsense\r\n\r\n"));
    assert_eq!(answer.matches("Hello world!").count(), 1);
    assert_eq!(answer.matches("HTTP/1.1 400 Bad Request").count(), 1);
    let record = responder.stop();
    assert_eq!((record.counts.requests, record.counts.malformed), (1, 1));
    assert_eq!(record.response_time.count(), 1);
}
