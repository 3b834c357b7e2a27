//! The state of a slot: a place for one socket.

use socket2::{SockAddr, Socket};

use super::token::Token;
use crate::upload::Piece;

/// The state of the connection in a slot.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub enum Stage {
    #[default]
    Empty,
    /// The connect is still to be started.
    Fresh,
    Connecting,
    /// Connected, without a receive in progress.
    Idle,
    Receiving,
    /// The completions contain the end of the connection or its failure.
    Ended,
}

#[derive(Default)]
pub struct Slot {
    pub socket: Option<Socket>,
    /// Changes when the slot is emptied.
    pub generation: u32,
    pub stage: Stage,
    /// The address to connect to. The kernel reads it when the connect is submitted.
    pub peer: Option<Box<SockAddr>>,
    /// A send has failed because the connection was reset.
    pub broken: bool,
    /// Bytes that are still to be submitted.
    pub unsent: Vec<u8>,
    /// What follows them.
    pub piece: Option<Piece>,
    /// The operation that sends earlier bytes, which the socket did not accept at once.
    pub sending: Option<Token>,
    /// It has operations to start.
    pub listed: bool,
}
