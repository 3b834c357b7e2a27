"""Benchmarks over HTTP/2 and TLS: what is driven, what is kept, and what a failure says."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import get_args

import pytest

from fake_stacks import FakeStack, benchmark, small_suite, staged
from timetrial.drivers.driver import TlsReason, TlsRefusal
from timetrial.drivers.protocol_text import protocol_refusals
from timetrial.drivers.scripted import Scene, ScriptedDriver
from timetrial.model import (
    BadInput,
    ClosedLoad,
    Http2Facts,
    ProtocolRefusal,
    Suite,
    TlsHandshakes,
    Transport,
    Violation,
)
from timetrial.reports.tls_text import agreed
from timetrial.runner.driver_adaptation import driven_by
from timetrial.runner.driver_inputs import load_spec, session_config, target, target_at
from timetrial.stacks.certificates import make_certificates

STACKS = ("gunicorn", "uvicorn")
MADE = TlsHandshakes("TLS 1.3", "TLS13_AES_256_GCM_SHA384", "h2", 8, 0, 0)
FACTS = Http2Facts(100, 5, 3, {0: 1})


def suite_over(transport: Transport, streams: int = 5) -> Suite:
    plain = small_suite(1, STACKS)
    stacks = (dataclasses.replace(stack, protocols=(transport.protocol,)) for stack in plain.stacks)
    over = dataclasses.replace(
        benchmark("hello", STACKS), load=ClosedLoad(8, pipeline=streams), transport=transport
    )
    return dataclasses.replace(plain, stacks=tuple(stacks), benchmarks=(over,))


def test_streams_are_driven_and_what_was_seen_is_kept(tmp_path: Path) -> None:
    with staged(tmp_path, suite_over(Transport("http2"))) as stage:
        stage.script(lambda *_: Scene(tls=MADE, http2=FACTS))
        run = stage.execute()
        opened = stage.driver.sessions[-1]
        stored = stage.store.load(run.number)
    assert (opened.setting.connections, opened.setting.pipeline) == (8, 5)
    assert all(each.is_http2 for each in opened.targets)
    windows = [window for m in stored.measurements for window in m.windows]
    assert windows
    assert all((window.tls, window.http2) == (MADE, FACTS) for window in windows)
    (said,) = agreed(stored, stored.plan.suite.benchmarks[0])
    assert said == "All connections: TLS 1.3, TLS13_AES_256_GCM_SHA384, ALPN h2."


def test_the_authority_of_the_run_is_trusted_alone(tmp_path: Path) -> None:
    suite = suite_over(Transport("tls", resumes_tls=True))
    stack, over = suite.stacks[0], suite.benchmarks[0]
    running = FakeStack(stack, 1, 1, [])
    made = make_certificates(tmp_path)
    running.launch = dataclasses.replace(running.launch, authority=made.authority)
    aimed = target(running, stack, over)
    assert aimed.tls is not None
    assert (aimed.tls.host, aimed.tls.resumes, aimed.tls.insecure) == ("127.0.0.1", True, False)
    assert aimed.tls.authorities == made.authority.read_bytes()
    assert not aimed.is_http2
    without_tls = suite_over(Transport("h2c"))
    plain = target_at("127.0.0.1:1", without_tls.stacks[0], without_tls.benchmarks[0])
    assert (plain.tls, plain.is_http2) == (None, True)


@pytest.mark.parametrize(
    ("transport", "said"),
    [(Transport("tls"), "TLS needs the engine"), (Transport("h2c"), "HTTP/2 needs the engine")],
)
def test_other_tools_are_refused_in_a_sentence(transport: Transport, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        driven_by(suite_over(transport, 1), ["k6"])


def test_a_server_that_speaks_something_else_is_told_so() -> None:
    suite = suite_over(Transport("http2"))
    over = suite.benchmarks[0]
    aimed = target_at("127.0.0.1:1", suite.stacks[0], over)
    with ScriptedDriver().open([aimed], session_config(over, ())) as session:
        result = session.run_load(load_spec(over, 0, 0))
    negotiated = dataclasses.replace(MADE, alpn="http/1.1")
    facts = Http2Facts(refusal="not-negotiated")
    refused = dataclasses.replace(result, http2=facts, tls=negotiated)
    assert list(protocol_refusals(refused)) == ["HTTP/2 was not chosen (ALPN: http/1.1)"]
    said = set()
    refusals: tuple[ProtocolRefusal, ...] = get_args(ProtocolRefusal)
    violations: tuple[Violation, ...] = get_args(Violation)
    reasons: tuple[TlsReason, ...] = get_args(TlsReason)
    for refusal in refusals:
        said |= {*protocol_refusals(dataclasses.replace(result, http2=Http2Facts(refusal=refusal)))}
    for violation in violations:
        broken = Http2Facts(violation=violation)
        said |= {*protocol_refusals(dataclasses.replace(result, http2=broken))}
    for reason in reasons:
        by_tls = dataclasses.replace(result, tls_refusal=TlsRefusal(reason, reason))
        said |= {*protocol_refusals(by_tls)}
    assert len(said) == len(refusals) + len(violations) + len(reasons)
    assert list(protocol_refusals(result)) == []
