//! A client against bytes of servers that keep to the protocol, and of some that do not.

use super::*;
use crate::http2::frame::{
    ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HAS_PRIORITY, HEADERS, PADDED, PING,
    PRIORITY, PUSH_PROMISE, RST_STREAM, SETTINGS, WINDOW_UPDATE,
};
use crate::http2::Scheme;

#[path = "client_laws_tests.rs"]
mod laws;

/// `:status: 200`, by its index.
const OK: &[u8] = &[0x88];
/// A response with a length: status 200, `content-length: 5`.
const OF_FIVE: &[u8] = &[0x88, 0x0f, 0x0d, 1, b'5'];

fn framed(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut out = vec![];
    frame::write(&mut out, kind, flags, stream, payload);
    out
}

fn settings(entries: &[(u16, u32)]) -> Vec<u8> {
    let entry =
        |(name, value): &(u16, u32)| [&name.to_be_bytes()[..], &value.to_be_bytes()].concat();
    framed(SETTINGS, 0, 0, &entries.iter().flat_map(entry).collect::<Vec<u8>>())
}

/// The frames that some bytes are made of.
fn frames(bytes: &[u8]) -> Vec<(FrameHead, &[u8])> {
    let mut frames = vec![];
    let mut rest = bytes;
    while let Some(head) = rest.first_chunk().map(FrameHead::read) {
        let (payload, behind) = rest[HEAD_BYTES..].split_at(head.payload_bytes);
        frames.push((head, payload));
        rest = behind;
    }
    frames
}

fn request(body: &[u8]) -> RequestTemplate {
    let method = if body.is_empty() { "GET" } else { "POST" };
    RequestTemplate::new(Scheme::Http, method, "here", "/", &[], body)
}

/// What came: events that are no mere progress, and bodies by lane.
#[derive(Debug, Default, PartialEq)]
struct Seen {
    events: Vec<Event>,
    bodies: Vec<Vec<u8>>,
}

impl Client {
    fn sees(&mut self, pieces: &[&[u8]]) -> Seen {
        let mut seen = Seen { events: vec![], bodies: vec![vec![]; self.streams.lanes()] };
        for piece in pieces {
            let mut rest = *piece;
            loop {
                let bodies = &mut seen.bodies;
                let mut body = |lane: usize, part: &[u8]| bodies[lane].extend_from_slice(part);
                let (taken, event) = self.receive(rest, &mut body);
                rest = &rest[taken..];
                if event == Event::Partial {
                    assert!(rest.is_empty(), "all is consumed");
                    break;
                }
                seen.events.push(event);
            }
        }
        seen
    }

    fn output(&mut self) -> Vec<u8> {
        let mut out = vec![];
        self.take_control(&mut out);
        out
    }
}

/// A client that has read these settings, and asked for as much as it may.
fn asking(lanes: usize, entries: &[(u16, u32)]) -> Client {
    let mut client = Client::new(lanes);
    assert!(client.begin() && !client.begin());
    assert!(client.output().starts_with(PREFACE));
    let begin = [settings(entries), framed(SETTINGS, ACK, 0, &[])].concat();
    assert_eq!(client.sees(&[&begin]).events, [Event::Ready]);
    assert_eq!(client.output(), framed(SETTINGS, ACK, 0, &[]));
    while client.open(&request(b""), false, 0, None, &mut vec![]).is_some() {}
    client
}

fn events(client: &mut Client, bytes: &[u8]) -> Vec<Event> {
    client.sees(&[bytes]).events
}

#[test]
fn no_more_streams_are_opened_than_the_server_allows() {
    assert_eq!(asking(8, &[(3, 3)]).len(), 3);
    assert_eq!(asking(8, &[]).len(), 8);
    let mut client = asking(8, &[(3, 0)]);
    assert_eq!((client.len(), client.room()), (0, 0));
    assert_eq!(events(&mut client, &settings(&[(3, 2)])), []);
    assert_eq!(client.room(), 2);
}

