//! Virtual users and their cookies.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use timetrial_engine::expect::Expectation;
use timetrial_engine::load::{Drive, Model, Setting, Target};
use timetrial_engine::outcome::Outcome;
use timetrial_engine::request::Request;
use timetrial_engine::session::Session;
use timetrial_engine::users::ThinkTime;

/// Sets another cookie with each response to /login, and records the cookies of /shop. Closes each
/// connection after one response.
fn shop(visits: Arc<Mutex<Vec<Option<String>>>>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let sessions = Arc::new(AtomicU64::new(0));
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (visits, sessions) = (Arc::clone(&visits), Arc::clone(&sessions));
            thread::spawn(move || {
                let mut stream = stream.unwrap();
                let mut buffer = [0; 4096];
                let bytes = stream.read(&mut buffer).unwrap();
                let head = String::from_utf8_lossy(&buffer[..bytes]).into_owned();
                let cookie =
                    head.lines().find_map(|line| line.strip_prefix("Cookie: ").map(String::from));
                let mut set = String::new();
                if head.starts_with("GET /shop") {
                    visits.lock().unwrap().push(cookie);
                } else {
                    set = format!("Set-Cookie: user={}; Path=/\r\n", sessions.fetch_add(1, SeqCst));
                }
                let answer = format!(
                    "HTTP/1.1 200 OK\r\nConnection: close\r\n{set}Content-Length: 0\r\n\r\n"
                );
                stream.write_all(answer.as_bytes()).unwrap();
            });
        }
    });
    address
}

#[test]
fn each_user_has_cookies_of_its_own_whatever_becomes_of_the_connection() {
    let visits = Arc::default();
    let address = shop(Arc::clone(&visits));
    let request = |path| Request::new("GET", "localhost", path, &[], b"", Expectation::default());
    let target = Target {
        address: address.into(),
        requests: [request("/login"), request("/shop"), request("/shop")].into(),
        tls: None,
        sources: [].into(),
    };
    let setting = Setting { connections: 3, backend: crate::BACKEND, ..Setting::default() };
    let mut session = Session::open(&[target], &setting).unwrap();
    let drive = Drive {
        target: 0,
        model: Model::Users { think: vec![ThinkTime::None; 3], seed: 1 },
        lead_in_ns: 0,
        window_ns: 10_000_000_000,
        drain_ns: 1_000_000_000,
        max_requests: Some(9),
    };
    session.start(&drive).unwrap();
    let tally = session.wait(Duration::from_secs(10)).unwrap().expect("ended in time");
    assert_eq!(tally.overall.of(Outcome::Ok), 9);
    // Each login sets another cookie, and two visits follow it.
    let seen: Vec<String> = visits.lock().unwrap().iter().cloned().collect::<Option<_>>().unwrap();
    assert!(seen.iter().all(|cookie| cookie.starts_with("user=")), "{seen:?}");
    let visits_with = |cookie| seen.iter().filter(|&other| other == cookie).count();
    assert!(seen.iter().all(|cookie| visits_with(cookie) <= 2), "{seen:?}");
    assert!(seen.len() >= 4, "{seen:?}");
}
