//! Requests that are split anywhere, repeated or malformed.

use super::*;
use crate::http1::tests::feed_in_pieces;
use proptest::prelude::*;

#[derive(Debug, PartialEq)]
struct Parsed {
    requests: Vec<ReceivedRequest>,
    targets: Vec<String>,
    malformed: bool,
}

/// Parses all requests in pieces that end at the given positions.
fn parse_in_pieces(bytes: &[u8], cuts: &[usize]) -> Parsed {
    let mut parser = RequestParser::default();
    let (mut requests, mut targets) = (vec![], vec![]);
    let outcome = feed_in_pieces(bytes, cuts, |piece| {
        match parser.feed(piece, &mut |target: &str| targets.push(target.to_owned()))? {
            RequestProgress::Partial => Ok(piece.len()),
            RequestProgress::Complete { consumed, request } => {
                requests.push(request);
                Ok(consumed)
            }
        }
    });
    Parsed { requests, targets, malformed: outcome.is_err() }
}

fn parse(text: &str) -> Parsed {
    parse_in_pieces(text.as_bytes(), &[])
}

const GET: ReceivedRequest =
    ReceivedRequest { head_only: false, is_http10: false, keep_alive: true };

const REQUESTS: &[&str] = &[
    "GET /?token=17 HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /unix HTTP/1.1\nHost: a\n\n",
    "HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    "POST /a HTTP/1.1\r\nContent-Length: 11\r\n\r\nGET / HTTP/",
    "POST /b HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nHello\r\n0\r\nX: y\r\n\r\n",
    "POST /c HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n0\r\n\r\n",
    "GET / HTTP/1.0\r\n\r\n",
    "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n",
    "\r\nGET / HTTP/1.1\r\n\r\n",
    "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
];

proptest! {
    #[test]
    fn a_request_cut_anywhere_parses_alike(
        which in 0..REQUESTS.len(),
        followed_by in 0..REQUESTS.len(),
        cuts in prop::collection::vec(any::<usize>(), 0..12),
    ) {
        let bytes = [REQUESTS[which], REQUESTS[followed_by]].concat().into_bytes();
        prop_assert_eq!(parse_in_pieces(&bytes, &cuts), parse_in_pieces(&bytes, &[]));
    }

    #[test]
    fn no_bytes_make_the_parser_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        cuts in prop::collection::vec(any::<usize>(), 0..4),
        prefix in 0..REQUESTS.len(),
    ) {
        parse_in_pieces(&[REQUESTS[prefix].as_bytes(), &bytes].concat(), &cuts);
    }
}

#[test]
fn every_single_cut_parses_alike() {
    for request in REQUESTS {
        let whole = parse(request);
        for cut in 0..=request.len() {
            assert_eq!(parse_in_pieces(request.as_bytes(), &[cut]), whole, "{request:?} at {cut}");
        }
    }
}

#[test]
fn a_request_says_how_it_wants_its_response() {
    assert_eq!(parse(REQUESTS[0]).requests, [GET]);
    let head = ReceivedRequest { head_only: true, keep_alive: false, ..GET };
    assert_eq!(parse(REQUESTS[2]).requests, [head]);
    assert_eq!(
        parse(REQUESTS[6]).requests,
        [ReceivedRequest { is_http10: true, keep_alive: false, ..GET }]
    );
    assert_eq!(parse(REQUESTS[7]).requests, [ReceivedRequest { is_http10: true, ..GET }]);
}

#[test]
fn the_target_is_handed_over() {
    assert_eq!(parse(REQUESTS[0]).targets, ["/?token=17"]);
}

#[test]
fn bodies_are_passed_over() {
    for body in &REQUESTS[3..6] {
        let parsed = parse(&[body, REQUESTS[0]].concat());
        assert_eq!(parsed.requests, [GET, GET], "{body:?}");
        assert_eq!(parsed.targets.len(), 2);
    }
}

#[test]
fn what_is_no_request_is_malformed() {
    for request in [REQUESTS[9], REQUESTS[10], REQUESTS[11], "\0", "GET /\r\n\r\n"] {
        assert!(parse(request).malformed, "{request:?}");
    }
    let two_framings = "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n";
    let two_lengths = "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n";
    assert!(parse(two_framings).malformed);
    assert!(parse(two_lengths).malformed);
}

#[test]
fn a_head_without_an_end_is_malformed() {
    let endless = "GET / HTTP/1.1\r\n".to_owned() + &"X: y\r\n".repeat(MAX_HEAD_BYTES);
    assert!(parse_in_pieces(endless.as_bytes(), &(0..endless.len()).collect::<Vec<_>>()).malformed);
}
