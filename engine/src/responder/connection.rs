//! One connection: reads requests, and answers them in order when they are due.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::os::fd::BorrowedFd;

use super::fault::Fault;
use super::kit::Kit;
use super::outbox::{Outbox, Step, Tail};
use super::page::{Ending, Form};
use super::pending::{self, Pending};
use super::request::{Progress, Request, RequestParser};
use super::stream::Stream;
use super::template::Values;
use super::token::token_of;
use crate::clock::now_ns;

/// So many requests of one connection are read before the first of them is answered.
const MAX_PENDING: usize = 4096;
/// What is put into one write; a longer response takes several.
const MAX_OUTBOX_BYTES: usize = 128 * 1024;
/// So long a peer may take to notice that a connection was closed against its expectation.
const LINGER_NS: u64 = 1_000_000_000;
const NEVER_NS: u64 = u64::MAX;

/// What the socket has to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Input {
    Nothing,
    /// Something perhaps.
    Something,
    /// Something perhaps, and then the end: it is told but once, and has to be read to be seen.
    SomethingLast,
    /// The peer has closed its side.
    Ended,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Open,
    Over,
}

pub struct Connection {
    stream: Stream,
    parser: RequestParser,
    pending: VecDeque<Pending>,
    /// The tokens of the pending requests, one after the other, and of the one being read.
    tokens: VecDeque<u8>,
    token_bytes: usize,
    /// What the socket would not take yet.
    blocked: Option<Outbox>,
    input: Input,
    /// Nothing that comes now is answered.
    deaf: bool,
    ending: Option<Ending>,
    lingers_until_ns: Option<u64>,
    /// Requests that count as abandoned if the connection ends now.
    pub owed: u64,
    /// For which moment a timer is set; 0 for none.
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
            deaf: false,
            ending: None,
            lingers_until_ns: None,
            owed: 0,
            timer_ns: 0,
            awaits_writable: false,
        }
    }

    pub fn socket(&self) -> BorrowedFd<'_> {
        self.stream.socket()
    }

    /// Is there something that the socket would not take?
    pub fn is_blocked(&self) -> bool {
        self.blocked.is_some() || !self.stream.is_flushed()
    }

    /// The socket can be read, or written again.
    pub fn ready(&mut self, readable: bool, closing: bool, kit: &mut Kit) -> Fate {
        if readable && closing {
            self.input = Input::SomethingLast;
        } else if readable && self.input != Input::SomethingLast {
            self.input = Input::Something;
        }
        self.proceed(kit).unwrap_or(Fate::Over)
    }

    /// The moment has come for which a timer was set.
    pub fn due(&mut self, kit: &mut Kit) -> Fate {
        if self.lingers_until_ns.is_some_and(|until_ns| until_ns <= now_ns()) {
            return Fate::Over;
        }
        self.proceed(kit).unwrap_or(Fate::Over)
    }

    /// When this connection has to be looked at, whatever comes.
    pub fn next_due_ns(&self, kit: &Kit) -> Option<u64> {
        if self.lingers_until_ns.is_some() || self.is_blocked() {
            return self.lingers_until_ns;
        }
        let due_ns = self.pending.front()?.due_ns;
        if due_ns == NEVER_NS {
            return None;
        }
        Some(kit.script.stalled_until_ns(due_ns.max(now_ns())).unwrap_or(due_ns))
    }

    fn proceed(&mut self, kit: &mut Kit) -> io::Result<Fate> {
        loop {
            self.read(kit)?;
            let fate = self.answer(kit)?;
            if fate == Fate::Over || !self.reads_on() {
                return Ok(fate);
            }
        }
    }

    fn reads_on(&self) -> bool {
        let has_input = matches!(self.input, Input::Something | Input::SomethingLast);
        has_input && self.pending.len() < MAX_PENDING
    }

    fn read(&mut self, kit: &mut Kit) -> io::Result<()> {
        while self.reads_on() {
            match self.stream.read(&mut kit.buffer) {
                Ok(0) => self.input = Input::Ended,
                Ok(bytes) => {
                    self.take(bytes, kit);
                    let emptied = bytes < kit.buffer.len() && self.stream.short_read_is_last();
                    if emptied && self.input == Input::Something {
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

    /// Takes the requests out of what was read.
    fn take(&mut self, bytes: usize, kit: &mut Kit) {
        let received_ns = self.stream.received_ns();
        let buffer = std::mem::take(&mut kit.buffer);
        let mut rest = &buffer[..bytes];
        let echoes_tokens = kit.script.echoes_tokens();
        while !rest.is_empty() && !self.deaf {
            let (tokens, token_bytes) = (&mut self.tokens, &mut self.token_bytes);
            let progress = self.parser.feed(rest, &mut |target| {
                if echoes_tokens {
                    let token = token_of(target);
                    tokens.extend(token.as_bytes());
                    *token_bytes = token.len();
                }
            });
            match progress {
                Ok(Progress::Partial) => {
                    if self.parser.take_question() {
                        self.enqueue(Pending::interim(received_ns));
                    }
                    break;
                }
                Ok(Progress::Complete { consumed, request }) => {
                    rest = &rest[consumed..];
                    self.admit(request, received_ns, kit);
                }
                Err(_) => self.refuse(received_ns),
            }
        }
        kit.buffer = buffer;
    }

    fn admit(&mut self, request: Request, received_ns: u64, kit: &mut Kit) {
        let form = Form::new(request, kit.script.config.framing);
        let step = kit.draw_step();
        let mut due_ns = received_ns.saturating_add(kit.draw_delay_ns());
        kit.record.counts.requests += 1;
        if kit.script.fault(step) == Some(&Fault::Silence) {
            kit.answered(step);
            due_ns = NEVER_NS;
        } else {
            self.owed += 1;
        }
        self.deaf = form.ending.is_some();
        let token_bytes = self.token_bytes;
        self.enqueue(Pending { is_interim: false, received_ns, due_ns, token_bytes, step, form });
        self.token_bytes = 0;
    }

    fn refuse(&mut self, received_ns: u64) {
        self.deaf = true;
        let (step, form) = (Step::Malformed, Form::MALFORMED);
        self.enqueue(Pending { step, form, is_interim: false, ..Pending::interim(received_ns) });
    }

    fn enqueue(&mut self, pending: Pending) {
        let earlier_ns = self.pending.back().map_or(0, |earlier| earlier.due_ns);
        self.pending.push_back(Pending { due_ns: pending.due_ns.max(earlier_ns), ..pending });
    }

    /// Writes all that is due, as far as the socket takes it.
    fn answer(&mut self, kit: &mut Kit) -> io::Result<Fate> {
        if self.lingers_until_ns.is_some() {
            return Ok(Fate::over_if(self.input == Input::Ended));
        }
        let mut outbox = self.blocked.take().unwrap_or_else(|| std::mem::take(&mut kit.outbox));
        loop {
            self.fill(&mut outbox, kit);
            if outbox.is_empty() && self.stream.is_flushed() {
                kit.outbox = outbox;
                return Ok(self.after_answers(kit));
            }
            if !self.send(&mut outbox, kit)? {
                self.blocked = Some(outbox);
                return Ok(Fate::Open);
            }
        }
    }

    /// Puts responses that are due into the outbox.
    fn fill(&mut self, outbox: &mut Outbox, kit: &mut Kit) {
        if self.pending.is_empty() && outbox.tail.is_none() {
            return;
        }
        let now_ns = now_ns();
        let stalled = kit.script.stalled_until_ns(now_ns).is_some();
        while outbox.bytes.len() < MAX_OUTBOX_BYTES {
            if let Some(tail) = outbox.tail.take() {
                place_body(tail, outbox, kit);
            } else if stalled || self.ending.is_some() {
                return;
            } else if let Some(next) = self.take_due(now_ns) {
                self.place(next, outbox, kit);
            } else {
                return;
            }
        }
    }

    fn take_due(&mut self, now_ns: u64) -> Option<Pending> {
        self.pending.front().filter(|next| next.due_ns <= now_ns)?;
        self.pending.pop_front()
    }

    fn place(&mut self, next: Pending, outbox: &mut Outbox, kit: &mut Kit) {
        if next.is_interim {
            outbox.bytes.extend_from_slice(pending::CONTINUE);
            return;
        }
        let Pending { step, form, received_ns, token_bytes, .. } = next;
        let instead_of_answer = match kit.script.fault(step) {
            Some(Fault::Close) => Some(Ending::Surprising),
            Some(Fault::Reset) => Some(Ending::Reset),
            _ => None,
        };
        self.ending = instead_of_answer.or(form.ending);
        if instead_of_answer.is_some() {
            outbox.mark(step, received_ns);
            return;
        }
        let (first, second) = self.tokens.as_slices();
        let in_first = token_bytes.min(first.len());
        let token = [&first[..in_first], &second[..token_bytes - in_first]];
        let values = Values { token, random: kit.draw_random() };
        kit.script.page(step).write_head(form, &values, &mut outbox.bytes);
        self.tokens.drain(..token_bytes);
        place_body(Tail { step, form, received_ns, placed: 0 }, outbox, kit);
    }

    /// False if the socket would not take all.
    fn send(&mut self, outbox: &mut Outbox, kit: &mut Kit) -> io::Result<bool> {
        let sent = self.send_all(outbox);
        if self.stream.is_flushed() {
            let now_ns = now_ns();
            while let Some(mark) = outbox.take_sent() {
                self.owed -= u64::from(mark.step != Step::Malformed);
                kit.reached(mark, now_ns);
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

    /// All that was due is sent.
    fn after_answers(&mut self, kit: &Kit) -> Fate {
        match self.ending {
            Some(Ending::Expected) => {
                self.stream.say_goodbye();
                Fate::Over
            }
            Some(Ending::Surprising) => {
                self.stream.end_sending();
                self.deaf = true;
                self.lingers_until_ns = Some(now_ns() + LINGER_NS);
                Fate::over_if(self.input == Input::Ended)
            }
            Some(Ending::Reset) => {
                self.stream.reset_on_close();
                Fate::Over
            }
            None => {
                let answers_no_more = self.next_due_ns(kit).is_none();
                Fate::over_if(self.input == Input::Ended && answers_no_more)
            }
        }
    }
}

impl Fate {
    fn over_if(over: bool) -> Self {
        if over {
            Self::Over
        } else {
            Self::Open
        }
    }
}

/// Puts as much of a body into the outbox as fits.
fn place_body(tail: Tail, outbox: &mut Outbox, kit: &Kit) {
    let body = kit.script.page(tail.step).body(tail.form);
    let rest = &body[tail.placed..];
    let room = MAX_OUTBOX_BYTES.saturating_sub(outbox.bytes.len());
    let piece = &rest[..rest.len().min(room)];
    outbox.bytes.extend_from_slice(piece);
    if piece.len() == rest.len() {
        outbox.mark(tail.step, tail.received_ns);
    } else {
        outbox.tail = Some(Tail { placed: tail.placed + piece.len(), ..tail });
    }
}
