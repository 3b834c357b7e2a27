//! How connections open and close.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{mpsc, Arc};
use std::thread;
use std::time::{Duration, Instant};

use socket2::SockRef;
use timetrial_engine::address::Address;
use timetrial_engine::reactor::Event;

use crate::support::{
    backends, connect, echo, next_event, on_each, pattern, receive, server, until, MS, PATIENCE,
};

#[test]
fn unix_sockets_are_reached_too() {
    let path = std::env::temp_dir().join(format!("timetrial-reactors-{}", std::process::id()));
    let listener = UnixListener::bind(&path).unwrap();
    thread::spawn(move || listener.incoming().for_each(|stream| echo(stream.unwrap())));
    on_each(1, |reactor| {
        connect(reactor, 0, &Address::Unix(path.clone()));
        reactor.send(0, b"local");
        assert_eq!(receive(reactor, 0, 5), b"local");
        reactor.close(0);
        reactor.wait(0).unwrap();
    });
    std::fs::remove_file(path).unwrap();
}

#[test]
fn ipv6_is_reached_too() {
    let Ok(listener) = TcpListener::bind("[::1]:0") else {
        println!("skipped: no IPv6 here");
        return;
    };
    let address = listener.local_addr().unwrap().into();
    thread::spawn(move || {
        for stream in listener.incoming() {
            thread::spawn(move || echo(stream.unwrap()));
        }
    });
    on_each(1, |reactor| {
        connect(reactor, 0, &address);
        reactor.send(0, b"six");
        assert_eq!(receive(reactor, 0, 3), b"six");
    });
}

#[test]
fn a_thousand_connections_are_served() {
    let address = server(|stream, _| echo(stream));
    on_each(1_000, |reactor| {
        // Not all at once: the queue of the listener is short.
        let mut begun = 100;
        for slot in 0..begun {
            reactor.connect(slot, &address, None).unwrap();
        }
        let mut turns = vec![0; 1_000];
        let mut left = 1_000;
        until(reactor, |reactor, event| {
            let (Event::Connected { slot } | Event::Received { slot, .. }) = event else {
                panic!("{event:?}")
            };
            if matches!(event, Event::Connected { .. }) && begun < 1_000 {
                reactor.connect(begun, &address, None).unwrap();
                begun += 1;
            }
            if turns[slot] > 0 {
                assert_eq!(reactor.received(), [turns[slot], slot.to_le_bytes()[0]]);
            }
            turns[slot] += 1;
            if turns[slot] <= 5 {
                reactor.send(slot, &[turns[slot], slot.to_le_bytes()[0]]);
            } else {
                left -= 1;
            }
            (left == 0).then_some(())
        });
    });
}

#[test]
fn an_early_close_is_told() {
    let address = server(|mut stream, _| stream.read_exact(&mut [0; 2]).unwrap());
    on_each(1, |reactor| {
        connect(reactor, 0, &address);
        reactor.send(0, b"go");
        assert_eq!(next_event(reactor), Event::Closed { slot: 0 });
    });
}

#[test]
fn a_reset_is_told() {
    let address = server(|mut stream, _| {
        stream.read_exact(&mut [0; 2]).unwrap();
        SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
    });
    on_each(1, |reactor| {
        connect(reactor, 0, &address);
        reactor.send(0, b"go");
        assert_eq!(next_event(reactor), Event::Reset { slot: 0 });
    });
}

#[test]
fn a_refused_connection_is_told_and_the_slot_can_be_used_again() {
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().into();
    let address = server(|stream, _| echo(stream));
    on_each(1, |reactor| {
        for _ in 0..3 {
            reactor.connect(0, &gone, None).unwrap();
            assert_eq!(next_event(reactor), Event::ConnectFailed { slot: 0 });
            reactor.close(0);
        }
        connect(reactor, 0, &address);
        reactor.send(0, b"here");
        assert_eq!(receive(reactor, 0, 4), b"here");
    });
}

