//! Frames are read alike in pieces and at once, and no bytes make the reader panic. The first byte is
//! the number of cuts, which are two bytes each; the rest is read.
#![no_main]

mod cuts;

use libfuzzer_sys::fuzz_target;
use timetrial_engine::websocket::{
    MessageProgress, MessageReader, Upgrade, UpgradeProgress, UpgradeReader,
};

const NONCE: u128 = 1;

/// What has been read: kinds of frames with what they carried, and the messages' bytes.
#[derive(Debug, Default, PartialEq)]
struct Seen {
    frames: Vec<String>,
    body: Vec<u8>,
    violated: bool,
}

fn read(pieces: &[&[u8]]) -> Seen {
    let mut reader = MessageReader::default();
    reader.deflate(true);
    let mut seen = Seen::default();
    for piece in pieces {
        let mut rest = *piece;
        while !rest.is_empty() && !seen.violated {
            let body = &mut seen.body;
            let (consumed, frame) = match reader.feed(rest, &mut |part| body.extend(part)) {
                Ok(MessageProgress::Partial) => break,
                Ok(MessageProgress::Message { consumed, kind }) => (consumed, format!("{kind:?}")),
                Ok(MessageProgress::Ping { consumed }) => {
                    (consumed, format!("ping {:?}", reader.control()))
                }
                Ok(MessageProgress::Pong { consumed }) => {
                    (consumed, format!("pong {:?}", reader.control()))
                }
                Ok(MessageProgress::Close { consumed, code }) => (consumed, format!("{code}")),
                Err(_) => {
                    // Which violation of several is met first depends on the cuts.
                    seen.violated = true;
                    break;
                }
            };
            assert!(consumed <= rest.len(), "takes no more than there is");
            seen.frames.push(frame);
            rest = &rest[consumed..];
        }
    }
    if seen.violated {
        // What came before in the same message may have been passed on or not.
        seen.body.clear();
    }
    seen
}

fn upgrade(pieces: &[&[u8]]) -> UpgradeProgress {
    let upgrade = Upgrade::new("here", "/", &[]).offering_deflate();
    let mut reader = UpgradeReader::default();
    let mut before = 0;
    for piece in pieces {
        match reader.feed(piece, &upgrade, NONCE) {
            UpgradeProgress::Partial => before += piece.len(),
            UpgradeProgress::Upgraded { consumed, deflates } => {
                assert!(consumed <= piece.len());
                return UpgradeProgress::Upgraded { consumed: before + consumed, deflates };
            }
            refused @ UpgradeProgress::Refused(_) => return refused,
        }
    }
    UpgradeProgress::Partial
}

fuzz_target!(|input: &[u8]| {
    let Some((&first, rest)) = input.split_first() else { return };
    let Some((bytes, pieces)) = cuts::cut(first, rest) else { return };
    let whole = read(&[bytes]);
    assert_eq!(whole, read(&pieces));
    assert_eq!(whole, read(&bytes.chunks(1).collect::<Vec<_>>()));
    assert_eq!(upgrade(&[bytes]), upgrade(&pieces));
});
