//! The compression of HTTP/2's header fields (RFC 7541). What is sent never uses the dynamic table;
//! what is received may.

mod decode;
mod encode;
mod huffman;
mod integer;
mod invalid;
mod tables;

pub use decode::{Decoder, MOST_LIST_BYTES};
pub use encode::{literal, BlockWriter, NO_TABLE};
pub use invalid::Invalid;

#[cfg(test)]
#[path = "hpack_tests.rs"]
mod tests;
