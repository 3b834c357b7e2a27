//! What the two sides tell each other about themselves (RFC 9113, 6.5).

use super::frame::{self, FIRST_FRAME_BYTES};
use super::hpack::MOST_LIST_BYTES;
use super::violation::Violation;

const HEADER_TABLE_SIZE: u16 = 1;
const ENABLE_PUSH: u16 = 2;
const MAX_CONCURRENT_STREAMS: u16 = 3;
const INITIAL_WINDOW_SIZE: u16 = 4;
const MAX_FRAME_SIZE: u16 = 5;
const MAX_HEADER_LIST_SIZE: u16 = 6;

const FIRST_WINDOW: u32 = 65_535;
const MOST_WINDOW: u32 = 0x7fff_ffff;
const MOST_FRAME_BYTES: u32 = 0x00ff_ffff;

/// What a server may send on each stream before it is allowed more.
pub const STREAM_WINDOW: u32 = 1024 * 1024;
/// What it may send on all streams together.
pub const CONNECTION_WINDOW: u32 = 16 * 1024 * 1024;

/// Appends our settings, and the window of the connection, which settings cannot change.
pub fn write_ours(out: &mut Vec<u8>) {
    let list_bytes = u32::try_from(MOST_LIST_BYTES).unwrap_or(u32::MAX);
    let ours = [
        // Equal heads are then equal bytes, which need no decoding.
        (HEADER_TABLE_SIZE, 0),
        (ENABLE_PUSH, 0),
        (INITIAL_WINDOW_SIZE, STREAM_WINDOW),
        (MAX_HEADER_LIST_SIZE, list_bytes),
    ];
    frame::FrameHead { payload_bytes: ours.len() * 6, kind: frame::SETTINGS, flags: 0, stream: 0 }
        .write(out);
    for (name, value) in ours {
        out.extend_from_slice(&name.to_be_bytes());
        out.extend_from_slice(&value.to_be_bytes());
    }
    frame::write_window_update(out, 0, CONNECTION_WINDOW - FIRST_WINDOW);
}

/// What a server has told about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerSettings {
    /// None: as many as one likes.
    pub most_streams: Option<u32>,
    /// What this side may send on each stream at first.
    pub stream_window: u32,
    pub frame_bytes: usize,
}

impl Default for PeerSettings {
    fn default() -> Self {
        Self { most_streams: None, stream_window: FIRST_WINDOW, frame_bytes: FIRST_FRAME_BYTES }
    }
}

impl PeerSettings {
    /// Takes the payload of a frame over. Unknown settings are ignored.
    pub fn apply(&mut self, payload: &[u8]) -> Result<(), Violation> {
        let entries = payload.chunks_exact(6);
        if !entries.remainder().is_empty() {
            return Err(Violation::FrameSize);
        }
        for entry in entries {
            let name = u16::from_be_bytes([entry[0], entry[1]]);
            let value = u32::from_be_bytes([entry[2], entry[3], entry[4], entry[5]]);
            match name {
                ENABLE_PUSH if value != 0 => return Err(Violation::Settings),
                MAX_CONCURRENT_STREAMS => self.most_streams = Some(value),
                INITIAL_WINDOW_SIZE if value > MOST_WINDOW => return Err(Violation::FlowControl),
                INITIAL_WINDOW_SIZE => self.stream_window = value,
                MAX_FRAME_SIZE => {
                    self.frame_bytes = usize::try_from(value)
                        .ok()
                        .filter(|&bytes| bytes >= FIRST_FRAME_BYTES && value <= MOST_FRAME_BYTES)
                        .ok_or(Violation::Settings)?;
                }
                _ => {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(entries: &[(u16, u32)]) -> Result<PeerSettings, Violation> {
        let payload: Vec<u8> = entries
            .iter()
            .flat_map(|(name, value)| [&name.to_be_bytes()[..], &value.to_be_bytes()].concat())
            .collect();
        let mut settings = PeerSettings::default();
        settings.apply(&payload).map(|()| settings)
    }

    #[test]
    fn the_last_value_counts_and_unknown_settings_are_ignored() {
        let settings = applied(&[(3, 5), (0x4242, 1), (4, 70_000), (5, 20_000), (3, 6)]).unwrap();
        let PeerSettings { most_streams, stream_window, frame_bytes } = settings;
        assert_eq!((most_streams, stream_window, frame_bytes), (Some(6), 70_000, 20_000));
    }

    #[test]
    fn impossible_values_are_refused() {
        assert_eq!(applied(&[(2, 1)]), Err(Violation::Settings));
        assert_eq!(applied(&[(4, 1 << 31)]), Err(Violation::FlowControl));
        assert_eq!(applied(&[(5, 16_383)]), Err(Violation::Settings));
        assert_eq!(applied(&[(5, 1 << 24)]), Err(Violation::Settings));
        assert_eq!(PeerSettings::default().apply(&[0; 7]), Err(Violation::FrameSize));
    }
}
