//! Responses, made ready as far as they do not depend on the request.

use std::io::Write;

use super::config::{Body, Framing};
use super::request::Request;
use super::template::{Template, Values};

/// How the connection ends once all that was written is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The peer knows.
    Expected,
    /// The peer may be sending.
    Surprising,
    Reset,
}

/// What a request makes of its response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form {
    old: bool,
    head_only: bool,
    /// If the connection ends with this response.
    pub ending: Option<Ending>,
}

impl Form {
    pub fn new(request: Request, framing: Framing) -> Self {
        let Request { head_only, old, keep_alive } = request;
        let by_close = match framing {
            Framing::ContentLength => false,
            Framing::Chunked { .. } => old,
            Framing::Close => true,
        };
        let ending = match (keep_alive, by_close) {
            (false, _) => Some(Ending::Expected),
            (true, true) => Some(Ending::Surprising),
            (true, false) => None,
        };
        Self { old, head_only, ending }
    }

    /// The answer to what is no request.
    pub const MALFORMED: Self =
        Self { old: false, head_only: false, ending: Some(Ending::Surprising) };

    fn index(self) -> usize {
        usize::from(self.old) * 2 + usize::from(self.ending.is_some())
    }
}

/// One response, in all forms.
pub struct Page {
    /// By [`Form::index`]; that of a template with Content-Length ends before the length.
    heads: [Vec<u8>; 4],
    framing: Framing,
    content: Content,
}

enum Content {
    Ready { plain: Vec<u8>, chunked: Vec<u8> },
    Template(Template),
}

impl Page {
    pub fn new(status: u16, body: &Body, framing: Framing, content_type: &str) -> Self {
        let content = if matches!(status, 204 | 304) {
            Content::Ready { plain: Vec::new(), chunked: Vec::new() }
        } else {
            Content::new(body, framing)
        };
        let head = |old, closes| head(status, framing, content_type, &content, old, closes);
        let heads = [head(false, false), head(false, true), head(true, false), head(true, true)];
        Self { heads, framing, content }
    }

    /// Writes the head and, where it depends on the values, the body.
    pub fn write_head(&self, form: Form, values: &Values, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.heads[form.index()]);
        let Content::Template(template) = &self.content else { return };
        let length = template.length(values);
        let chunked = self.is_chunked(form);
        if self.framing == Framing::ContentLength {
            write_number(out, format_args!("{length}\r\n\r\n"));
        }
        if form.head_only {
            return;
        }
        if chunked && length > 0 {
            write_number(out, format_args!("{length:x}\r\n"));
        }
        template.write(values, out);
        if chunked {
            out.extend_from_slice(if length > 0 { b"\r\n0\r\n\r\n" } else { b"0\r\n\r\n" });
        }
    }

    /// What follows the head, if that does not depend on values.
    pub fn body(&self, form: Form) -> &[u8] {
        match &self.content {
            Content::Ready { .. } if form.head_only => &[],
            Content::Ready { chunked, .. } if self.is_chunked(form) => chunked,
            Content::Ready { plain, .. } => plain,
            Content::Template(_) => &[],
        }
    }

    fn is_chunked(&self, form: Form) -> bool {
        matches!(self.framing, Framing::Chunked { .. }) && !form.old
    }
}

impl Content {
    fn new(body: &Body, framing: Framing) -> Self {
        match body {
            Body::Fixed(bytes) => Self::ready(bytes.clone(), framing),
            Body::Size(bytes) => Self::ready(vec![b'x'; *bytes], framing),
            Body::Template(text) => Self::Template(Template::new(text)),
        }
    }

    fn ready(plain: Vec<u8>, framing: Framing) -> Self {
        let chunked = match framing {
            Framing::Chunked { chunk_bytes } => in_chunks(&plain, chunk_bytes),
            Framing::ContentLength | Framing::Close => Vec::new(),
        };
        Self::Ready { plain, chunked }
    }
}

fn head(
    status: u16,
    framing: Framing,
    content_type: &str,
    content: &Content,
    old: bool,
    closes: bool,
) -> Vec<u8> {
    let reason = reason(status);
    let mut head = format!("HTTP/1.1 {status} {reason}\r\nContent-Type: {content_type}\r\n");
    head.push_str(match (closes, old) {
        (true, _) => "Connection: close\r\n",
        (false, true) => "Connection: keep-alive\r\n",
        (false, false) => "",
    });
    let bodiless = matches!(status, 204 | 304);
    match framing {
        _ if bodiless => {}
        Framing::ContentLength => match content {
            Content::Ready { plain, .. } => {
                let length = plain.len().to_string();
                head.extend(["Content-Length: ", &length, "\r\n"]);
            }
            Content::Template(_) => {
                head.push_str("Content-Length: ");
                return head.into_bytes();
            }
        },
        Framing::Chunked { .. } if !old => head.push_str("Transfer-Encoding: chunked\r\n"),
        Framing::Chunked { .. } | Framing::Close => {}
    }
    head.push_str("\r\n");
    head.into_bytes()
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        204 => "No Content",
        304 => "Not Modified",
        400 => "Bad Request",
        404 => "Not Found",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Status",
    }
}

fn in_chunks(body: &[u8], chunk_bytes: usize) -> Vec<u8> {
    let mut encoded = Vec::new();
    for chunk in body.chunks(chunk_bytes) {
        encoded.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        encoded.extend_from_slice(chunk);
        encoded.extend_from_slice(b"\r\n");
    }
    encoded.extend_from_slice(b"0\r\n\r\n");
    encoded
}

fn write_number(out: &mut Vec<u8>, text: std::fmt::Arguments) {
    out.write_fmt(text).expect("a vector takes all");
}
