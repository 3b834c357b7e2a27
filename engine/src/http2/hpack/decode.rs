//! Blocks of header fields, decoded.

use super::huffman;
use super::integer;
use super::invalid::Invalid;
use super::tables::{DynamicTable, ENTRY_OVERHEAD, STATIC};

/// The limit of a list of fields, each with the overhead of a table's entry. A server is told it.
pub const MOST_LIST_BYTES: usize = 64 * 1024;

/// What the table may have before a server has read our settings (RFC 9113, 6.5.2).
const FIRST_TABLE_BYTES: usize = 4096;

const INDEXED: u8 = 0x80;
const INCREMENTAL: u8 = 0x40;
const SIZE_UPDATE: u8 = 0x20;
const HUFFMAN: u8 = 0x80;

/// Decodes the blocks of one connection, all of them and in order.
#[derive(Clone, Debug)]
pub struct Decoder {
    table: DynamicTable,
    /// The largest table that our settings allow.
    limit: usize,
    name: Vec<u8>,
    value: Vec<u8>,
}

impl Default for Decoder {
    fn default() -> Self {
        Self {
            table: DynamicTable::new(FIRST_TABLE_BYTES),
            limit: FIRST_TABLE_BYTES,
            name: vec![],
            value: vec![],
        }
    }
}

impl Decoder {
    /// The server has acknowledged how large its table may be. It is to say so in its next block;
    /// one that has no table left has nothing to say, and some do not.
    pub fn limit_table(&mut self, bytes: usize) {
        self.limit = bytes;
        self.table.resize(self.table.most_bytes().min(bytes));
    }

    /// Is a block decoded to the same fields, whatever came before it?
    pub fn is_stateless(&self) -> bool {
        self.limit == 0
    }

    /// Prepares for another connection.
    pub fn reset(&mut self) {
        self.limit = FIRST_TABLE_BYTES;
        self.table = DynamicTable::new(FIRST_TABLE_BYTES);
    }

    /// Passes name and value of each field to `field`.
    pub fn decode(
        &mut self,
        block: &[u8],
        field: &mut impl FnMut(&[u8], &[u8]),
    ) -> Result<(), Invalid> {
        let mut rest = block;
        let mut has_field = false;
        let mut list_bytes = 0;
        while let Some(&first) = rest.first() {
            if first & (INDEXED | INCREMENTAL | SIZE_UPDATE) == SIZE_UPDATE {
                let (bytes, behind) = integer::read(rest, 5)?;
                if has_field || bytes > self.limit {
                    return Err(Invalid::TableSize);
                }
                self.table.resize(bytes);
                rest = behind;
                continue;
            }
            has_field = true;
            rest = if first & INDEXED == 0 {
                self.literal(rest)?
            } else {
                let (index, behind) = integer::read(rest, 7)?;
                self.keep(index, true)?;
                behind
            };
            list_bytes += self.name.len() + self.value.len() + ENTRY_OVERHEAD;
            if list_bytes > MOST_LIST_BYTES {
                return Err(Invalid::TooLarge);
            }
            field(&self.name, &self.value);
        }
        Ok(())
    }

    /// Reads a field that is written out, at least its value.
    fn literal<'a>(&mut self, input: &'a [u8]) -> Result<&'a [u8], Invalid> {
        let is_kept = input[0] & INCREMENTAL != 0;
        let (index, mut rest) = integer::read(input, if is_kept { 6 } else { 4 })?;
        if index == 0 {
            rest = text(rest, &mut self.name)?;
        } else {
            self.keep(index, false)?;
        }
        rest = text(rest, &mut self.value)?;
        if is_kept {
            self.table.add(&self.name, &self.value);
        }
        Ok(rest)
    }

    /// Copies an entry of the tables, with its value or without.
    fn keep(&mut self, index: usize, with_value: bool) -> Result<(), Invalid> {
        let entry = index.checked_sub(1).ok_or(Invalid::Index)?;
        let (name, value) = match STATIC.get(entry) {
            Some((name, value)) => (name.as_bytes(), value.as_bytes()),
            None => self.table.get(entry - STATIC.len()).ok_or(Invalid::Index)?,
        };
        self.name.clear();
        self.name.extend_from_slice(name);
        if with_value {
            self.value.clear();
            self.value.extend_from_slice(value);
        }
        Ok(())
    }
}

/// Reads a text into `out`. Returns what follows.
fn text<'a>(input: &'a [u8], out: &mut Vec<u8>) -> Result<&'a [u8], Invalid> {
    out.clear();
    let is_code = input.first().is_some_and(|first| first & HUFFMAN != 0);
    let (bytes, rest) = integer::read(input, 7)?;
    let (text, rest) = rest.split_at_checked(bytes).ok_or(Invalid::Truncated)?;
    if is_code {
        huffman::decode(text, out)?;
    } else {
        out.extend_from_slice(text);
    }
    Ok(rest)
}