#[test]
fn a_first_head_empties_the_table_and_a_long_one_is_continued() {
    let mut client = asking(1, &[]);
    client.cancel(0);
    let mut out = vec![];
    client.has_sent_head = false;
    client.open(&request(b""), false, 0, None, &mut out);
    assert_eq!(out[HEAD_BYTES], NO_TABLE);
    client.cancel(0);
    let headers = [("a".to_owned(), "{".repeat(40_000))];
    let long = RequestTemplate::new(Scheme::Http, "GET", "here", "/", &headers, b"");
    out.clear();
    client.open(&long, false, 0, None, &mut out);
    let heads: Vec<_> = frames(&out).iter().map(|(head, _)| (head.kind, head.flags)).collect();
    assert_eq!(heads, [(HEADERS, END_STREAM), (CONTINUATION, 0), (CONTINUATION, END_HEADERS)]);
}

#[test]
fn responses_come_in_any_order_and_in_parts() {
    let mut client = asking(2, &[]);
    let transcript = [
        framed(HEADERS, END_HEADERS, 3, OF_FIVE),
        framed(HEADERS, END_HEADERS, 1, OK),
        framed(DATA, 0, 3, b"He"),
        framed(DATA, PADDED, 1, &[&[3][..], b"one", &[0; 3]].concat()),
        framed(DATA, END_STREAM, 3, b"llo"),
        framed(DATA, END_STREAM, 1, b""),
    ];
    let seen = client.sees(&[&transcript.concat()]);
    let ended = |lane| Event::Ended { lane, status: 200 };
    assert_eq!(seen.events, [ended(1), ended(0)]);
    assert_eq!(seen.bodies, [b"one".to_vec(), b"Hello".to_vec()]);
    assert!(client.is_empty());
}

#[test]
fn informational_heads_priorities_and_trailers_are_read() {
    let mut client = asking(1, &[]);
    let hints = [0x08, 3, b'1', b'0', b'3'];
    let with_priority = [&[0, 0, 0, 0, 9][..], OK].concat();
    let transcript = [
        framed(HEADERS, END_HEADERS, 1, &hints),
        framed(HEADERS, END_HEADERS | HAS_PRIORITY, 1, &with_priority),
        framed(PRIORITY, 0, 1, &[0; 5]),
        framed(0x42, 0, 1, b"unknown kinds are ignored"),
        framed(DATA, 0, 1, b"x"),
        framed(HEADERS, END_HEADERS | END_STREAM, 1, &[0, 1, b'a', 1, b'b']),
    ];
    assert_eq!(events(&mut client, &transcript.concat()), [Event::Ended { lane: 0, status: 200 }]);
}

#[test]
fn a_response_that_is_none_ends_its_stream_alone() {
    let ends = END_HEADERS | END_STREAM;
    let length = framed(HEADERS, ends, 1, OF_FIVE);
    let no_status = framed(HEADERS, ends, 1, &[0, 1, b'a', 1, b'b']);
    let data_first = framed(DATA, 0, 1, b"x");
    let no_end = [framed(HEADERS, END_HEADERS, 1, OK), framed(HEADERS, END_HEADERS, 1, &[])];
    let informational = framed(HEADERS, ends, 1, &[0x08, 3, b'1', b'0', b'0']);
    let update = framed(WINDOW_UPDATE, 0, 1, &[0; 4]);
    let wide = framed(WINDOW_UPDATE, 0, 1, &[0x7f, 0xff, 0xff, 0xff]);
    for bytes in [length, no_status, data_first, no_end.concat(), informational, update, wide] {
        let mut client = asking(2, &[]);
        assert_eq!(events(&mut client, &bytes), [Event::Malformed { lane: 0 }]);
        let told: Vec<_> = frames(&client.output()).iter().map(|(head, _)| head.kind).collect();
        assert_eq!((told, client.len()), (vec![RST_STREAM], 1));
        let other = framed(HEADERS, ends, 3, OK);
        assert_eq!(events(&mut client, &other), [Event::Ended { lane: 1, status: 200 }]);
        // What was on its way when the stream was reset does no harm.
        assert_eq!(events(&mut client, &framed(DATA, END_STREAM, 1, b"late")), []);
    }
}

