//! One connection: it reads requests and writes their responses in order, each when it is due.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::os::fd::BorrowedFd;

use super::fault::Fault;
use super::outbox::{Outbox, ResponseKind, Tail};
use super::pending::{self, Pending};
use super::request::{ReceivedRequest, RequestParser, RequestProgress};
use super::response_plan::{Ending, Form};
use super::stream::Stream;
use super::template::Values;
use super::thread_context::ThreadContext;
use super::token::token_of;
use crate::clock::now_ns;

/// The most pending requests of one connection. More are not read.
const MAX_PENDING: usize = 4096;
/// The limit of one write. A longer response takes several.
const MAX_OUTBOX_BYTES: usize = 128 * 1024;
/// How long a peer has to notice an unexpected close.
const LINGER_NS: u64 = 1_000_000_000;
const NEVER_NS: u64 = u64::MAX;

/// What the socket has to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Input {
    Nothing,
    /// Possibly bytes.
    Something,
    /// Possibly bytes, then the end. epoll reports it only once, so it has to be read now.
    SomethingLast,
    /// The peer has closed its side.
    Ended,
}

/// Whether a connection has ended and has to be closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionState {
    Open,
    Ended,
}

/// One connection, with its pending requests.
pub struct Connection {
    stream: Stream,
    parser: RequestParser,
    pending: VecDeque<Pending>,
    /// The concatenated tokens of the pending requests, and of the request that is being read.
    tokens: VecDeque<u8>,
    /// The length of the token of the request that is being read.
    token_bytes: usize,
    /// Bytes that the socket has not accepted yet.
    blocked: Option<Outbox>,
    input: Input,
    /// Further requests get no response.
    ignores_input: bool,
    ending: Option<Ending>,
    lingers_until_ns: Option<u64>,
    /// Requests that count as abandoned if the connection ends now.
    pub unanswered: u64,
    /// When its timer is set for. 0: there is no timer.
    pub timer_ns: u64,
    pub awaits_writable: bool,
}

impl Connection {
    pub fn new(stream: Stream) -> Self {
        Self {
            stream,
            parser: RequestParser::default(),
            pending: VecDeque::new(),
            tokens: VecDeque::new(),
            token_bytes: 0,
            blocked: None,
            input: Input::Nothing,
            ignores_input: false,
            ending: None,
            lingers_until_ns: None,
            unanswered: 0,
            timer_ns: 0,
            awaits_writable: false,
        }
    }

