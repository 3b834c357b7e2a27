//! Responses that are split anywhere, repeated or malformed.

use super::*;
use proptest::prelude::*;

#[derive(Debug, PartialEq)]
struct Parsed {
    heads: Vec<Head>,
    body: Vec<u8>,
    malformed: bool,
}

/// Parses all responses in pieces that end at the given positions.
fn parse_in_pieces(bytes: &[u8], cuts: &[usize]) -> Parsed {
    parse_with_memo(bytes, cuts, &mut HeadMemo::default())
}

fn parse_with_memo(bytes: &[u8], cuts: &[usize], memo: &mut HeadMemo) -> Parsed {
    let mut parser = ResponseParser::default();
    let (mut heads, mut body) = (vec![], vec![]);
    let outcome = feed_in_pieces(bytes, cuts, |piece| {
        match parser.feed(piece, memo, &mut |content: &[u8]| body.extend_from_slice(content))? {
            ResponseProgress::Partial => Ok(piece.len()),
            ResponseProgress::Complete { consumed, head } => {
                heads.push(head);
                Ok(consumed)
            }
        }
    });
    if outcome.is_ok() {
        heads.extend(parser.end_of_input());
    }
    Parsed { heads, body, malformed: outcome.is_err() }
}

/// Feeds a parser with pieces that end at the given positions. `feed` returns how many bytes it
/// has consumed, which are not fed again.
pub(crate) fn feed_in_pieces(
    bytes: &[u8],
    cuts: &[usize],
    mut feed: impl FnMut(&[u8]) -> Result<usize, Malformed>,
) -> Result<(), Malformed> {
    let mut ends: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
    ends.push(bytes.len());
    ends.sort_unstable();
    let mut start = 0;
    for end in ends {
        while start < end {
            start += feed(&bytes[start..end])?;
        }
    }
    Ok(())
}

fn parse(text: &str) -> Parsed {
    parse_in_pieces(text.as_bytes(), &[])
}

const OK: Head = Head { status: 200, keep_alive: true, is_gzip: false };

const RESPONSES: &[&str] = &[
    "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nHello world!",
    "HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nHello\r\n0\r\nX: y\r\n\r\n",
    "HTTP/1.1 204 No Content\r\n\r\n",
    "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    "HTTP/1.0 200 OK\r\n\r\nuntil the end",
    "HTTP/1.1 200 OK\r\nX: one,\r\n  two\r\n\tthree\r\nContent-Length:\r\n 2\r\n\r\nok",
    "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
];

proptest! {
    #[test]
    fn what_was_parsed_before_makes_no_difference(
        earlier in prop::sample::select(RESPONSES),
        texts in prop::collection::vec(prop::sample::select(RESPONSES), 1..4),
        cuts in prop::collection::vec(any::<usize>(), 0..4),
    ) {
        let mut memo = HeadMemo::default();
        parse_with_memo(earlier.as_bytes(), &[], &mut memo);
        let bytes = texts.concat();
        let with_memo = parse_with_memo(bytes.as_bytes(), &cuts, &mut memo);
        prop_assert_eq!(with_memo, parse_in_pieces(bytes.as_bytes(), &cuts));
    }

    #[test]
    fn a_response_cut_anywhere_parses_alike(
        which in 0..RESPONSES.len(),
        followed_by in 0..RESPONSES.len(),
        cuts in prop::collection::vec(any::<usize>(), 0..12),
    ) {
        let bytes = [RESPONSES[which], RESPONSES[followed_by]].concat().into_bytes();
        prop_assert_eq!(parse_in_pieces(&bytes, &cuts), parse_in_pieces(&bytes, &[]));
    }

    #[test]
    fn no_bytes_make_the_parser_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        cuts in prop::collection::vec(any::<usize>(), 0..4),
        prefix in 0..RESPONSES.len(),
    ) {
        parse_in_pieces(&[RESPONSES[prefix].as_bytes(), &bytes].concat(), &cuts);
    }
}

#[test]
fn every_single_cut_parses_alike() {
    for response in RESPONSES {
        let whole = parse(response);
        for cut in 0..=response.len() {
            assert_eq!(
                parse_in_pieces(response.as_bytes(), &[cut]),
                whole,
                "{response:?} at {cut}"
            );
        }
        let all: Vec<usize> = (0..response.len()).collect();
        assert_eq!(parse_in_pieces(response.as_bytes(), &all), whole, "{response:?} bytewise");
    }
}

