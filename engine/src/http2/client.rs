//! The client's side of a connection: bytes in, events and bytes out. What is received, is handled
//! in [`receive`].

mod receive;

use super::flow::{ReceiveWindow, SendWindow};
use super::frame::{self, FrameHead, HEAD_BYTES, PREFACE};
use super::head::ResponseHead;
use super::hpack::{Decoder, NO_TABLE};
use super::reader::FrameReader;
use super::request::RequestTemplate;
use super::settings::{self, PeerSettings, CONNECTION_WINDOW, STREAM_WINDOW};
use super::streams::{Stream, Streams};
use super::violation::{Code, Refusal, Violation};

/// The last stream that a client may open.
const LAST_ID: u32 = 0x7fff_ffff;

/// What received bytes bring. A lane is the place of a stream; it is free after its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// All bytes were consumed.
    Partial,
    /// The server has sent its settings: requests may be sent.
    Ready,
    Refused(Refusal),
    /// A response is complete.
    Ended {
        lane: usize,
        status: u16,
    },
    /// A response is none. Its stream was reset.
    Malformed {
        lane: usize,
    },
    /// The server has not processed a request and will not: it may be sent again.
    Unprocessed {
        lane: usize,
    },
    /// The server has ended a stream, and not for want of room.
    Reset {
        lane: usize,
        code: u32,
    },
    /// The server takes no more requests on this connection, and answers those it has taken.
    GoAway {
        code: u32,
    },
    /// The server has broken the protocol: the connection has to be closed.
    Violated(Violation),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    /// It is not connected.
    #[default]
    Idle,
    /// The settings of the server have not come.
    Begins,
    Open,
    /// No stream is opened any more; the server has processed those up to this one.
    Draining {
        last: u32,
    },
    Ended,
}

/// A head that is not complete.
#[derive(Clone, Copy, Debug)]
struct OpenHead {
    stream: u32,
    ends_stream: bool,
    /// What its frames have taken so far, their heads included.
    bytes: usize,
}

/// The last head that was decoded. A server often repeats it, and comparing is cheaper.
#[derive(Clone, Debug, Default)]
struct HeadMemo {
    block: Vec<u8>,
    head: Option<ResponseHead>,
}

/// The state of one connection.
#[derive(Clone, Debug)]
pub struct Client {
    phase: Phase,
    reader: FrameReader,
    decoder: Decoder,
    memo: HeadMemo,
    peer: PeerSettings,
    send_window: SendWindow,
    receive_window: ReceiveWindow,
    streams: Streams,
    next_id: u32,
    /// What the server has shown that it takes at once, by refusing more.
    limit: usize,
    /// Responses since it was found, or raised.
    unrefused: u32,
    open_head: Option<OpenHead>,
    fragments: Vec<u8>,
    /// Frames to send that are no requests.
    control: Vec<u8>,
    /// Streams whose request is not sent to its end.
    uploading: usize,
    /// The lane whose upload goes on first.
    first_upload: usize,
    has_sent_head: bool,
    /// Streams were reset: frames that were on their way may follow.
    has_reset: bool,
    /// Frames in a row that want an answer and bring nothing.
    demands: u32,
    keeps_cookies: bool,
    cookies: Vec<Vec<u8>>,
}

impl Client {
    /// A connection for so many streams at once, at most.
    pub fn new(lanes: usize) -> Self {
        Self {
            phase: Phase::Idle,
            reader: FrameReader::default(),
            decoder: Decoder::default(),
            memo: HeadMemo::default(),
            peer: PeerSettings::default(),
            send_window: SendWindow::default(),
            receive_window: ReceiveWindow::new(CONNECTION_WINDOW),
            streams: Streams::new(lanes),
            next_id: 1,
            limit: usize::MAX,
            unrefused: 0,
            open_head: None,
            fragments: vec![],
            control: vec![],
            uploading: 0,
            first_upload: 0,
            has_sent_head: false,
            has_reset: false,
            demands: 0,
            keeps_cookies: false,
            cookies: vec![],
        }
    }

