"""Load by HTTP/2, against servers that are not ours. Counts alone are asserted."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import get_args

import pytest

from http2_peer import MOST_STREAMS, echoing
from timetrial import _engine
from timetrial.model import BadInput, Http2Facts, ProtocolRefusal, Violation
from timetrial.reports.http2_notes import http2_notes, refused_text
from timetrial.reports.load import as_data, notes
from timetrial.verbs.load import load
from timetrial.verbs.options.load import LoadOptions

LONG = "x{token}" * 12_000
"""Longer than the windows that a server has at first."""


@pytest.mark.parametrize("streams", [1, MOST_STREAMS + 20])
def test_requests_are_multiplexed_up_to_what_the_server_allows(streams: int) -> None:
    with echoing() as url:
        options = LoadOptions(
            url=url, connections=2, threads=1, count=100, http2=True, streams=streams,
            expect_body="hi",
        )  # fmt: skip
        done = load(options)
    counts, facts = done.result.overall, done.result.http2
    assert (counts.arrivals, counts.ok, counts.failed) == (100, 100, 0)
    assert facts == Http2Facts(MOST_STREAMS, min(streams, MOST_STREAMS))
    assert list(notes(done.result)) == []
    shown = as_data(done.terms, done.result)
    assert shown["pipeline"] == 1
    assert shown["http2"] == {
        "protocol": "h2c", "wanted_streams": streams, "allowed_streams": MOST_STREAMS,
        "used_streams": min(streams, MOST_STREAMS), "retries": 0, "goaways": {}, "resets": {},
        "violation": None, "refusal": None,
    }  # fmt: skip


def test_uploads_keep_to_the_windows_of_the_server_and_come_back_in_whole() -> None:
    with echoing() as url:
        options = LoadOptions(
            url=url, connections=1, threads=1, count=12, http2=True, streams=4, method="POST",
            body=LONG, expect_template=LONG,
        )  # fmt: skip
        counts = load(options).result.overall
    assert (counts.arrivals, counts.ok) == (12, 12)


def test_over_tls_the_protocol_is_agreed(tmp_path: Path) -> None:
    certificate, key, authority = _engine.self_signed()
    trusted = tmp_path / "authority.pem"
    trusted.write_text(authority, "ascii")
    upstream = _engine.Upstream(body=b"hi", content_type="text/plain", tls_pem=(certificate, key))
    url = f"https://{upstream.address}/"
    options = LoadOptions(
        url=url, connections=2, threads=1, count=40, http2=True, streams=4, authorities=trusted
    )
    done = load(options)
    assert (done.result.overall.ok, done.terms.http2) == (40, "h2")
    assert upstream.counts()["http2"] == 2


@contextmanager
def saying(greeting: bytes, context: ssl.SSLContext | None = None) -> Iterator[str]:
    """Greet one client, over TLS if there is a context, and wait for its end. Give the URL."""

    def greet() -> None:
        accepted, _ = listener.accept()
        # A refused client may close first.
        with suppress(OSError):
            if context is not None:
                accepted = context.wrap_socket(accepted, server_side=True)
            with accepted:
                accepted.sendall(greeting)
                while accepted.recv(4096):
                    pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=greet)
        thread.start()
        scheme = "http" if context is None else "https"
        yield f"{scheme}://127.0.0.1:{listener.getsockname()[1]}/"
        thread.join()


def context_of(folder: Path, protocols: list[str]) -> ssl.SSLContext:
    certificate, key, _ = _engine.self_signed()
    file = folder / "server.pem"
    file.write_text(certificate + key, "ascii")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    if protocols:
        context.set_alpn_protocols(protocols)
    return context


def refused(url: str, *, insecure: bool = False) -> str:
    options = LoadOptions(
        url=url, connections=1, threads=1, duration=60.0, http2=True, insecure=insecure
    )
    with pytest.raises(BadInput) as caught:
        load(options)
    return str(caught.value)


@pytest.mark.parametrize(
    ("greeting", "kind"),
    [
        (b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", "http1"),
        (b"220 mail.example ESMTP\r\n", "other-protocol"),
    ],
)
def test_a_server_of_another_protocol_is_refused_at_once(
    greeting: bytes, kind: ProtocolRefusal
) -> None:
    with saying(greeting) as url:
        assert refused(url) == refused_text(kind)


@pytest.mark.parametrize("protocols", [[], ["http/1.1"]])
def test_a_server_that_does_not_agree_on_http2_is_refused_at_once(
    tmp_path: Path, protocols: list[str]
) -> None:
    with saying(b"", context_of(tmp_path, protocols)) as url:
        assert refused(url, insecure=True) == refused_text("not-negotiated")


def test_headers_of_http1_are_refused() -> None:
    options = LoadOptions(url="http://127.0.0.1:9/", http2=True, headers=(("Connection", "close"),))
    with pytest.raises(BadInput, match="HTTP/2 does not have it"):
        load(options)


@pytest.mark.parametrize(
    ("url", "given", "said"),
    [
        ("http://127.0.0.1:9/", {"streams": 2}, "--streams needs --http2"),
        ("http://127.0.0.1:9/", {"http2": True, "pipeline": 2}, "HTTP/2 has --streams"),
        ("http://127.0.0.1:9/", {"http2": True, "streams": 2, "fresh": True}, "--fresh and"),
        ("ws://127.0.0.1:9/", {"http2": True}, "--http2 is for http:// and https://"),
        ("ws://127.0.0.1:9/", {"streams": 2}, "--streams is for http:// and https://"),
    ],
)
def test_options_that_contradict_http2_are_refused(
    url: str, given: dict[str, object], said: str
) -> None:
    with pytest.raises(BadInput, match=said):
        LoadOptions(url=url, **given)


def test_each_kind_of_refusal_and_violation_has_a_sentence() -> None:
    refusals = get_args(ProtocolRefusal)
    violations = get_args(Violation)
    said = {refused_text(kind) for kind in refusals}
    said |= {next(http2_notes(Http2Facts(violation=kind))) for kind in violations}
    assert len(said) == len(refusals) + len(violations)


def test_what_was_sent_again_and_ended_is_said() -> None:
    facts = Http2Facts(100, 10, 3, {0: 2}, {2: 1, 99: 4}, refusal="closed")
    assert list(http2_notes(facts)) == [
        "A connection failed: the server closed the connection instead of speaking HTTP/2.",
        "The server ended streams without a response: 1 × 2 (internal error), 4 × 99 (unknown).",
        "The server ended connections in order (GOAWAY): 2 × 0 (no error).",
        "3 requests were sent again, as the server had not processed them.",
    ]
