//! Pieces are sent behind bytes, and it is told when a socket has accepted them.

use std::io::{Read, Write};
use std::sync::{mpsc, Arc};

use timetrial_engine::reactor::Event;
use timetrial_engine::upload::Piece;

use crate::support::{connect, next_event, on_each, pattern, receive, server, until, PATIENCE};

#[test]
fn bytes_and_pieces_arrive_in_order_and_each_is_told() {
    let body: Arc<[u8]> = pattern(3_000_000).into();
    let total = 2 * (body.len() + 4);
    let (sender, received) = mpsc::channel();
    let address = server(move |mut stream, _| {
        let mut all = vec![0; total];
        stream.read_exact(&mut all).unwrap();
        sender.send(all).unwrap();
        stream.write_all(b"done").unwrap();
    });
    on_each(1, |reactor| {
        connect(reactor, 0, &address);
        for _ in 0..2 {
            reactor.send_piece(0, b"head", Piece::whole(Arc::clone(&body)));
            until(reactor, |_, event| (event == Event::Drained { slot: 0 }).then_some(()));
        }
        assert_eq!(receive(reactor, 0, 4), b"done");
        let all = received.recv_timeout(PATIENCE).unwrap();
        let once = [b"head", &body[..]].concat();
        assert!(all == once.repeat(2));
    });
}

#[test]
fn a_piece_may_have_no_bytes_and_bytes_no_piece() {
    let address = server(|mut stream, _| {
        stream.read_exact(&mut [0; 8]).unwrap();
        stream.write_all(b"done").unwrap();
    });
    on_each(1, |reactor| {
        connect(reactor, 0, &address);
        for (bytes, piece) in [(&b"head"[..], &b""[..]), (b"", b"tail")] {
            reactor.send_piece(0, bytes, Piece::whole(piece.into()));
            until(reactor, |_, event| (event == Event::Drained { slot: 0 }).then_some(()));
        }
        assert_eq!(receive(reactor, 0, 4), b"done");
    });
}

#[test]
fn a_piece_of_a_closed_socket_tells_nothing_and_the_next_socket_is_not_disturbed() {
    let address = server(|mut stream, number| {
        if number % 2 == 0 {
            // It reads nothing while the client is there.
            std::thread::park_timeout(PATIENCE);
        } else {
            stream.read_exact(&mut [0; 4]).unwrap();
            stream.write_all(b"done").unwrap();
        }
    });
    on_each(1, |reactor| {
        connect(reactor, 0, &address);
        reactor.send_piece(0, b"", Piece::whole(vec![7; 50_000_000].into()));
        reactor.wait(0).unwrap();
        reactor.close(0);
        connect(reactor, 0, &address);
        reactor.send(0, b"more");
        let event = next_event(reactor);
        assert!(matches!(event, Event::Received { slot: 0, .. }), "{event:?}");
        reactor.close(0);
    });
}