    /// Begins a connection that was opened, if it was not begun. Returns whether it did.
    pub fn begin(&mut self) -> bool {
        let begins = self.phase == Phase::Idle;
        if begins {
            self.phase = Phase::Begins;
            self.control.clear();
            self.control.extend_from_slice(PREFACE);
            settings::write_ours(&mut self.control);
        }
        begins
    }

    /// Are the settings of the server still to come?
    pub fn is_beginning(&self) -> bool {
        self.phase == Phase::Begins
    }

    /// Will no stream be opened any more?
    pub fn is_draining(&self) -> bool {
        matches!(self.phase, Phase::Draining { .. } | Phase::Ended)
    }

    /// How many streams are open.
    pub fn len(&self) -> usize {
        self.streams.len()
    }

    pub fn is_empty(&self) -> bool {
        self.streams.is_empty()
    }

    /// How many streams the server allows at once. None: as many as one likes.
    pub fn most_streams(&self) -> Option<u32> {
        self.peer.most_streams
    }

    /// How many requests may be in flight, of those that its lanes hold.
    pub fn room(&self) -> usize {
        if self.phase != Phase::Open {
            return 0;
        }
        let allowed = self.peer.most_streams.and_then(|most| usize::try_from(most).ok());
        self.streams.lanes().min(allowed.unwrap_or(usize::MAX)).min(self.limit)
    }

    pub fn can_open(&self) -> bool {
        self.streams.len() < self.room()
    }

    /// Opens a stream and appends its request, as far as the windows allow. Returns its lane.
    pub fn open(
        &mut self,
        request: &RequestTemplate,
        answers_head: bool,
        token: u64,
        cookies: Option<&str>,
        out: &mut Vec<u8>,
    ) -> Option<usize> {
        if !self.can_open() {
            return None;
        }
        let id = self.next_id;
        self.next_id += 2;
        if self.next_id > LAST_ID {
            self.phase = Phase::Draining { last: LAST_ID };
        }
        let body = request.body_bytes();
        self.write_head(id, request, token, cookies, out);
        let lane = self.streams.open(Stream {
            id,
            answers_head,
            head: None,
            received: 0,
            receive_window: ReceiveWindow::new(STREAM_WINDOW),
            send_window: SendWindow::new(self.peer.stream_window),
            body,
            sent: 0,
        })?;
        if body > 0 {
            self.uploading += 1;
            self.send_body(lane, request, token, out);
        }
        Some(lane)
    }

    /// Appends what the windows allow of requests that are not sent to their ends. `request_of` has
    /// the request in a lane, and its token.
    pub fn upload<'a>(
        &mut self,
        request_of: impl Fn(usize) -> Option<(&'a RequestTemplate, u64)>,
        out: &mut Vec<u8>,
    ) {
        let lanes = self.streams.lanes();
        for offset in 0..lanes {
            if self.uploading == 0 || self.send_window.left() == 0 {
                return;
            }
            let lane = (self.first_upload + offset) % lanes;
            let is_uploading = self.streams.get(lane).is_some_and(Stream::is_uploading);
            if let Some((request, token)) = request_of(lane).filter(|_| is_uploading) {
                self.send_body(lane, request, token, out);
                // The next one is the first to get what another window brings.
                if self.send_window.left() == 0 {
                    self.first_upload = (lane + 1) % lanes;
                }
            }
        }
    }

    /// Appends the frames that are no requests.
    pub fn take_control(&mut self, out: &mut Vec<u8>) {
        out.append(&mut self.control);
    }

    /// Is there anything to send, apart from new requests?
    pub fn has_output(&self) -> bool {
        !self.control.is_empty() || (self.uploading > 0 && self.send_window.left() > 0)
    }

    /// Ends a stream whose response is no longer wanted.
    pub fn cancel(&mut self, lane: usize) {
        self.reset_stream(lane, Code::Cancel);
    }

    /// Tells the server that this ends the connection. Returns whether it is open.
    pub fn say_close(&mut self) -> bool {
        let is_open = matches!(self.phase, Phase::Open | Phase::Draining { .. });
        if is_open {
            frame::write_goaway(&mut self.control, Code::NoError);
            self.phase = Phase::Ended;
        }
        is_open
    }

