//! Responses, prepared as far as they do not depend on the request.

use super::config::{Body, Framing};
use super::request::ReceivedRequest;
use super::template::{append, ResponseTemplate, Values};

/// How the connection ends once everything is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The peer expects the close.
    Expected,
    /// The peer may still be sending.
    Unexpected,
    Reset,
}

/// The form of a response, which depends on the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form {
    is_http10: bool,
    head_only: bool,
    /// None: the connection stays open after the response.
    pub ending: Option<Ending>,
}

impl Form {
    pub fn new(request: ReceivedRequest, framing: Framing) -> Self {
        let ReceivedRequest { head_only, is_http10, keep_alive } = request;
        let by_close = match framing {
            Framing::ContentLength => false,
            Framing::Chunked { .. } => is_http10,
            Framing::Close => true,
        };
        let ending = match (keep_alive, by_close) {
            (false, _) => Some(Ending::Expected),
            (true, true) => Some(Ending::Unexpected),
            (true, false) => None,
        };
        Self { is_http10, head_only, ending }
    }

    /// The response to bytes that are not a request.
    pub const MALFORMED: Self =
        Self { is_http10: false, head_only: false, ending: Some(Ending::Unexpected) };

    fn index(self) -> usize {
        usize::from(self.is_http10) * 2 + usize::from(self.ending.is_some())
    }
}

/// One response in all its forms.
pub struct ResponsePlan {
    /// By [`Form::index`]. The head of a template with Content-Length ends before the length.
    heads: [Vec<u8>; 4],
    framing: Framing,
    content: Content,
}

enum Content {
    Ready { plain: Vec<u8>, chunked: Vec<u8> },
    Template(ResponseTemplate),
}

impl ResponsePlan {
    pub fn new(status: u16, body: &Body, framing: Framing, content_type: &str) -> Self {
        let content = if matches!(status, 204 | 304) {
            Content::Ready { plain: Vec::new(), chunked: Vec::new() }
        } else {
            Content::new(body, framing)
        };
        let head =
            |is_http10, closes| head(status, framing, content_type, &content, is_http10, closes);
        let heads = [head(false, false), head(false, true), head(true, false), head(true, true)];
        Self { heads, framing, content }
    }

    /// Appends the head and, if the body depends on the values, the body.
    pub fn write_head(&self, form: Form, values: &Values, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.heads[form.index()]);
        let Content::Template(template) = &self.content else { return };
        let length = template.length(values);
        let chunked = self.is_chunked(form);
        if self.framing == Framing::ContentLength {
            append(out, format_args!("{length}\r\n\r\n"));
        }
        if form.head_only {
            return;
        }
        if chunked && length > 0 {
            append(out, format_args!("{length:x}\r\n"));
        }
        template.write(values, out);
        if chunked {
            out.extend_from_slice(if length > 0 { b"\r\n0\r\n\r\n" } else { b"0\r\n\r\n" });
        }
    }

    /// The bytes after the head, unless [`ResponsePlan::write_head`] writes them.
    pub fn body(&self, form: Form) -> &[u8] {
        match &self.content {
            Content::Ready { .. } if form.head_only => &[],
            Content::Ready { chunked, .. } if self.is_chunked(form) => chunked,
            Content::Ready { plain, .. } => plain,
            Content::Template(_) => &[],
        }
    }

    fn is_chunked(&self, form: Form) -> bool {
        matches!(self.framing, Framing::Chunked { .. }) && !form.is_http10
    }
}

impl Content {
    fn new(body: &Body, framing: Framing) -> Self {
        match body {
            Body::Fixed(bytes) => Self::ready(bytes.clone(), framing),
            Body::Size(bytes) => Self::ready(vec![b'x'; *bytes], framing),
            Body::Template(text) => Self::Template(ResponseTemplate::new(text)),
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
    is_http10: bool,
    closes: bool,
) -> Vec<u8> {
    let reason = reason(status);
    let mut head = format!("HTTP/1.1 {status} {reason}\r\nContent-Type: {content_type}\r\n");
    head.push_str(match (closes, is_http10) {
        (true, _) => "Connection: close\r\n",
        (false, true) => "Connection: keep-alive\r\n",
        (false, false) => "",
    });
    let has_no_body = matches!(status, 204 | 304);
    match framing {
        _ if has_no_body => {}
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
        Framing::Chunked { .. } if !is_http10 => head.push_str("Transfer-Encoding: chunked\r\n"),
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
