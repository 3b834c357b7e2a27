//! WebSocket connections of a client (RFC 6455), sans-IO: the upgrade, then messages.

mod deflate;
pub mod frame;
mod messages;
mod upgrade;
mod utf8;

pub use deflate::Deflater;
pub use messages::{Kind, MessageProgress, MessageReader, Violation, NO_CODE};
pub use upgrade::{Upgrade, UpgradeProgress, UpgradeReader, UpgradeRefusal};
