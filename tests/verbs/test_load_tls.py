"""What load says of TLS: what was agreed on, and whether sessions went on. Counts alone."""

from __future__ import annotations

import pytest

from timetrial.engine import Responder
from timetrial.model import BadInput, TlsHandshakes
from timetrial.reports.load import as_data
from timetrial.reports.tls_text import tls_texts
from timetrial.verbs.load import load
from timetrial.verbs.options.load import LoadOptions


@pytest.mark.parametrize("resumes", [False, True])
def test_handshakes_are_full_unless_sessions_are_to_go_on(resumes: bool) -> None:  # noqa: FBT001 - it is what the test is about
    with Responder(tls=True) as responder:
        options = LoadOptions(
            url=f"https://{responder.address}/",
            insecure=True,
            connections=2,
            threads=1,
            count=20,
            fresh=True,
            resume_tls=resumes,
        )
        done = load(options)
    made = done.result.tls
    assert made is not None
    assert (made.version, made.alpn, made.otherwise) == ("TLS 1.3", "http/1.1", 0)
    assert made.full + made.resumed == done.result.connects
    assert bool(made.resumed) == resumes
    data = as_data(done.terms, done.result)
    assert isinstance(data["tls"], dict)
    assert data["tls"]["full"] == made.full
    assert data["connections_opened_per_s"]


def test_a_load_without_tls_has_no_handshakes() -> None:
    with Responder() as responder:
        done = load(LoadOptions(url=f"http://{responder.address}/", threads=1, count=5))
    assert done.result.tls is None
    with pytest.raises(BadInput, match="--resume-tls is for https:// and wss:// URLs"):
        load(LoadOptions(url="http://127.0.0.1:9/", resume_tls=True))


def test_what_was_agreed_is_said_with_the_handshakes_of_each_kind() -> None:
    made = TlsHandshakes("TLS 1.3", "TLS13_AES_256_GCM_SHA384", None, 1, 2_000, 3)
    assert tls_texts(made) == (
        "TLS13_AES_256_GCM_SHA384, ALPN none chosen",
        "1 full handshake, 2,000 resumed, 3 agreed otherwise",
    )
