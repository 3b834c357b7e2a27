//! The streams of a connection that are open, each in a lane: a place that it keeps until its end.

use super::flow::{ReceiveWindow, SendWindow};
use super::head::ResponseHead;

/// Stands for none.
const FREE: u32 = 0;

/// One request and its response.
#[derive(Clone, Copy, Debug)]
pub struct Stream {
    pub id: u32,
    /// Is the request's method HEAD?
    pub answers_head: bool,
    /// None: it has not come.
    pub head: Option<ResponseHead>,
    /// How much of the response's body has come.
    pub received: u64,
    pub receive_window: ReceiveWindow,
    pub send_window: SendWindow,
    /// How long the request's body is, and how much of it was sent.
    pub body: usize,
    pub sent: usize,
}

impl Stream {
    pub fn is_uploading(&self) -> bool {
        self.sent < self.body
    }
}

#[derive(Clone, Debug, Default)]
pub struct Streams {
    /// By lane. Apart from the rest, because all of them are looked through for each frame.
    ids: Vec<u32>,
    states: Vec<Option<Stream>>,
    free: Vec<usize>,
    /// Where the last one was found: more frames of it may follow.
    last: usize,
}

impl Streams {
    pub fn new(lanes: usize) -> Self {
        Self {
            ids: vec![FREE; lanes],
            states: vec![None; lanes],
            free: (0..lanes).rev().collect(),
            last: 0,
        }
    }

    /// How many are open.
    pub fn len(&self) -> usize {
        self.ids.len() - self.free.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many may be.
    pub fn lanes(&self) -> usize {
        self.ids.len()
    }

    /// Puts a stream into a free lane. None if there is none.
    pub fn open(&mut self, stream: Stream) -> Option<usize> {
        let lane = self.free.pop()?;
        self.ids[lane] = stream.id;
        self.states[lane] = Some(stream);
        Some(lane)
    }

    pub fn close(&mut self, lane: usize) -> Option<Stream> {
        let stream = self.states[lane].take()?;
        self.ids[lane] = FREE;
        self.free.push(lane);
        Some(stream)
    }

    /// The lane of an open stream.
    pub fn find(&mut self, id: u32) -> Option<usize> {
        if id == FREE {
            return None;
        }
        if self.ids.get(self.last) != Some(&id) {
            self.last = self.ids.iter().position(|&other| other == id)?;
        }
        Some(self.last)
    }

    /// A lane whose stream is newer than one with this id.
    pub fn newer_than(&self, id: u32) -> Option<usize> {
        self.ids.iter().position(|&other| other > id)
    }

    pub fn get(&self, lane: usize) -> Option<&Stream> {
        self.states[lane].as_ref()
    }

    pub fn get_mut(&mut self, lane: usize) -> Option<&mut Stream> {
        self.states[lane].as_mut()
    }

    pub fn all_mut(&mut self) -> impl Iterator<Item = &mut Stream> {
        self.states.iter_mut().flatten()
    }

    /// Ends all.
    pub fn clear(&mut self) {
        for lane in 0..self.ids.len() {
            self.close(lane);
        }
    }
}