#[test]
fn what_breaks_the_protocol_ends_the_connection_and_is_named() {
    let begun = framed(HEADERS, 0, 1, OK);
    let long = FrameHead { payload_bytes: 16_385, kind: DATA, flags: 0, stream: 1 };
    let mut too_long = vec![];
    long.write(&mut too_long);
    let cut = [0x40, 1, b'a', 0x7f, 0xa1, 0x1e];
    let cases = [
        (too_long, Violation::FrameSize),
        (framed(PING, 0, 0, &[0; 7]), Violation::FrameSize),
        (framed(RST_STREAM, 0, 1, &[0; 5]), Violation::FrameSize),
        (framed(WINDOW_UPDATE, 0, 0, &[0; 3]), Violation::FrameSize),
        (framed(GOAWAY, 0, 0, &[0; 7]), Violation::FrameSize),
        (framed(SETTINGS, ACK, 0, &[0; 6]), Violation::FrameSize),
        (framed(SETTINGS, 0, 0, &[0; 5]), Violation::FrameSize),
        (framed(PRIORITY, 0, 1, &[0; 4]), Violation::FrameSize),
        (framed(DATA, 0, 0, b"x"), Violation::StreamId),
        (framed(DATA, 0, 2, b"x"), Violation::StreamId),
        (framed(HEADERS, END_HEADERS, 0, OK), Violation::StreamId),
        (framed(HEADERS, END_HEADERS, 7, OK), Violation::StreamId),
        (framed(RST_STREAM, 0, 9, &[0; 4]), Violation::StreamId),
        (framed(WINDOW_UPDATE, 0, 9, &[0, 0, 0, 1]), Violation::StreamId),
        (framed(SETTINGS, 0, 1, &[]), Violation::StreamId),
        (framed(PING, 0, 1, &[0; 8]), Violation::StreamId),
        (framed(GOAWAY, 0, 1, &[0; 8]), Violation::StreamId),
        (framed(WINDOW_UPDATE, 0, 0, &[0; 4]), Violation::EmptyUpdate),
        (framed(WINDOW_UPDATE, 0, 0, &[0x7f, 0xff, 0xff, 0xff]), Violation::FlowControl),
        (settings(&[(4, 1 << 31)]), Violation::FlowControl),
        (settings(&[(2, 1)]), Violation::Settings),
        (framed(PUSH_PROMISE, END_HEADERS, 1, &[0; 4]), Violation::Push),
        (framed(DATA, PADDED, 1, &[]), Violation::Padding),
        (framed(DATA, PADDED, 1, &[4, 0, 0]), Violation::Padding),
        (framed(HEADERS, END_HEADERS | PADDED, 1, &[9, 0x88]), Violation::Padding),
        (framed(HEADERS, END_HEADERS, 1, &[0xbe]), Violation::Compression),
        (framed(CONTINUATION, END_HEADERS, 1, OK), Violation::Continuation),
        ([begun.clone(), framed(PING, 0, 0, &[0; 8])].concat(), Violation::Continuation),
        ([begun.clone(), framed(DATA, 0, 1, b"x")].concat(), Violation::Continuation),
        ([begun.clone(), framed(CONTINUATION, 0, 3, OK)].concat(), Violation::Continuation),
        ([begun, framed(CONTINUATION, 0, 1, &[]).repeat(8_000)].concat(), Violation::HeadTooLarge),
        (framed(PING, 0, 0, &[0; 8]).repeat(10_001), Violation::Flood),
        (settings(&[]).repeat(10_001), Violation::Flood),
        (framed(HEADERS, END_HEADERS, 1, &cut), Violation::Compression),
    ];
    for (bytes, violation) in cases {
        let mut client = asking(2, &[]);
        let seen = events(&mut client, &bytes);
        assert_eq!(seen, [Event::Violated(violation)], "{:?}", &bytes[..bytes.len().min(24)]);
        let mut goaway = vec![];
        frame::write_goaway(&mut goaway, violation.code());
        assert!(client.output().ends_with(&goaway));
        assert_eq!((client.room(), events(&mut client, b"more")), (0, vec![]));
    }
}