#[test]
fn a_slot_that_is_used_again_at_once_gets_nothing_of_its_last_connection() {
    on_each(4, |reactor| {
        // Each connection sends its number repeatedly.
        let address = server(|mut stream, number| {
            let bytes = [number.to_le_bytes()[0]; 1_000];
            let _ = stream.read(&mut [0; 2]);
            while stream.write_all(&bytes).is_ok() {}
        });
        let mut last: Vec<Option<u8>> = vec![None; 4];
        let mut left = 200;
        for slot in 0..4 {
            reactor.connect(slot, &address, None).unwrap();
        }
        until(reactor, |reactor, event| {
            match event {
                Event::Received { slot, .. } => {
                    let number = reactor.received()[0];
                    assert!(reactor.received().iter().all(|&byte| byte == number));
                    assert_ne!(last[slot], Some(number));
                    last[slot] = Some(number);
                    reactor.close(slot);
                    reactor.connect(slot, &address, None).unwrap();
                    left -= 1;
                }
                Event::Connected { slot } => reactor.send(slot, b"go"),
                event => panic!("{event:?}"),
            }
            (left <= 0).then_some(())
        });
        for slot in 0..4 {
            reactor.close(slot);
        }
        reactor.wait(0).unwrap();
        assert_eq!(reactor.next(), None);
    });
}

#[test]
fn a_connect_that_is_given_up_tells_nothing_and_leaves_the_slot_free() {
    let address = server(|stream, _| echo(stream));
    on_each(1, |reactor| {
        for _ in 0..20 {
            reactor.connect(0, &address, None).unwrap();
            reactor.close(0);
            reactor.connect(0, &address, None).unwrap();
            reactor.wait(0).unwrap();
            reactor.close(0);
        }
        connect(reactor, 0, &address);
        reactor.send(0, b"at last");
        assert_eq!(receive(reactor, 0, 7), b"at last");
    });
}

#[test]
fn what_is_closed_is_closed_for_the_peer() {
    let ended = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&ended);
    let address = server(move |mut stream, _| {
        stream.read_to_end(&mut vec![]).ok();
        counter.fetch_add(1, SeqCst);
    });
    on_each(20, |reactor| {
        let before = ended.load(SeqCst);
        for slot in 0..20 {
            connect(reactor, slot, &address);
        }
        for slot in 0..20 {
            reactor.close(slot);
        }
        reactor.wait(0).unwrap();
        let begin = Instant::now();
        while ended.load(SeqCst) < before + 20 && begin.elapsed() < PATIENCE {
            thread::sleep(Duration::from_millis(1));
        }
        assert_eq!(ended.load(SeqCst), before + 20);
    });
}

#[test]
fn what_is_dropped_is_closed_for_the_peer() {
    let (sender, ended) = mpsc::channel();
    let address = server(move |mut stream, _| {
        stream.read_to_end(&mut vec![]).ok();
        sender.send(()).unwrap();
    });
    on_each(5, |reactor| {
        for slot in 0..5 {
            connect(reactor, slot, &address);
        }
    });
    for _ in 0..5 * backends().len() {
        ended.recv_timeout(PATIENCE).unwrap();
    }
}

#[test]
fn a_slot_can_be_used_again_while_bytes_of_its_last_connection_are_stuck() {
    let address = server(|stream, number| {
        if number % 2 == 0 {
            // For as long as the client needs, on a busy machine, too.
            thread::sleep(Duration::from_secs(5));
        } else {
            echo(stream);
        }
    });
    let much = pattern(20_000_000);
    on_each(1, |reactor| {
        connect(reactor, 0, &address);
        reactor.send(0, &much);
        for _ in 0..3 {
            reactor.wait(MS).unwrap();
            assert_eq!(reactor.next(), None);
        }
        reactor.close(0);
        connect(reactor, 0, &address);
        reactor.send(0, b"small");
        assert_eq!(receive(reactor, 0, 5), b"small");
    });
}

#[test]
fn an_empty_slot_ignores_what_it_is_asked() {
    on_each(1, |reactor| {
        reactor.send(0, b"nobody");
        reactor.close(0);
        reactor.wait(MS).unwrap();
        assert_eq!(reactor.next(), None);
    });
}

#[test]
fn a_wait_ends_in_time() {
    on_each(1, |reactor| {
        let begin = Instant::now();
        reactor.wait(20 * MS).unwrap();
        assert!(begin.elapsed() >= Duration::from_millis(19));
        assert!(begin.elapsed() < Duration::from_millis(500));
    });
}