    /// Prepares for another connection. What is to be sent on the present one stays.
    pub fn reset(&mut self) {
        self.phase = Phase::Idle;
        self.reader.reset();
        self.decoder.reset();
        self.memo.head = None;
        self.peer = PeerSettings::default();
        self.send_window = SendWindow::default();
        self.receive_window = ReceiveWindow::new(CONNECTION_WINDOW);
        self.streams.clear();
        self.next_id = 1;
        self.limit = usize::MAX;
        self.unrefused = 0;
        self.open_head = None;
        self.fragments.clear();
        self.uploading = 0;
        self.has_sent_head = false;
        self.has_reset = false;
        self.demands = 0;
    }

    /// Sets whether the cookies of responses are kept.
    pub fn keep_cookies(&mut self, keep: bool) {
        self.keeps_cookies = keep;
        self.cookies.clear();
    }

    /// The values of `set-cookie` in the responses since the last call.
    pub fn take_cookies(&mut self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.cookies)
    }

    /// Appends HEADERS, and what does not fit into it.
    fn write_head(
        &mut self,
        stream: u32,
        request: &RequestTemplate,
        token: u64,
        cookies: Option<&str>,
        out: &mut Vec<u8>,
    ) {
        let ends = if request.body_bytes() == 0 { frame::END_STREAM } else { 0 };
        let start = out.len();
        let whole = FrameHead {
            payload_bytes: 0,
            kind: frame::HEADERS,
            flags: frame::END_HEADERS | ends,
            stream,
        };
        whole.write(out);
        if !std::mem::replace(&mut self.has_sent_head, true) {
            out.push(NO_TABLE);
        }
        request.write_block(token, cookies, out);
        let payload_bytes = out.len() - start - HEAD_BYTES;
        if payload_bytes <= self.peer.frame_bytes {
            let [.., a, b, c] = payload_bytes.to_be_bytes();
            out[start..start + 3].copy_from_slice(&[a, b, c]);
            return;
        }
        let block = out.split_off(start + HEAD_BYTES);
        out.truncate(start);
        let last = block.len().div_ceil(self.peer.frame_bytes) - 1;
        for (index, part) in block.chunks(self.peer.frame_bytes).enumerate() {
            let (kind, flags) =
                if index == 0 { (frame::HEADERS, ends) } else { (frame::CONTINUATION, 0) };
            let flags = flags | if index == last { frame::END_HEADERS } else { 0 };
            frame::write(out, kind, flags, stream, part);
        }
    }

    /// Appends what the windows allow of a request's body.
    fn send_body(&mut self, lane: usize, request: &RequestTemplate, token: u64, out: &mut Vec<u8>) {
        let Some(stream) = self.streams.get_mut(lane) else { return };
        loop {
            let payload_bytes = (stream.body - stream.sent)
                .min(stream.send_window.left())
                .min(self.send_window.left())
                .min(self.peer.frame_bytes);
            if payload_bytes == 0 {
                return;
            }
            stream.send_window.take(payload_bytes);
            self.send_window.take(payload_bytes);
            let begin = stream.sent;
            stream.sent += payload_bytes;
            let flags = if stream.is_uploading() { 0 } else { frame::END_STREAM };
            FrameHead { payload_bytes, kind: frame::DATA, flags, stream: stream.id }.write(out);
            request.write_body(token, begin..stream.sent, out);
            if !stream.is_uploading() {
                self.uploading -= 1;
                return;
            }
        }
    }

    /// Frees a lane.
    fn close_stream(&mut self, lane: usize) -> Option<Stream> {
        let stream = self.streams.close(lane)?;
        self.uploading -= usize::from(stream.is_uploading());
        Some(stream)
    }

    fn reset_stream(&mut self, lane: usize, code: Code) {
        if let Some(stream) = self.close_stream(lane) {
            frame::write_reset(&mut self.control, stream.id, code);
            self.has_reset = true;
        }
    }
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;
