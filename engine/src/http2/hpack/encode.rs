//! Blocks of header fields, encoded without the dynamic table.

use super::huffman;
use super::integer;
use super::tables::STATIC;
use crate::template::{with_tokens, TOKEN};

/// The start of a connection's first block: the table has no room (RFC 7541, 4.2).
pub const NO_TABLE: u8 = 0x20;

const INDEXED: u8 = 0x80;
const NEVER_INDEXED: u8 = 0x10;
const HUFFMAN: u8 = 0x80;
/// Their values are not for the table of any proxy (RFC 7541, 7.1.3).
const SENSITIVE: [&str; 3] = ["authorization", "cookie", "proxy-authorization"];

/// The index of a field in the static table.
pub fn static_index(name: &str, value: &str) -> Option<usize> {
    STATIC.iter().position(|&entry| entry == (name, value)).map(|at| at + 1)
}

/// Appends a field of the static table.
pub fn indexed(out: &mut Vec<u8>, index: usize) {
    integer::write(out, INDEXED, 7, index);
}

/// Appends a field that is written out, its name by index if the static table has it.
pub fn literal(out: &mut Vec<u8>, name: &str, value: &[u8], is_shortened: bool) {
    let first = if SENSITIVE.contains(&name) { NEVER_INDEXED } else { 0 };
    let index = STATIC.iter().position(|(known, _)| *known == name).map_or(0, |at| at + 1);
    integer::write(out, first, 4, index);
    if index == 0 {
        text(out, name.as_bytes(), true);
    }
    text(out, value, is_shortened);
}

/// Appends a text, by its Huffman code where that is shorter and allowed.
fn text(out: &mut Vec<u8>, text: &[u8], is_shortened: bool) {
    let code_bytes = huffman::encoded_bytes(text);
    if is_shortened && code_bytes < text.len() {
        integer::write(out, HUFFMAN, 7, code_bytes);
        huffman::encode(text, out);
    } else {
        integer::write(out, 0, 7, text.len());
        out.extend_from_slice(text);
    }
}

/// A block that is written once, with zeros in the places of tokens.
#[derive(Clone, Debug, Default)]
pub struct BlockWriter {
    pub bytes: Vec<u8>,
    /// The offsets of the tokens.
    pub tokens: Vec<usize>,
}

impl BlockWriter {
    /// Adds a field. A value with tokens is never shortened: their places would move.
    pub fn add(&mut self, name: &str, value: &str) {
        if let Some(index) = static_index(name, value).filter(|_| !value.is_empty()) {
            indexed(&mut self.bytes, index);
            return;
        }
        let has_tokens = value.contains(TOKEN);
        let (value, tokens) = with_tokens(value.as_bytes());
        literal(&mut self.bytes, name, &value, !has_tokens);
        let begin = self.bytes.len() - value.len();
        self.tokens.extend(tokens.into_iter().map(|at| begin + at));
    }
}
