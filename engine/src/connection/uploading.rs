//! Uploads: when the body of a request is sent, and what its response is compared with.

use super::outbound::Outbound;
use super::Connection;
use crate::expect::ExpectedBody;
use crate::request::Request;
use crate::upload::Piece;

impl Connection {
    /// The head of a request was sent: its body follows, if it has one of its own. Returns whether
    /// the server has to ask for that.
    pub fn begin_upload(&mut self, requests: &[Request]) -> bool {
        let Some(oldest) = self.pending.front() else { return false };
        self.outbound = requests[oldest.request].upload().map(Outbound::of).unwrap_or_default();
        self.outbound.is_waiting()
    }

    /// Is a body still to be sent?
    pub fn is_uploading(&self) -> bool {
        self.outbound.is_under_way()
    }

    /// The body need not be asked for any longer. Returns whether it had to.
    pub fn send_unasked(&mut self) -> bool {
        self.outbound.go_on()
    }

    /// The next piece of a body. None while another one is on its way, and at the end.
    pub fn next_piece(&mut self, requests: &[Request]) -> Option<Piece> {
        let oldest = self.pending.front()?;
        self.outbound.next(requests[oldest.request].upload()?)
    }

    /// A piece was sent. Returns its length.
    pub fn piece_sent(&mut self, requests: &[Request]) -> usize {
        let upload = self.pending.front().and_then(|oldest| requests[oldest.request].upload());
        upload.map_or(0, |upload| self.outbound.sent(upload))
    }

    /// The body of a response has ended. Returns whether it was whole.
    pub(super) fn end_body(&mut self, expected: &ExpectedBody) -> bool {
        let Some(gunzip) = self.gunzip.take() else { return true };
        let check = &mut self.body;
        gunzip.end(&mut |made| check.take(made, expected))
    }
}
