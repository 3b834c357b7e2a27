//! What holds for a client whatever it is sent, and wherever that is cut.

use super::*;
use proptest::prelude::*;

/// A server's words: many kinds of frames, two responses, and padding.
fn transcript() -> Vec<u8> {
    let (first, second) = OF_FIVE.split_at(2);
    [
        framed(PING, 0, 0, b"12345678"),
        framed(HEADERS, 0, 1, first),
        framed(CONTINUATION, 0, 1, b""),
        framed(CONTINUATION, END_HEADERS, 1, second),
        framed(DATA, PADDED, 1, &[&[2][..], b"Hell", &[0; 2]].concat()),
        framed(WINDOW_UPDATE, 0, 0, &[0, 0, 1, 0]),
        framed(HEADERS, END_HEADERS | PADDED, 3, &[1, 0x88, 0]),
        framed(DATA, PADDED, 3, &[0]),
        framed(DATA, END_STREAM | PADDED, 1, &[0, b'o']),
        framed(DATA, 0, 3, b"there"),
        settings(&[(3, 9)]),
        framed(RST_STREAM, 0, 5, &[0, 0, 0, 2]),
        framed(HEADERS, END_HEADERS | END_STREAM, 3, &[0, 1, b'a', 0]),
        framed(GOAWAY, 0, 0, &[0; 8]),
        framed(PING, 0, 0, b"87654321"),
        framed(DATA, 0, 2, b"no such stream"),
    ]
    .concat()
}

proptest! {
    #[test]
    fn frames_are_read_alike_wherever_they_are_cut(cuts in prop::collection::vec(0..400_usize, 0..12)) {
        let bytes = transcript();
        let mut whole = asking(4, &[]);
        let seen = whole.sees(&[&bytes]);
        prop_assert_eq!(seen.events.len(), 6, "{:?}", seen.events);
        let mut ends: Vec<usize> = cuts.iter().map(|cut| cut % bytes.len()).collect();
        ends.push(bytes.len());
        ends.sort_unstable();
        let mut begin = 0;
        let pieces: Vec<&[u8]> =
            ends.iter().map(|&end| &bytes[std::mem::replace(&mut begin, end)..end]).collect();
        let mut cut = asking(4, &[]);
        prop_assert_eq!(&cut.sees(&pieces), &seen);
        prop_assert_eq!(cut.output(), whole.output());
    }

    #[test]
    fn no_bytes_make_the_client_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut client = asking(3, &[]);
        client.sees(&[&bytes]);
    }

    #[test]
    fn an_upload_keeps_to_all_windows_and_arrives_in_whole(
        first in 0..3_000_u32, steps in prop::collection::vec((0..4_u8, 1..20_000_u32), 0..60)
    ) {
        let body: Vec<u8> = (0..150_000_u32).map(|at| at.to_le_bytes()[0]).collect();
        let template = request(&body);
        let mut client = asking(1, &[(4, first)]);
        client.cancel(0);
        client.output();
        let mut out = vec![];
        client.open(&template, false, 0, None, &mut out);
        let (mut connection, mut stream, mut initial) = (65_535_i64, i64::from(first), first);
        let mut arrived = vec![];
        let mut has_ended = false;
        // At last, all is allowed.
        let steps = steps.into_iter().chain([(0, 200_000), (1, 200_000)]);
        for (kind, amount) in steps {
            for (head, payload) in frames(&out).into_iter().filter(|(head, _)| head.kind == DATA) {
                let bytes = i64::try_from(payload.len()).unwrap();
                connection -= bytes;
                stream -= bytes;
                prop_assert!(connection >= 0 && stream >= 0 && payload.len() <= 16_384);
                prop_assert!(!has_ended);
                has_ended = head.has(END_STREAM);
                arrived.extend_from_slice(payload);
            }
            out.clear();
            let bytes = match kind {
                0 => {
                    connection += i64::from(amount);
                    framed(WINDOW_UPDATE, 0, 0, &amount.to_be_bytes())
                }
                1 => {
                    stream += i64::from(amount);
                    framed(WINDOW_UPDATE, 0, 3, &amount.to_be_bytes())
                }
                _ => {
                    stream += i64::from(amount) - i64::from(std::mem::replace(&mut initial, amount));
                    settings(&[(4, amount)])
                }
            };
            prop_assert_eq!(events(&mut client, &bytes), []);
            client.upload(|_| Some((&template, 0)), &mut out);
        }
        for (head, payload) in frames(&out).into_iter().filter(|(head, _)| head.kind == DATA) {
            has_ended |= head.has(END_STREAM);
            arrived.extend_from_slice(payload);
        }
        prop_assert!(has_ended);
        prop_assert_eq!(arrived, body);
        prop_assert_eq!(client.uploading, 0);
    }
}
