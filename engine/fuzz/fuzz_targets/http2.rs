//! Frames are read alike in pieces and at once, and no bytes make the client panic. The first byte is
//! the number of cuts, which are two bytes each; the rest is what the server sends after its settings.
#![no_main]

mod cuts;

use libfuzzer_sys::fuzz_target;
use timetrial_engine::http2::{Client, Event, RequestTemplate, Scheme};

const LANES: usize = 3;
/// Settings with a small window, then the acknowledgement of ours.
const BEGIN: &[u8] = b"\0\0\x06\x04\0\0\0\0\0\0\x04\0\0\0\x08\0\0\0\x04\x01\0\0\0\0";

/// What has come, and what was sent.
#[derive(Debug, PartialEq)]
struct Seen {
    events: Vec<Event>,
    bodies: [Vec<u8>; LANES],
    sent: Vec<u8>,
}

/// Reads a piece to its end. The client keeps asking for as much as it may.
fn read(client: &mut Client, piece: &[u8], seen: &mut Seen) {
    let mut rest = piece;
    loop {
        let bodies = &mut seen.bodies;
        let mut body = |lane: usize, part: &[u8]| bodies[lane].extend_from_slice(part);
        let (taken, event) = client.receive(rest, &mut body);
        assert!(taken <= rest.len(), "takes no more than there is");
        rest = &rest[taken..];
        if event == Event::Partial {
            assert!(rest.is_empty(), "all is consumed");
            return;
        }
        seen.events.push(event);
    }
}

fn conversation(pieces: &[&[u8]]) -> Seen {
    let mut seen = Seen { events: vec![], bodies: Default::default(), sent: vec![] };
    let mut client = Client::new(LANES);
    client.begin();
    read(&mut client, BEGIN, &mut seen);
    let get = RequestTemplate::new(Scheme::Http, "GET", "here", "/{token}", &[], b"");
    let post =
        RequestTemplate::new(Scheme::Http, "POST", "here", "/", &[], b"twenty bytes of body");
    for (request, is_head) in [(&get, false), (&post, false), (&get, true)] {
        client.open(request, is_head, 1, None, &mut seen.sent).expect("there is room");
    }
    for piece in pieces {
        read(&mut client, piece, &mut seen);
    }
    client.upload(|_| Some((&post, 1)), &mut seen.sent);
    client.take_control(&mut seen.sent);
    assert!(client.len() <= LANES);
    assert!(seen.sent.len() <= 1_000 + 2 * pieces.iter().map(|piece| piece.len()).sum::<usize>());
    client.reset();
    assert!(client.is_empty() && client.begin());
    seen
}

fuzz_target!(|input: &[u8]| {
    let Some((&first, rest)) = input.split_first() else { return };
    let Some((bytes, pieces)) = cuts::cut(first, rest) else { return };
    let whole = conversation(&[bytes]);
    assert_eq!(whole, conversation(&pieces));
    assert_eq!(whole, conversation(&bytes.chunks(1).collect::<Vec<_>>()));
});
