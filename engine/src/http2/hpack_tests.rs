//! The examples of RFC 7541, appendix C, and what is wrong in other blocks.

use super::*;
use proptest::prelude::*;

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn decoded(decoder: &mut Decoder, block: &[u8]) -> Result<Vec<(String, String)>, Invalid> {
    let mut fields = vec![];
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    decoder.decode(block, &mut |name, value| fields.push((text(name), text(value))))?;
    Ok(fields)
}

fn expected(fields: &[(&str, &str)]) -> Vec<(String, String)> {
    fields.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[test]
fn requests_of_the_standard_are_decoded_plain_and_by_huffman() {
    let all: [&[(&str, &str)]; 3] = [
        &[
            (":method", "GET"),
            (":scheme", "http"),
            (":path", "/"),
            (":authority", "www.example.com"),
        ],
        &[
            (":method", "GET"),
            (":scheme", "http"),
            (":path", "/"),
            (":authority", "www.example.com"),
            ("cache-control", "no-cache"),
        ],
        &[
            (":method", "GET"),
            (":scheme", "https"),
            (":path", "/index.html"),
            (":authority", "www.example.com"),
            ("custom-key", "custom-value"),
        ],
    ];
    let plain = [
        "828684410f7777772e6578616d706c652e636f6d",
        "828684be58086e6f2d6361636865",
        "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565",
    ];
    let shortened = [
        "828684418cf1e3c2e5f23a6ba0ab90f4ff",
        "828684be5886a8eb10649cbf",
        "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf",
    ];
    for blocks in [plain, shortened] {
        let mut decoder = Decoder::default();
        for (block, fields) in blocks.into_iter().zip(all) {
            assert_eq!(decoded(&mut decoder, &bytes(block)), Ok(expected(fields)));
        }
    }
}

#[test]
fn responses_of_the_standard_are_decoded_while_their_table_evicts() {
    let location = "https://www.example.com";
    let first = "Mon, 21 Oct 2013 20:13:21 GMT";
    let second = "Mon, 21 Oct 2013 20:13:22 GMT";
    let cookie = "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1";
    let all: [&[(&str, &str)]; 3] = [
        &[
            (":status", "302"),
            ("cache-control", "private"),
            ("date", first),
            ("location", location),
        ],
        &[
            (":status", "307"),
            ("cache-control", "private"),
            ("date", first),
            ("location", location),
        ],
        &[
            (":status", "200"),
            ("cache-control", "private"),
            ("date", second),
            ("location", location),
            ("content-encoding", "gzip"),
            ("set-cookie", cookie),
        ],
    ];
    let plain = [
        "4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d\
         546e1768747470733a2f2f7777772e6578616d706c652e636f6d",
        "4803333037c1c0bf",
        "88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f\
         6f3d4153444a4b48514b425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b\
         2076657273696f6e3d31",
    ];
    let shortened = [
        "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c7\
         8f0b97c8e9ae82ae43d3",
        "4883640effc1c0bf",
        "88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335\
         dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007",
    ];
    for blocks in [plain, shortened] {
        let mut decoder = Decoder::default();
        // The examples have a table of 256 bytes.
        decoder.limit_table(256);
        for (block, fields) in blocks.into_iter().zip(all) {
            assert_eq!(decoded(&mut decoder, &bytes(block)), Ok(expected(fields)));
        }
    }
}

#[test]
fn a_block_that_cannot_be_decoded_says_why() {
    for (block, why) in [
        ("80", Invalid::Index),
        ("be", Invalid::Index),
        ("ff80808080808001", Invalid::Integer),
        ("40", Invalid::Truncated),
        ("400361", Invalid::Truncated),
        ("0001618180", Invalid::Huffman),
        // Larger than 4096.
        ("3fe21f", Invalid::TableSize),
        ("8220", Invalid::TableSize),
    ] {
        assert_eq!(decoded(&mut Decoder::default(), &bytes(block)), Err(why), "{block}");
    }
}

#[test]
fn a_table_that_was_switched_off_has_no_entries_and_takes_none() {
    let mut decoder = Decoder::default();
    let adds = bytes("400a637573746f6d2d6b65790c637573746f6d2d76616c7565");
    assert!(decoded(&mut decoder, &adds).is_ok());
    assert!(decoded(&mut decoder, &[0xbe]).is_ok());
    decoder.limit_table(0);
    assert!(decoder.is_stateless());
    // Neither with the size that the standard wants to be told, nor without.
    assert_eq!(decoded(&mut decoder, &[0xbe]), Err(Invalid::Index));
    assert!(decoded(&mut decoder, &[&[NO_TABLE], adds.as_slice()].concat()).is_ok());
    assert_eq!(decoded(&mut decoder, &[0xbe]), Err(Invalid::Index));
    assert_eq!(decoded(&mut decoder, &[0x21]), Err(Invalid::TableSize));
}

#[test]
fn a_bomb_of_header_fields_is_refused_before_it_fills_the_memory() {
    let mut decoder = Decoder::default();
    let mut entry = vec![0x40, 1, b'a'];
    integer::write(&mut entry, 0, 7, 4000);
    entry.extend_from_slice(&[b'x'; 4000]);
    assert!(decoded(&mut decoder, &entry).is_ok());
    assert_eq!(decoded(&mut decoder, &[0xbe; 1000]), Err(Invalid::TooLarge));
}

#[test]
fn what_must_not_be_stored_says_so() {
    let mut block = BlockWriter::default();
    block.add("authorization", "Basic x");
    assert_eq!(block.bytes[0] & 0xf0, 0x10);
}

proptest! {
    #[test]
    fn what_is_encoded_is_decoded_with_its_tokens_in_place(
        fields in prop::collection::vec(("[a-z-]{1,12}", "[ -~]{0,20}"), 0..8), with_token in any::<bool>()
    ) {
        let mut block = BlockWriter::default();
        let mut wanted: Vec<(String, String)> = vec![];
        for (name, value) in fields {
            // A brace might make a token.
            let value = value.replace('{', "");
            block.add(&name, &if with_token { format!("{value}{{token}}") } else { value.clone() });
            let token = if with_token { "0000000000000000" } else { "" };
            wanted.push((name, value + token));
        }
        for &at in &block.tokens {
            prop_assert_eq!(&block.bytes[at..at + 16], b"0000000000000000");
        }
        let mut decoder = Decoder::default();
        decoder.limit_table(0);
        prop_assert_eq!(decoded(&mut decoder, &block.bytes), Ok(wanted));
    }

    #[test]
    fn no_bytes_make_the_decoder_panic(blocks in prop::collection::vec(
        prop::collection::vec(any::<u8>(), 0..64), 0..4)
    ) {
        let mut decoder = Decoder::default();
        for block in blocks {
            let _ = decoded(&mut decoder, &block);
        }
    }
}