#[test]
fn a_length_tells_where_the_body_ends() {
    let parsed = parse(RESPONSES[0]);
    assert_eq!(parsed.heads, [OK]);
    assert_eq!(parsed.body, b"Hello world!");
}

#[test]
fn chunks_are_put_together_without_their_framing() {
    let parsed = parse(RESPONSES[3]);
    assert_eq!(parsed.heads, [OK]);
    assert_eq!(parsed.body, b"Hello");
}

#[test]
fn an_informational_response_is_not_the_answer() {
    assert_eq!(parse(RESPONSES[2]).heads, [OK]);
}

#[test]
fn a_close_delimited_body_is_complete_at_the_end_of_input() {
    let parsed = parse(RESPONSES[6]);
    assert_eq!(parsed.heads, [Head { status: 200, keep_alive: false, is_gzip: false }]);
    assert_eq!(parsed.body, b"until the end");
}

#[test]
fn connection_close_is_heeded() {
    assert_eq!(
        parse(RESPONSES[5]).heads,
        [Head { status: 500, keep_alive: false, is_gzip: false }]
    );
}

#[test]
fn a_folded_line_is_one_field() {
    let parsed = parse(RESPONSES[7]);
    assert_eq!((parsed.heads, parsed.body), (vec![OK], b"ok".to_vec()));
    for (fields, keep_alive) in
        [("Connection: a,\r\n close", false), ("Connection: a,\n\tclose\r\n , b", false)]
    {
        let text = format!("HTTP/1.1 204 No\r\n{fields}\r\n\r\n");
        assert_eq!(
            parse(&text).heads,
            [Head { status: 204, keep_alive, is_gzip: false }],
            "{fields:?}"
        );
    }
    let cut = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n 2\r\n\r\nx";
    assert!(parse(cut).malformed, "1 2 is no length");
}

#[test]
fn a_folded_cookie_is_kept_in_one_line() {
    let mut parser = ResponseParser::default();
    parser.keep_cookies(true);
    let response = b"HTTP/1.1 204 No\r\nSet-Cookie: a=1;\r\n  Path=/x\r\n\r\n";
    parser.feed(response, &mut HeadMemo::default(), &mut |_: &[u8]| ()).unwrap();
    assert_eq!(parser.take_cookies(), [b"a=1; Path=/x".to_vec()]);
}

#[test]
fn framings_that_contradict_themselves_are_malformed() {
    for headers in [
        "Content-Length: 1\r\nContent-Length: 2",
        "Content-Length: 1\r\nTransfer-Encoding: chunked",
        "Content-Length: 99999999999999999999",
        "Content-Length: +1",
        "Content-Length: ",
    ] {
        assert!(parse(&format!("HTTP/1.1 200 OK\r\n{headers}\r\n\r\nx")).malformed, "{headers}");
    }
}

#[test]
fn a_chunk_size_that_overflows_is_malformed() {
    let bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n";
    assert!(parse(bytes).malformed);
}

#[test]
fn a_head_without_end_is_malformed_once_it_is_too_long() {
    let endless = format!("HTTP/1.1 200 OK\r\nX: {}", "y".repeat(MAX_HEAD_BYTES));
    assert!(parse_in_pieces(endless.as_bytes(), &[10]).malformed);
}

#[test]
fn the_limit_of_a_head_is_the_same_whether_it_comes_whole_or_in_pieces() {
    for (filling, malformed) in [(MAX_HEAD_BYTES - 24, false), (MAX_HEAD_BYTES - 23, true)] {
        let text = format!("HTTP/1.1 204 No\r\nX: {}\r\n\r\n", "y".repeat(filling));
        assert_eq!(parse(&text).malformed, malformed, "{filling}");
        assert_eq!(parse_in_pieces(text.as_bytes(), &[10]).malformed, malformed, "{filling}");
    }
}

#[test]
fn empty_lines_before_a_response_are_skipped_up_to_a_limit() {
    let after = |lines: usize| format!("{}HTTP/1.1 204 No\r\n\r\n", "\r\n".repeat(lines));
    let all: Vec<usize> = (0..10).collect();
    assert_eq!(parse(&after(3)).heads.len(), 1);
    assert_eq!(parse_in_pieces(after(3).as_bytes(), &all), parse(&after(3)));
    assert!(parse(&after(MAX_HEAD_BYTES)).malformed);
}
