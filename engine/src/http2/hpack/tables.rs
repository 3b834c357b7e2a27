//! The fields that both sides know: the static table (RFC 7541, appendix A) and the dynamic one.

use std::collections::VecDeque;

/// What an entry takes beside its texts (RFC 7541, 4.1).
pub const ENTRY_OVERHEAD: usize = 32;

/// Index 1 first.
pub const STATIC: [(&str, &str); 61] = [
    (":authority", ""),
    (":method", "GET"),
    (":method", "POST"),
    (":path", "/"),
    (":path", "/index.html"),
    (":scheme", "http"),
    (":scheme", "https"),
    (":status", "200"),
    (":status", "204"),
    (":status", "206"),
    (":status", "304"),
    (":status", "400"),
    (":status", "404"),
    (":status", "500"),
    ("accept-charset", ""),
    ("accept-encoding", "gzip, deflate"),
    ("accept-language", ""),
    ("accept-ranges", ""),
    ("accept", ""),
    ("access-control-allow-origin", ""),
    ("age", ""),
    ("allow", ""),
    ("authorization", ""),
    ("cache-control", ""),
    ("content-disposition", ""),
    ("content-encoding", ""),
    ("content-language", ""),
    ("content-length", ""),
    ("content-location", ""),
    ("content-range", ""),
    ("content-type", ""),
    ("cookie", ""),
    ("date", ""),
    ("etag", ""),
    ("expect", ""),
    ("expires", ""),
    ("from", ""),
    ("host", ""),
    ("if-match", ""),
    ("if-modified-since", ""),
    ("if-none-match", ""),
    ("if-range", ""),
    ("if-unmodified-since", ""),
    ("last-modified", ""),
    ("link", ""),
    ("location", ""),
    ("max-forwards", ""),
    ("proxy-authenticate", ""),
    ("proxy-authorization", ""),
    ("range", ""),
    ("referer", ""),
    ("refresh", ""),
    ("retry-after", ""),
    ("server", ""),
    ("set-cookie", ""),
    ("strict-transport-security", ""),
    ("transfer-encoding", ""),
    ("user-agent", ""),
    ("vary", ""),
    ("via", ""),
    ("www-authenticate", ""),
];

/// A field that was received before. The name comes first in the bytes.
#[derive(Clone, Debug)]
struct Entry {
    bytes: Box<[u8]>,
    name_bytes: usize,
}

/// The fields that the server has put into its table, the newest first.
#[derive(Clone, Debug)]
pub struct DynamicTable {
    entries: VecDeque<Entry>,
    bytes: usize,
    most_bytes: usize,
}

impl DynamicTable {
    pub fn new(most_bytes: usize) -> Self {
        Self { entries: VecDeque::new(), bytes: 0, most_bytes }
    }

    /// How large it may become.
    pub fn most_bytes(&self) -> usize {
        self.most_bytes
    }

    pub fn resize(&mut self, most_bytes: usize) {
        self.most_bytes = most_bytes;
        self.evict(0);
    }

    /// Adds a field. One that is larger than the table empties it.
    pub fn add(&mut self, name: &[u8], value: &[u8]) {
        let bytes = name.len() + value.len() + ENTRY_OVERHEAD;
        self.evict(bytes);
        if bytes <= self.most_bytes {
            self.bytes += bytes;
            let entry = Entry { bytes: [name, value].concat().into(), name_bytes: name.len() };
            self.entries.push_front(entry);
        }
    }

    /// Name and value of an entry, the newest at 0.
    pub fn get(&self, index: usize) -> Option<(&[u8], &[u8])> {
        let entry = self.entries.get(index)?;
        Some(entry.bytes.split_at(entry.name_bytes))
    }

    /// Makes room for so many bytes.
    fn evict(&mut self, bytes: usize) {
        while self.bytes + bytes > self.most_bytes {
            let Some(oldest) = self.entries.pop_back() else { return };
            self.bytes -= oldest.bytes.len() + ENTRY_OVERHEAD;
        }
    }
}
