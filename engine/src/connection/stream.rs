//! The stream of a connection: what its response has brought so far.

use crate::stream::{EventReader, Sign, Stream, StreamKind, StreamRecord};

/// What a stream has brought since this was asked last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct News {
    /// Its first event.
    pub begins: bool,
    /// The time from the event before to these.
    pub gap_ns: Option<u64>,
    /// Events that came at the same moment as the one before.
    pub together: u64,
    /// Comments of a stream that has had an event.
    pub comments: bool,
}

#[derive(Clone, Debug, Default)]
pub struct HeldStream {
    reader: EventReader,
    record: StreamRecord,
    news: News,
    /// Of its response.
    status: u16,
    /// Bytes of the body in the last read.
    body_bytes: usize,
    /// Its response is of another type.
    is_other_type: bool,
}

impl HeldStream {
    /// Bytes are about to be read.
    pub fn begin_read(&mut self) {
        self.body_bytes = 0;
    }

    /// Takes a piece of the body.
    pub fn take(&mut self, piece: &[u8], stream: &Stream, now_ns: u64) {
        self.body_bytes += piece.len();
        self.record.first_byte_ns.get_or_insert(now_ns);
        if stream.kind == StreamKind::Sse {
            let (record, news) = (&mut self.record, &mut self.news);
            self.reader.feed(piece, stream.numbers.as_ref(), &mut |sign| match sign {
                Sign::Event { number } => take_event(record, news, number, stream, now_ns),
                Sign::Comment => {
                    record.comments += 1;
                    news.comments |= record.first_event_ns.is_some();
                }
            });
        }
    }

    /// Takes what was read as chunks, of which so many are complete.
    pub fn take_chunks(&mut self, chunks: u64, is_chunked: bool, stream: &Stream, now_ns: u64) {
        if stream.kind != StreamKind::Chunks {
            return;
        }
        let at_once = u64::from(!is_chunked && chunks == 0 && self.body_bytes > 0);
        for _ in 0..chunks + at_once {
            take_event(&mut self.record, &mut self.news, None, stream, now_ns);
        }
    }

    /// The head of the response is there. Returns whether it was not before.
    pub fn begin(&mut self, status: u16, now_ns: u64) -> bool {
        self.status = status;
        let is_new = self.record.head_ns.is_none();
        self.record.head_ns.get_or_insert(now_ns);
        is_new
    }

    /// Its response is no stream: nothing of it counts.
    pub fn refuse(&mut self, is_other_type: bool) {
        self.record = StreamRecord::default();
        self.news = News::default();
        self.is_other_type = is_other_type;
    }

    /// The server has ended it in order.
    pub fn complete(&mut self) {
        self.record.is_complete = true;
    }

    /// How many events have come.
    pub fn events(&self) -> u64 {
        self.record.events.came()
    }

    pub fn status(&self) -> u16 {
        self.status
    }

    /// What it has brought since the last call; None if nothing.
    pub fn take_news(&mut self) -> Option<News> {
        let news = std::mem::take(&mut self.news);
        (news != News::default()).then_some(news)
    }

    /// Its record, after which another begins.
    pub fn take_record(&mut self) -> StreamRecord {
        self.reader = EventReader::default();
        std::mem::take(&mut self.record)
    }

    /// Was its response of another type? The next one is not, so far.
    pub fn take_other_type(&mut self) -> bool {
        std::mem::take(&mut self.is_other_type)
    }
}

/// Adds an event, unless the stream has as many as the client wants.
fn take_event(
    record: &mut StreamRecord,
    news: &mut News,
    number: Option<u64>,
    stream: &Stream,
    now_ns: u64,
) {
    if stream.events.is_some_and(|wanted| record.events.came() >= wanted) {
        return;
    }
    let is_numbered = stream.numbers.is_some();
    match record.take(number, is_numbered, now_ns) {
        None => news.begins = true,
        Some(0) => news.together += 1,
        Some(gap_ns) => news.gap_ns = Some(gap_ns),
    }
}
