"""Streams that are served one at a time, connections that end, and what TLS agreed on."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st
from subjects import a_round, found, found_in_table, severity_of

from runs import a_window, wait_50ms
from timetrial.analysis.checks.benchmark_context import BenchmarkContext
from timetrial.analysis.checks.cell_context import CellContext
from timetrial.analysis.checks.http2 import find_serial
from timetrial.model import (
    Benchmark,
    ClosedLoad,
    Counts,
    Http2Facts,
    Measurement,
    TlsHandshakes,
    Transport,
    Window,
)

CONNECTIONS, STREAMS = 4, 20
OVER = Transport("http2")
MADE = TlsHandshakes("TLS 1.3", "TLS13_AES_256_GCM_SHA384", "h2", 4, 0, 0)


def over(transport: Transport | None = OVER, streams: int = STREAMS) -> Benchmark:
    load = ClosedLoad(CONNECTIONS, pipeline=streams)
    return dataclasses.replace(wait_50ms(["granian"]), load=load, transport=transport)


def served(per_s: float, threads: int = 4, benchmark: Benchmark | None = None) -> CellContext:
    """Make a stack of two workers that serves so many requests a second."""
    window = a_window(completions=round(per_s), connections=CONNECTIONS, cpu_s=0.2)
    rounds = (a_round(window),)
    return CellContext(benchmark or over(), "granian", rounds, workers=2, threads=threads)


def test_a_server_that_answers_streams_one_after_the_other_is_noted() -> None:
    finding = found("serial-streams", served(79))
    assert finding is not None
    assert finding.severity == "note"
    assert "4.0 requests were, on 4 connections × 20 streams" in finding.evidence


@pytest.mark.parametrize(
    "subject",
    [
        served(1_580),
        served(158),
        served(30),
        served(79, threads=2),
        served(79, benchmark=over(None)),
        served(79, benchmark=over(Transport("tls"))),
        served(79, benchmark=over(streams=1)),
    ],
    ids=[
        "all streams", "as many as threads", "something else is slower", "threads may be it",
        "HTTP/1.1", "no HTTP/2", "one stream",
    ],
)  # fmt: skip
def test_sound_servers_do_not_carry_it(subject: CellContext) -> None:
    assert found("serial-streams", subject) is None


@given(st.integers(1, 200), st.integers(2, 100), st.floats(0.0, 1.0))
def test_more_than_a_tenth_above_one_a_connection_is_never_serial(
    connections: int, streams: int, share: float
) -> None:
    at_a_time = connections * (1.15 + share * (streams - 1.15))
    load = ClosedLoad(connections, pipeline=streams)
    subject = served(at_a_time / 0.05 + 1, benchmark=dataclasses.replace(over(), load=load))
    assert find_serial(subject) is None


def with_facts(**facts: object) -> Window:
    return dataclasses.replace(a_window(), **facts)  # type: ignore[arg-type]  # fields of a window


def test_connections_that_a_server_ended_are_noted_with_what_was_in_flight() -> None:
    lost = a_window(failed=Counts(closed_early=7))
    window = dataclasses.replace(lost, http2=Http2Facts(retries=5, goaways={0: 2}, resets={7: 1}))
    subject = CellContext(over(), "granian", (a_round(window, window),))
    finding = found("goaway", subject)
    assert finding is not None
    assert finding.severity == "note"
    for part in ("4 connections in order", "10 sent again", "2 reset", "14 lost"):
        assert part in finding.evidence
    assert found("goaway", CellContext(over(), "granian", (a_round(a_window()),))) is None


def history(stack: str, made: TlsHandshakes) -> CellContext:
    measured: Measurement = a_round(with_facts(tls=made), with_facts(), stack=stack)
    return CellContext(over(), stack, (measured,))


def test_another_version_of_tls_is_named_and_the_same_is_not() -> None:
    same = BenchmarkContext((history("granian", MADE), history("uvicorn", MADE)))
    assert found_in_table("unequal-tls", same) == []
    older = dataclasses.replace(MADE, version="TLS 1.2", full=1)
    other = BenchmarkContext((history("granian", MADE), history("uvicorn", older)))
    findings = found_in_table("unequal-tls", other)
    assert [finding.cell.stack for finding in findings] == ["granian", "uvicorn"]
    assert "TLS 1.3, TLS13_AES_256_GCM_SHA384 (granian); TLS 1.2" in findings[0].evidence


@pytest.mark.parametrize(
    ("full", "resumed", "resumes", "noted"),
    [(4, 996, True, False), (500, 500, True, True), (900, 0, True, True), (900, 0, False, False)],
)
def test_sessions_that_are_not_resumed_are_noted(
    full: int,
    resumed: int,
    resumes: bool,  # noqa: FBT001 - a table of cases
    noted: bool,  # noqa: FBT001 - likewise
) -> None:
    made = dataclasses.replace(MADE, full=full, resumed=resumed)
    benchmark = over(Transport("tls", resumes_tls=resumes), 1)
    subject = CellContext(benchmark, "granian", (a_round(with_facts(tls=made)),))
    finding = found("not-resumed", subject)
    assert (finding is not None) == noted
    assert finding is None or f"it resumed {resumed:,} of {full + resumed:,}" in finding.evidence


@pytest.mark.parametrize(
    ("transport", "fresh", "severity"),
    [(Transport("tls"), True, None), (Transport("tls"), False, "invalid"), (None, True, "invalid")],
)
def test_connections_in_a_handshake_are_not_missing(
    transport: Transport | None,
    fresh: bool,  # noqa: FBT001 - a table of cases
    severity: str | None,
) -> None:
    load = ClosedLoad(16, fresh_connections=fresh)
    benchmark = dataclasses.replace(over(transport), load=load)
    subject = CellContext(benchmark, "granian", (a_round(a_window(connections=15)),))
    assert severity_of("connections", subject) == severity