    pub fn socket(&self) -> BorrowedFd<'_> {
        self.stream.socket()
    }

    /// Are there bytes that the socket has not accepted?
    pub fn is_blocked(&self) -> bool {
        self.blocked.is_some() || !self.stream.is_flushed()
    }

    /// Handles a socket that has become readable or writable.
    pub fn ready(
        &mut self,
        readable: bool,
        closing: bool,
        context: &mut ThreadContext,
    ) -> ConnectionState {
        if readable && closing {
            self.input = Input::SomethingLast;
        } else if readable && self.input != Input::SomethingLast {
            self.input = Input::Something;
        }
        self.proceed(context).unwrap_or(ConnectionState::Ended)
    }

    /// Handles the expiry of the timer.
    pub fn due(&mut self, context: &mut ThreadContext) -> ConnectionState {
        if self.lingers_until_ns.is_some_and(|until_ns| until_ns <= now_ns()) {
            return ConnectionState::Ended;
        }
        self.proceed(context).unwrap_or(ConnectionState::Ended)
    }

    /// When the connection has to be handled again, even without events. None: not at all.
    pub fn next_due_ns(&self, context: &ThreadContext) -> Option<u64> {
        if self.lingers_until_ns.is_some() || self.is_blocked() {
            return self.lingers_until_ns;
        }
        let due_ns = self.pending.front()?.due_ns;
        if due_ns == NEVER_NS {
            return None;
        }
        Some(context.script.stalled_until_ns(due_ns.max(now_ns())).unwrap_or(due_ns))
    }

    fn proceed(&mut self, context: &mut ThreadContext) -> io::Result<ConnectionState> {
        loop {
            self.read(context)?;
            let state = self.respond(context)?;
            if state == ConnectionState::Ended || !self.reads_on() {
                return Ok(state);
            }
        }
    }

    fn reads_on(&self) -> bool {
        let has_input = matches!(self.input, Input::Something | Input::SomethingLast);
        has_input && self.pending.len() < MAX_PENDING
    }

    fn read(&mut self, context: &mut ThreadContext) -> io::Result<()> {
        while self.reads_on() {
            match self.stream.read(&mut context.buffer) {
                Ok(0) => self.input = Input::Ended,
                Ok(bytes) => {
                    self.parse(bytes, context);
                    let is_last = bytes < context.buffer.len() && self.stream.short_read_is_last();
                    if is_last && self.input == Input::Something {
                        self.input = Input::Nothing;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.input = Input::Nothing;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Parses the requests in the bytes that were read.
    fn parse(&mut self, bytes: usize, context: &mut ThreadContext) {
        let received_ns = self.stream.received_ns();
        let buffer = std::mem::take(&mut context.buffer);
        let mut rest = &buffer[..bytes];
        let echoes_tokens = context.script.echoes_tokens();
        while !rest.is_empty() && !self.ignores_input {
            let (tokens, token_bytes) = (&mut self.tokens, &mut self.token_bytes);
            let progress = self.parser.feed(rest, &mut |target| {
                if echoes_tokens {
                    let token = token_of(target);
                    tokens.extend(token.as_bytes());
                    *token_bytes = token.len();
                }
            });
            match progress {
                Ok(RequestProgress::Partial) => {
                    if self.parser.take_expect_continue() {
                        self.enqueue(Pending::interim(received_ns));
                    }
                    break;
                }
                Ok(RequestProgress::Complete { consumed, request }) => {
                    rest = &rest[consumed..];
                    self.admit(request, received_ns, context);
                }
                Err(_) => self.refuse(received_ns),
            }
        }
        context.buffer = buffer;
    }

    fn admit(&mut self, request: ReceivedRequest, received_ns: u64, context: &mut ThreadContext) {
        let form = Form::new(request, context.script.config.framing);
        let kind = context.draw_kind();
        let mut due_ns = received_ns.saturating_add(context.draw_delay_ns());
        context.record.counts.requests += 1;
        if context.script.fault(kind) == Some(&Fault::Silence) {
            context.count_answer(kind);
            due_ns = NEVER_NS;
        } else {
            self.unanswered += 1;
        }
        self.ignores_input = form.ending.is_some();
        let token_bytes = self.token_bytes;
        self.enqueue(Pending { is_interim: false, received_ns, due_ns, token_bytes, kind, form });
        self.token_bytes = 0;
    }

    fn refuse(&mut self, received_ns: u64) {
        self.ignores_input = true;
        let (kind, form) = (ResponseKind::Malformed, Form::MALFORMED);
        self.enqueue(Pending { kind, form, is_interim: false, ..Pending::interim(received_ns) });
    }

    fn enqueue(&mut self, pending: Pending) {
        let earlier_ns = self.pending.back().map_or(0, |earlier| earlier.due_ns);
        self.pending.push_back(Pending { due_ns: pending.due_ns.max(earlier_ns), ..pending });
    }

    /// Writes all responses that are due, as far as the socket accepts them.
    fn respond(&mut self, context: &mut ThreadContext) -> io::Result<ConnectionState> {
        if self.lingers_until_ns.is_some() {
            return Ok(ConnectionState::ended_if(self.input == Input::Ended));
        }
        let mut outbox = self.blocked.take().unwrap_or_else(|| std::mem::take(&mut context.outbox));
        loop {
            self.fill(&mut outbox, context);
            if outbox.is_empty() && self.stream.is_flushed() {
                context.outbox = outbox;
                return Ok(self.after_responses(context));
            }
            if !self.send(&mut outbox, context)? {
                self.blocked = Some(outbox);
                return Ok(ConnectionState::Open);
            }
        }
    }

    /// Puts responses that are due into the outbox.
    fn fill(&mut self, outbox: &mut Outbox, context: &mut ThreadContext) {
        if self.pending.is_empty() && outbox.tail.is_none() {
            return;
        }
        let now_ns = now_ns();
        let stalled = context.script.stalled_until_ns(now_ns).is_some();
        while outbox.bytes.len() < MAX_OUTBOX_BYTES {
            if let Some(tail) = outbox.tail.take() {
                write_body(tail, outbox, context);
            } else if stalled || self.ending.is_some() {
                return;
            } else if let Some(next) = self.take_due(now_ns) {
                self.write_response(next, outbox, context);
            } else {
                return;
            }
        }
    }

    fn take_due(&mut self, now_ns: u64) -> Option<Pending> {
        self.pending.front().filter(|next| next.due_ns <= now_ns)?;
        self.pending.pop_front()
    }

    fn write_response(&mut self, next: Pending, outbox: &mut Outbox, context: &mut ThreadContext) {
        if next.is_interim {
            outbox.bytes.extend_from_slice(pending::CONTINUE);
            return;
        }
        let Pending { kind, form, received_ns, token_bytes, .. } = next;
        let fault_ending = match context.script.fault(kind) {
            Some(Fault::Close) => Some(Ending::Unexpected),
            Some(Fault::Reset) => Some(Ending::Reset),
            _ => None,
        };
        self.ending = fault_ending.or(form.ending);
        if fault_ending.is_some() {
            outbox.mark(kind, received_ns);
            return;
        }
        let (first, second) = self.tokens.as_slices();
        let in_first = token_bytes.min(first.len());
        let token = [&first[..in_first], &second[..token_bytes - in_first]];
        let values = Values { token, random: context.draw_random() };
        context.script.plan(kind).write_head(form, &values, &mut outbox.bytes);
        self.tokens.drain(..token_bytes);
        write_body(Tail { kind, form, received_ns, written: 0 }, outbox, context);
    }

    /// Returns false if the socket did not accept all bytes.
    fn send(&mut self, outbox: &mut Outbox, context: &mut ThreadContext) -> io::Result<bool> {
        let sent = self.send_all(outbox);
        if self.stream.is_flushed() {
            let now_ns = now_ns();
            while let Some(mark) = outbox.take_sent() {
                self.unanswered -= u64::from(mark.kind != ResponseKind::Malformed);
                context.record_sent(mark, now_ns);
            }
        }
        match sent {
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(false),
            sent => sent.map(|()| true),
        }
    }

    fn send_all(&mut self, outbox: &mut Outbox) -> io::Result<()> {
        while !outbox.unsent().is_empty() {
            match self.stream.write(outbox.unsent()) {
                Ok(bytes) => outbox.advance(bytes),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.stream.flush()
    }

    /// All responses that were due are sent: goes on, or ends the connection.
    fn after_responses(&mut self, context: &ThreadContext) -> ConnectionState {
        match self.ending {
            Some(Ending::Expected) => {
                self.stream.notify_close();
                ConnectionState::Ended
            }
            Some(Ending::Unexpected) => {
                self.stream.shutdown_sending();
                self.ignores_input = true;
                self.lingers_until_ns = Some(now_ns() + LINGER_NS);
                ConnectionState::ended_if(self.input == Input::Ended)
            }
            Some(Ending::Reset) => {
                self.stream.reset_on_close();
                ConnectionState::Ended
            }
            None => {
                let is_idle = self.next_due_ns(context).is_none();
                ConnectionState::ended_if(self.input == Input::Ended && is_idle)
            }
        }
    }
}

impl ConnectionState {
    fn ended_if(ended: bool) -> Self {
        if ended {
            Self::Ended
        } else {
            Self::Open
        }
    }
}

/// Appends as much of a body to the outbox as fits.
fn write_body(tail: Tail, outbox: &mut Outbox, context: &ThreadContext) {
    let body = context.script.plan(tail.kind).body(tail.form);
    let rest = &body[tail.written..];
    let room = MAX_OUTBOX_BYTES.saturating_sub(outbox.bytes.len());
    let piece = &rest[..rest.len().min(room)];
    outbox.bytes.extend_from_slice(piece);
    if piece.len() == rest.len() {
        outbox.mark(tail.kind, tail.received_ns);
    } else {
        outbox.tail = Some(Tail { written: tail.written + piece.len(), ..tail });
    }
}
