use super::*;
use proptest::prelude::*;

/// A frame of a server.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    let length = (payload.len() as u64).to_be_bytes();
    match payload.len() {
        0..=125 => bytes.push(length[7]),
        126..=0xffff => bytes.extend([126, length[6], length[7]]),
        _ => {
            bytes.push(127);
            bytes.extend(length);
        }
    }
    bytes.extend(payload);
    bytes
}

/// What pieces bring, without how many bytes it took, and all that is a message's.
fn read(pieces: &[&[u8]]) -> Result<(Vec<MessageProgress>, Vec<u8>), Violation> {
    let mut reader = MessageReader::default();
    let (mut found, mut body) = (vec![], vec![]);
    for piece in pieces {
        let mut rest = *piece;
        while !rest.is_empty() {
            let consumed = match reader.feed(rest, &mut |piece| body.extend_from_slice(piece))? {
                MessageProgress::Partial => break,
                MessageProgress::Message { consumed, kind } => {
                    found.push(MessageProgress::Message { consumed: 0, kind });
                    consumed
                }
                MessageProgress::Ping { consumed } => {
                    found.push(MessageProgress::Ping { consumed: 0 });
                    consumed
                }
                MessageProgress::Pong { consumed } => {
                    found.push(MessageProgress::Pong { consumed: 0 });
                    consumed
                }
                MessageProgress::Close { consumed, code } => {
                    found.push(MessageProgress::Close { consumed: 0, code });
                    consumed
                }
            };
            rest = &rest[consumed..];
        }
    }
    Ok((found, body))
}

const TEXT: MessageProgress = MessageProgress::Message { consumed: 0, kind: Kind::Text };
const PING: MessageProgress = MessageProgress::Ping { consumed: 0 };

#[test]
fn a_ping_may_come_between_the_frames_of_a_message() {
    let bytes = [frame(0x01, b"Hel"), frame(0x89, b"?"), frame(0x80, b"lo")].concat();
    assert_eq!(read(&[&bytes]), Ok((vec![PING, TEXT], b"Hello".to_vec())));
}

#[test]
fn a_message_without_a_payload_is_one() {
    assert_eq!(read(&[&frame(0x81, b"")]), Ok((vec![TEXT], vec![])));
}

#[test]
fn a_close_has_a_code_and_a_reason_or_neither() {
    let close = |payload: &[u8]| read(&[&frame(0x88, payload)]).map(|(found, _)| found[0]);
    let of = |code| Ok(MessageProgress::Close { consumed: 0, code });
    assert_eq!(close(b""), of(NO_CODE));
    assert_eq!(close(b"\x03\xe8bye"), of(1000));
    for payload in [&b"\x03"[..], b"\x03\xed", b"\x00\x00"] {
        assert_eq!(close(payload), Err(Violation::Protocol), "{payload:x?}");
    }
    assert_eq!(close(b"\x03\xe8\xff"), Err(Violation::NotUtf8));
}

#[test]
fn frames_out_of_order_and_text_that_is_none_break_the_protocol() {
    for (bytes, violation) in [
        (frame(0x80, b"no message goes on"), Violation::Protocol),
        ([frame(0x01, b"a"), frame(0x81, b"b")].concat(), Violation::Protocol),
        (frame(0x81, b"\xc3"), Violation::NotUtf8),
        ([frame(0x01, b"\xc3"), frame(0x80, b"(")].concat(), Violation::NotUtf8),
    ] {
        assert_eq!(read(&[&bytes]), Err(violation), "{bytes:x?}");
    }
    let cut = [frame(0x01, b"\xc3"), frame(0x80, b"\xa9")].concat();
    assert_eq!(read(&[&cut]), Ok((vec![TEXT], "é".into())));
}

proptest! {
    #[test]
    fn frames_are_read_alike_wherever_they_are_cut(
        payloads in prop::collection::vec((0..6_u8, prop::collection::vec(any::<u8>(), 0..200)), 0..6),
        size in 1..50_usize,
    ) {
        let bytes: Vec<u8> = payloads
            .iter()
            .flat_map(|(kind, payload)| {
                let first = [0x82, 0x02, 0x80, 0x89, 0x8a, 0x81][usize::from(*kind)];
                let most = if first & 8 == 0 { payload.len() } else { payload.len().min(125) };
                frame(first, &payload[..most])
            })
            .collect();
        let pieces: Vec<&[u8]> = bytes.chunks(size).collect();
        prop_assert_eq!(read(&pieces), read(&[&bytes]));
    }
}