#[test]
fn data_beyond_the_window_is_a_violation() {
    let mut client = asking(1, &[]);
    assert_eq!(events(&mut client, &framed(HEADERS, END_HEADERS, 1, OK)), []);
    let piece = framed(DATA, 0, 1, &[0; 16_384]);
    // Half a window is given back at a time: a server that waits for that can go on for ever.
    for _ in 0..200 {
        assert_eq!(events(&mut client, &piece), []);
    }
    let updates = client.output();
    assert!(updates.len() >= 6 * 13, "{} bytes of updates", updates.len());
    client.streams.get_mut(0).unwrap().receive_window = ReceiveWindow::new(100);
    let violated = [Event::Violated(Violation::FlowControl)];
    assert_eq!(events(&mut client, &framed(DATA, 0, 1, &[0; 101])), violated);
}

#[test]
fn frames_after_the_end_of_a_response_are_a_violation() {
    let mut client = asking(1, &[]);
    let ends = framed(HEADERS, END_HEADERS | END_STREAM, 1, OK);
    assert_eq!(
        events(&mut client, &[ends.clone(), ends].concat()),
        [Event::Ended { lane: 0, status: 200 }, Event::Violated(Violation::AfterEnd)]
    );
}

#[test]
fn refused_streams_lower_what_is_asked_for_at_once() {
    let mut client = asking(4, &[]);
    let refused = framed(RST_STREAM, 0, 7, &[0, 0, 0, 7]);
    assert_eq!(events(&mut client, &refused), [Event::Unprocessed { lane: 3 }]);
    assert_eq!((client.len(), client.room(), client.can_open()), (3, 3, false));
    let cancelled = framed(RST_STREAM, 0, 5, &[0, 0, 0, 8]);
    assert_eq!(events(&mut client, &cancelled), [Event::Reset { lane: 2, code: 8 }]);
}

#[test]
fn what_a_server_that_goes_away_has_not_processed_is_given_back() {
    let mut client = asking(4, &[]);
    let goaway = framed(GOAWAY, 0, 0, &[&[0, 0, 0, 3, 0, 0, 0, 0][..], b"bye"].concat());
    let unprocessed = |lane| Event::Unprocessed { lane };
    assert_eq!(
        events(&mut client, &goaway),
        [Event::GoAway { code: 0 }, unprocessed(2), unprocessed(3)]
    );
    assert!(client.is_draining() && !client.can_open());
    let ends = END_HEADERS | END_STREAM;
    let both = [framed(HEADERS, ends, 1, OK), framed(HEADERS, ends, 3, OK)].concat();
    assert_eq!(events(&mut client, &both).len(), 2);
    assert!(client.is_empty());
}

#[test]
fn pings_are_answered_with_what_they_carry() {
    let mut client = asking(1, &[]);
    assert_eq!(events(&mut client, &framed(PING, 0, 0, b"12345678")), []);
    assert_eq!(client.output(), framed(PING, ACK, 0, b"12345678"));
    assert_eq!(events(&mut client, &framed(PING, ACK, 0, b"12345678")), []);
    assert!(!client.has_output());
}

#[test]
fn what_begins_otherwise_is_refused() {
    for (bytes, refusal) in [
        (&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], Refusal::Http1),
        (&b"SSH-2.0-OpenSSH_9.2\r\n"[..], Refusal::OtherProtocol),
        (&framed(PING, 0, 0, &[0; 8])[..], Refusal::OtherProtocol),
    ] {
        let mut client = Client::new(1);
        client.begin();
        assert_eq!(events(&mut client, bytes), [Event::Refused(refusal)]);
        client.reset();
        assert!(client.begin());
        let pieces: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(client.sees(&pieces).events, [Event::Refused(refusal)]);
    }
}

#[test]
fn an_answer_before_the_end_of_an_upload_stops_it() {
    let mut client = asking(1, &[(4, 10)]);
    client.cancel(0);
    let body = request(&[b'x'; 100]);
    let mut out = vec![];
    assert_eq!(client.open(&body, false, 0, None, &mut out), Some(0));
    client.output();
    let answer = framed(HEADERS, END_HEADERS | END_STREAM, 3, OK);
    assert_eq!(events(&mut client, &answer), [Event::Ended { lane: 0, status: 200 }]);
    assert_eq!(client.output(), framed(RST_STREAM, 0, 3, &[0; 4]));
    assert_eq!(client.uploading, 0);
}
