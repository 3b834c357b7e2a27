"""Why TLS or HTTP/2 was not what a load asked for, as clauses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from timetrial.drivers.driver import LoadResult, TlsReason
from timetrial.model import ProtocolRefusal, Violation

_HTTP2: Mapping[ProtocolRefusal, str] = {
    "http1": "HTTP/1 was spoken where HTTP/2 was asked for",
    "other-protocol": "what came is not HTTP/2",
    "not-negotiated": "HTTP/2 was not chosen (ALPN: {alpn})",
    "closed": "the connection was closed instead of HTTP/2 being spoken",
    "silent": "the beginning of HTTP/2 was not answered",
}
_TLS: Mapping[TlsReason, str] = {
    "not-tls": "TLS was not spoken",
    "no-protocol": "none of the offered protocols was taken (ALPN)",
    "alert": "TLS was refused by the alert {detail}",
    "self-signed": "the certificate is not that of the run, but self-signed",
    "unknown-authority": "the certificate is not that of the run",
}
_OTHERWISE = "the handshake of TLS failed ({detail})"
VIOLATED: Mapping[Violation, str] = {
    "frame-size": "a frame of an impossible length",
    "stream-id": "a frame on a stream that was not opened",
    "after-end": "frames of a response after its end",
    "flow-control": "more data than its window allows, or a window that is too large",
    "empty-update": "an update of a window by nothing",
    "compression": "header fields that cannot be decoded",
    "head-too-large": "header fields of more than 64 KiB",
    "continuation": "a head that is not continued",
    "padding": "padding that is longer than its frame",
    "settings": "a setting with an impossible value",
    "push": "a pushed response, although that is switched off",
    "flood": "thousands of pings or settings without any response",
}


def protocol_refusals(result: LoadResult) -> Iterator[str]:
    """Say why connections did not become what was asked for, or were given up."""
    if (refused := result.tls_refusal) is not None:
        yield _TLS.get(refused.reason, _OTHERWISE).format(detail=refused.detail)
    facts = result.http2
    if facts is not None and facts.refusal is not None:
        chosen = None if result.tls is None else result.tls.alpn
        yield _HTTP2[facts.refusal].format(alpn=chosen or "none chosen")
    if facts is not None and facts.violation is not None:
        yield f"HTTP/2 was broken by {VIOLATED[facts.violation]}"
