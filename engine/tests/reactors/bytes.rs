//! Sent bytes arrive, and received bytes are reported.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::sync::{mpsc, Arc};
use std::thread;
use std::time::Duration;

use timetrial_engine::reactor::Event;

use crate::support::{
    connect, echo, next_event, on_each, pattern, receive, receive_all, server, until, MS, PATIENCE,
};

#[test]
fn bytes_go_there_and_back() {
    let address = server(|stream, _| echo(stream));
    on_each(2, |reactor| {
        connect(reactor, 1, &address);
        for text in ["some", "bytes", "more"] {
            reactor.send(1, text.as_bytes());
            assert_eq!(receive(reactor, 1, text.len()), text.as_bytes());
        }
    });
}

#[test]
fn bytes_may_be_sent_before_the_connection_is_there() {
    let address = server(|stream, _| echo(stream));
    on_each(1, |reactor| {
        reactor.connect(0, &address, None).unwrap();
        reactor.send(0, b"ear");
        reactor.send(0, b"ly");
        assert_eq!(next_event(reactor), Event::Connected { slot: 0 });
        assert_eq!(receive(reactor, 0, 5), b"early");
    });
}

#[test]
fn a_large_body_arrives_whole() {
    let body: Arc<[u8]> = pattern(3_000_000).into();
    let sent = Arc::clone(&body);
    let address = server(move |mut stream, _| {
        stream.read_exact(&mut [0; 2]).unwrap();
        stream.write_all(&sent).unwrap();
    });
    on_each(3, |reactor| {
        for slot in 0..3 {
            connect(reactor, slot, &address);
            reactor.send(slot, b"go");
            assert!(receive_all(reactor, slot) == *body);
        }
    });
}

#[test]
fn large_bodies_of_many_connections_arrive_whole_at_the_same_time() {
    let body: Arc<[u8]> = pattern(1_000_000).into();
    let sent = Arc::clone(&body);
    let address = server(move |mut stream, _| {
        stream.read_exact(&mut [0; 2]).unwrap();
        stream.write_all(&sent).unwrap();
    });
    on_each(50, |reactor| {
        let mut all = vec![vec![]; 50];
        let mut open = 50;
        for slot in 0..50 {
            reactor.connect(slot, &address, None).unwrap();
        }
        until(reactor, |reactor, event| {
            match event {
                Event::Received { slot, .. } => all[slot].extend_from_slice(reactor.received()),
                Event::Connected { slot } => reactor.send(slot, b"go"),
                Event::Closed { .. } => open -= 1,
                event => panic!("{event:?}"),
            }
            (open == 0).then_some(())
        });
        assert!(all.iter().all(|bytes| bytes[..] == *body));
    });
}

#[test]
fn bytes_that_the_peer_closed_behind_say_so() {
    let address = server(|mut stream, _| {
        stream.read_exact(&mut [0; 2]).unwrap();
        thread::sleep(Duration::from_millis(30));
        stream.write_all(b"farewell").unwrap();
    });
    on_each(1, |reactor| {
        connect(reactor, 0, &address);
        reactor.send(0, b"go");
        reactor.wait(0).unwrap();
        thread::sleep(Duration::from_millis(120));
        let closing = until(reactor, |reactor, event| match event {
            Event::Received { closing, .. } => {
                assert_eq!(reactor.received(), b"farewell");
                Some(closing)
            }
            event => {
                assert_eq!(event, Event::Closed { slot: 0 });
                None
            }
        });
        assert!(closing);
    });
}

#[test]
fn bytes_of_a_peer_that_goes_on_do_not_say_so() {
    let address = server(|stream, _| echo(stream));
    on_each(1, |reactor| {
        connect(reactor, 0, &address);
        reactor.send(0, b"on");
        assert_eq!(next_event(reactor), Event::Received { slot: 0, closing: false });
    });
}

#[test]
fn a_peer_that_has_closed_its_side_can_still_be_sent_to() {
    let (sender, received) = mpsc::channel();
    let address = server(move |mut stream, _| {
        stream.read_exact(&mut [0; 2]).unwrap();
        stream.write_all(b"mine is done").unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut all = vec![];
        stream.read_to_end(&mut all).unwrap();
        sender.send(all).unwrap();
    });
    on_each(1, |reactor| {
        connect(reactor, 0, &address);
        reactor.send(0, b"go");
        assert_eq!(receive_all(reactor, 0), b"mine is done");
        reactor.send(0, b"mine is not");
        reactor.wait(10 * MS).unwrap();
        reactor.close(0);
        reactor.wait(0).unwrap();
        assert_eq!(received.recv_timeout(PATIENCE).unwrap(), b"mine is not");
    });
}

#[test]
fn a_slow_reader_gets_all_bytes_in_order() {
    let all = pattern(3_000_000);
    let (sender, received) = mpsc::channel();
    let address = server(move |mut stream, _| {
        let mut got = vec![];
        let mut buffer = vec![0; 50_000];
        while got.len() < 3_000_000 {
            let bytes = stream.read(&mut buffer).unwrap();
            got.extend_from_slice(&buffer[..bytes]);
            thread::sleep(Duration::from_micros(500));
        }
        stream.write_all(b"thanks").unwrap();
        sender.send(got).unwrap();
    });
    on_each(1, |reactor| {
        connect(reactor, 0, &address);
        for piece in all.chunks(1_000_000) {
            reactor.send(0, piece);
            reactor.wait(MS).unwrap();
            assert_eq!(reactor.next(), None);
        }
        assert_eq!(receive(reactor, 0, 6), b"thanks");
        assert!(received.recv_timeout(PATIENCE).unwrap() == all);
    });
}
