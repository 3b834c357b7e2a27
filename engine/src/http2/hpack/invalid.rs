//! What is wrong with a block of header fields.

/// Why a block cannot be decoded. After it the two sides no longer agree on their tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invalid {
    /// It ends inside a field.
    Truncated,
    /// An integer is longer than any that makes sense.
    Integer,
    /// There is no entry of this index.
    Index,
    /// A Huffman code is cut, padded by something else than its end, or has that end in it.
    Huffman,
    /// The table is to become larger than allowed, or its size changes between fields.
    TableSize,
    /// The decoded fields are larger than [`super::MOST_LIST_BYTES`].
    TooLarge,
}
