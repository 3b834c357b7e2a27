//! Parsing in pieces equals parsing at once, and no bytes make the parser panic. The first byte is
//! the number of cuts, which are two bytes each; the rest is parsed.
#![no_main]

mod cuts;

use libfuzzer_sys::fuzz_target;
use timetrial_engine::http1::{Head, HeadMemo, Malformed, ResponseParser, ResponseProgress};

#[derive(Debug, Default, PartialEq)]
struct Parsed {
    heads: Vec<Head>,
    body: Vec<u8>,
    malformed: bool,
}

impl Parsed {
    /// Parses responses in order. Returns false once they are malformed.
    fn take(&mut self, parser: &mut ResponseParser, memo: &mut HeadMemo, mut bytes: &[u8]) -> bool {
        while !bytes.is_empty() {
            match parser.feed(bytes, memo, &mut |piece: &[u8]| self.body.extend_from_slice(piece)) {
                Ok(ResponseProgress::Partial) => return true,
                Ok(ResponseProgress::Complete { consumed, head }) => {
                    assert!(consumed <= bytes.len(), "takes no more than there is");
                    self.heads.push(head);
                    bytes = &bytes[consumed..];
                }
                Err(Malformed) => {
                    self.malformed = true;
                    return false;
                }
            }
        }
        true
    }
}

fn parse(pieces: &[&[u8]], answers_head: bool) -> (Parsed, ResponseParser) {
    let mut parser = ResponseParser::default();
    parser.answers_head(answers_head);
    let mut parsed = Parsed::default();
    let mut memo = HeadMemo::default();
    for piece in pieces {
        if !parsed.take(&mut parser, &mut memo, piece) {
            break;
        }
    }
    (parsed, parser)
}

fn compare(bytes: &[u8], pieces: &[&[u8]], answers_head: bool) {
    let (whole, mut whole_parser) = parse(&[bytes], answers_head);
    let (mut cut, mut cut_parser) = parse(pieces, answers_head);
    if whole.malformed && !cut.malformed {
        // A head in pieces is parsed once it is complete.
        cut.take(&mut cut_parser, &mut HeadMemo::default(), b"\n\n");
    }
    assert_eq!(whole, cut);
    if !whole.malformed {
        assert_eq!(whole_parser.end_of_input(), cut_parser.end_of_input());
    }
}

fuzz_target!(|input: &[u8]| {
    let Some((&first, rest)) = input.split_first() else { return };
    let answers_head = first & 0x80 != 0;
    let Some((bytes, pieces)) = cuts::cut(first, rest) else { return };
    compare(bytes, &pieces, answers_head);
    compare(bytes, &bytes.chunks(1).collect::<Vec<_>>(), answers_head);
});
