//! Where events have their numbers.

use std::sync::Arc;

use super::needle::Needle;

/// Where a server-sent event has its number, which grows by one.
#[derive(Clone, Debug)]
pub enum Numbers {
    /// In its field `id`.
    Id,
    /// In its data, behind a text.
    Behind(Arc<Needle>),
}
