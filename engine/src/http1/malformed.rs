//! What HTTP/1.1 does not allow, and the limits of what the parsers accept.

/// The limit of a head, of the empty lines before it, and of chunk extensions and trailers.
pub const MAX_HEAD_BYTES: usize = 64 * 1024;

/// The bytes are not valid HTTP/1.1, or exceed a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// Counts bytes that are not content, up to [`MAX_HEAD_BYTES`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Overhead {
    bytes: usize,
}

impl Overhead {
    /// Adds bytes. `Malformed` once the limit is exceeded.
    pub fn add(&mut self, bytes: usize) -> Result<(), Malformed> {
        self.bytes += bytes;
        if self.bytes > MAX_HEAD_BYTES {
            return Err(Malformed);
        }
        Ok(())
    }
}
