//! Events are read alike in pieces and at once, no bytes make the reader panic, and none is kept. The
//! first byte is the number of cuts, which are two bytes each; the rest is read.
#![no_main]

mod cuts;

use libfuzzer_sys::fuzz_target;
use timetrial_engine::stream::{EventReader, Needle, Numbers, Order, Place, Sign};

fn read(pieces: &[&[u8]], numbers: Option<&Numbers>) -> (Vec<Sign>, EventReader) {
    let mut reader = EventReader::default();
    let mut signs = vec![];
    for piece in pieces {
        reader.feed(piece, numbers, &mut |sign| signs.push(sign));
    }
    (signs, reader)
}

/// What was skipped is at least what came late.
fn check_order(signs: &[Sign]) {
    let mut order = Order::default();
    let mut lost: u64 = 0;
    for sign in signs {
        let Sign::Event { number: Some(number) } = *sign else { continue };
        match order.take(number) {
            Place::Next { skipped } => lost += skipped,
            Place::Late => lost = lost.checked_sub(1).expect("it was skipped before"),
            Place::Repeated | Place::Stray => {}
        }
    }
}

fuzz_target!(|input: &[u8]| {
    let Some((&first, rest)) = input.split_first() else { return };
    let Some((bytes, pieces)) = cuts::cut(first, rest) else { return };
    let behind = Needle::new(b"n=").expect("a short text");
    for numbers in [None, Some(Numbers::Id), Some(Numbers::Behind(behind.into()))] {
        let whole = read(&[bytes], numbers.as_ref());
        assert_eq!(whole, read(&pieces, numbers.as_ref()));
        assert_eq!(whole, read(&bytes.chunks(1).collect::<Vec<_>>(), numbers.as_ref()));
        check_order(&whole.0);
    }
});
