"""Certificates of a run, and stacks that are asked over TLS."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from timetrial import _engine
from timetrial.model.errors import StackFailed
from timetrial.model.workload import Expectation, Request
from timetrial.stacks.certificates import Certificates, make_certificates
from timetrial.stacks.connection import Connection
from timetrial.stacks.readiness import check_answers

HELLO = Request("/hello", Expectation(200, "hi"))


def serving(made: Certificates) -> tuple[_engine.Upstream, str, int]:
    pem = (made.certificate.read_text("ascii"), made.key.read_text("ascii"))
    upstream = _engine.Upstream(body=b"hi", content_type="text/plain", tls_pem=pem)
    host, _, port = upstream.address.rpartition(":")
    return upstream, host, int(port)


def test_a_key_is_in_pkcs8_and_nobody_else_reads_it(tmp_path: Path) -> None:
    made = make_certificates(tmp_path / "tls")
    assert made.key.read_text("ascii").startswith("-----BEGIN PRIVATE KEY-----")
    assert stat.S_IMODE(made.key.stat().st_mode) == stat.S_IRUSR | stat.S_IWUSR
    assert made.authority.read_text("ascii") != made.certificate.read_text("ascii")


def test_a_stack_with_the_certificate_of_the_run_is_asked_over_tls(tmp_path: Path) -> None:
    made = make_certificates(tmp_path / "tls")
    upstream, host, port = serving(made)
    check_answers(host, port, HELLO, keep_alive=True, authority=made.authority)
    with Connection(host, port, authority=made.authority) as connection:
        answer = connection.ask(HELLO, keep_alive=True)
    assert (answer.status, answer.body) == (200, b"hi")
    assert upstream.counts()["http2"] == 0


def test_a_certificate_of_another_authority_is_not_taken(tmp_path: Path) -> None:
    upstream, host, port = serving(make_certificates(tmp_path / "tls"))
    other = make_certificates(tmp_path / "other")
    with pytest.raises(StackFailed, match="certificate verify failed"):
        check_answers(host, port, HELLO, keep_alive=True, authority=other.authority)
    del upstream
