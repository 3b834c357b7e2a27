//! Servers, and waits for events of reactors.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use timetrial_engine::address::Address;
use timetrial_engine::reactor::backend::{available, Backend};
use timetrial_engine::reactor::epoll::Epoll;
use timetrial_engine::reactor::uring::Uring;
use timetrial_engine::reactor::{Event, Reactor};

pub const MS: u64 = 1_000_000;
pub const PATIENCE: Duration = Duration::from_secs(20);

/// The backends that are usable here.
pub fn backends() -> Vec<Backend> {
    let of = |backend| available(backend).map_err(|why| println!("skipped {backend}: {why}")).ok();
    [Backend::Epoll, Backend::Uring].into_iter().filter_map(of).collect()
}

pub fn on_each(slots: usize, scenario: impl Fn(&mut dyn Reactor)) {
    for backend in backends() {
        println!("{backend}");
        match backend {
            Backend::Uring => scenario(&mut Uring::new(slots).unwrap()),
            _ => scenario(&mut Epoll::new(slots).unwrap()),
        }
    }
}

#[path = "../common/serve_connections.rs"]
mod serve_connections;

pub fn server(serve: impl Fn(TcpStream, usize) + Send + Sync + 'static) -> Address {
    serve_connections::serve_connections(serve).into()
}

pub fn echo(mut stream: impl Read + Write) {
    let mut buffer = [0; 4096];
    while let Ok(bytes @ 1..) = stream.read(&mut buffer) {
        stream.write_all(&buffer[..bytes]).unwrap();
    }
}

/// Bytes that differ from their neighbours, so that a wrong order is detected.
pub fn pattern(bytes: usize) -> Vec<u8> {
    (0..bytes as u64)
        .map(|index| (index.wrapping_mul(0x9e37_79b9) >> 13).to_le_bytes()[0])
        .collect()
}

/// Passes events to `handle` until it returns a value.
pub fn until<T>(
    reactor: &mut dyn Reactor,
    mut handle: impl FnMut(&mut dyn Reactor, Event) -> Option<T>,
) -> T {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        reactor.wait(10 * MS).unwrap();
        let mut outcome = None;
        while let Some(event) = reactor.next() {
            outcome = outcome.or(handle(reactor, event));
        }
        if let Some(outcome) = outcome {
            return outcome;
        }
    }
    panic!("nothing came of it");
}

pub fn next_event(reactor: &mut dyn Reactor) -> Event {
    until(reactor, |_, event| Some(event))
}

pub fn connect(reactor: &mut dyn Reactor, slot: usize, address: &Address) {
    reactor.connect(slot, address, None).unwrap();
    assert_eq!(next_event(reactor), Event::Connected { slot });
}

/// Receives until there are `count` bytes.
pub fn receive(reactor: &mut dyn Reactor, slot: usize, count: usize) -> Vec<u8> {
    let mut all = vec![];
    until(reactor, |reactor, event| {
        if all.len() >= count {
            return Some(());
        }
        assert!(matches!(event, Event::Received { slot: from, .. } if from == slot), "{event:?}");
        all.extend_from_slice(reactor.received());
        (all.len() >= count).then_some(())
    });
    all
}

/// Receives until the end of the connection.
pub fn receive_all(reactor: &mut dyn Reactor, slot: usize) -> Vec<u8> {
    let mut all = vec![];
    until(reactor, |reactor, event| match event {
        Event::Received { slot: from, .. } if from == slot => {
            all.extend_from_slice(reactor.received());
            None
        }
        event => {
            assert_eq!(event, Event::Closed { slot });
            Some(())
        }
    });
    all
}
