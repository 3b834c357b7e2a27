//! The body of a request that is sent in pieces, behind its head.

use crate::upload::{Cursor, Piece, Upload};

/// How far the body of the request in flight has been sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Outbound {
    /// There is none, or it is sent.
    #[default]
    None,
    /// The server has to ask for it.
    Waiting,
    /// So many bytes of it are on their way.
    Sending { cursor: Cursor, on_the_way: usize },
}

impl Outbound {
    /// The head was sent that this body follows.
    pub fn of(upload: &Upload) -> Self {
        if upload.waits() {
            Self::Waiting
        } else {
            Self::Sending { cursor: Cursor::default(), on_the_way: 0 }
        }
    }

    pub fn is_under_way(self) -> bool {
        self != Self::None
    }

    pub fn is_waiting(self) -> bool {
        self == Self::Waiting
    }

    /// It need not be asked for any longer. Returns whether it had to.
    pub fn go_on(&mut self) -> bool {
        let waited = self.is_waiting();
        if waited {
            *self = Self::Sending { cursor: Cursor::default(), on_the_way: 0 };
        }
        waited
    }

    /// The next piece, unless one is on its way.
    pub fn next(&mut self, upload: &Upload) -> Option<Piece> {
        match self {
            Self::Sending { cursor, on_the_way: on_the_way @ 0 } => {
                let piece = upload.next(cursor)?;
                *on_the_way = piece.len();
                Some(piece)
            }
            _ => None,
        }
    }

    /// The piece on its way was sent. Returns its length.
    pub fn sent(&mut self, upload: &Upload) -> usize {
        let Self::Sending { cursor, on_the_way } = self else { return 0 };
        let sent = std::mem::take(on_the_way);
        if upload.is_end(*cursor) {
            *self = Self::None;
        }
        sent
    }
}
