"""The engine's public face."""

from __future__ import annotations

import dataclasses
import errno
import socket
from typing import Any, Literal

import pytest

from timetrial import _engine, engine
from timetrial.engine import (
    ArrivalSchedule,
    Bimodal,
    ClosedLoad,
    Constant,
    Delay,
    Exponential,
    LogNormal,
    NoDelay,
    Request,
    Responder,
    SessionConfig,
    Stage,
    Target,
    ThinkSchedule,
    ThinkTime,
    Trust,
    Uniform,
    run_load,
)
from timetrial.model.errors import BadInput, BadTarget

SETTING = SessionConfig(connections=10, cpus=(), timeout_s=60.0)


def test_all_that_is_offered_is_there_and_sorted() -> None:
    assert engine.__all__ == sorted(engine.__all__)
    assert [name for name in engine.__all__ if not hasattr(engine, name)] == []
    assert [name for name in engine.__all__ if not getattr(engine, name).__doc__] == []


@pytest.mark.parametrize(
    ("delay", "problem"),
    [
        (LogNormal(0.001, sigma=-1.0), "sigma -1"),
        (Bimodal(0.001, 0.002, share_slow=1.5), "share_slow 1.5"),
        (Uniform(0.002, 0.001), "low_ns 2000000 exceeds high_ns 1000000"),
        (Constant(-0.001), "can't convert negative"),
    ],
)
def test_a_delay_that_cannot_be(delay: Delay, problem: str) -> None:
    with pytest.raises(BadInput, match=f"the responder cannot be started: .*{problem}"):
        Responder(delay)


def test_a_cpu_that_is_not_there() -> None:
    with pytest.raises(BadInput, match="the responder cannot be started"):
        Responder(cpus=(100_000,))


def test_a_responder_can_be_stopped_twice() -> None:
    with Responder() as responder:
        record = responder.stop()
        assert responder.stop() is record
        with pytest.raises(ValueError, match="stopped"):
            responder.counts()
        with pytest.raises(ValueError, match="stopped"):
            responder.pause(1.0)
    assert (record.requests, record.responses, record.response_time.count) == (0, 0, 0)


def test_the_native_responder_is_a_context_manager() -> None:
    with _engine.Responder() as responder:
        assert responder.address.startswith("127.0.0.1:")
    with pytest.raises(ValueError, match="stopped"):
        responder.stop()


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"delay": "lognormal", "delay_ns": [1], "share": -1.0}, "sigma -1"),
        ({"delay": "slow"}, "'slow'|\"slow\" with"),
        ({"receipt": "never"}, "is no receipt"),
        ({"stall_ns": (5, 5)}, "a stall of 5 ns"),
        ({"threads": 0}, "0 threads"),
        ({"cpus": [1_000_000]}, "no CPU 1000000"),
    ],
)
def test_a_responder_that_cannot_be_is_a_value_error(wrong: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        _engine.Responder(**wrong)


def test_what_cannot_be_driven() -> None:
    with pytest.raises(BadTarget, match="is not this machine"):
        run_load("http://192.0.2.1/")
    with pytest.raises(BadInput, match="is for https:// URLs, not for "):
        run_load("127.0.0.1:9", trust=Trust(insecure=True))
    with pytest.raises(BadInput, match="a Target has its Tls"):
        run_load(Target("127.0.0.1:9", "a", (Request("/"),)), trust=Trust(b""))
    with pytest.raises(BadInput, match="there is no certificate in the file of authorities"):
        run_load("https://127.0.0.1:9/", trust=Trust(b"none"))
    with pytest.raises(BadInput, match="2 think times for 1 requests"):
        run_load("127.0.0.1:9", ThinkSchedule((ThinkTime(), ThinkTime())))
    with pytest.raises(BadInput, match="a timeout of 0 leaves no time"):
        run_load("127.0.0.1:9", ClosedLoad(1, timeout_s=0.0))
    with pytest.raises(BadInput, match="duration_s is for a closed load"):
        run_load("127.0.0.1:9", ArrivalSchedule((Stage(1.0, 1.0, 1.0),)), duration_s=1.0)
    with pytest.raises(BadInput, match="the load cannot be driven"):
        run_load("127.0.0.1:9", ClosedLoad(0), duration_s=0.01)


@pytest.mark.parametrize(
    ("delay", "at_least_ms"),
    [
        (NoDelay(), 0),
        (Constant(0.005), 5),
        (LogNormal(median_s=0.004, sigma=0.1), 3),
        (Bimodal(0.002, 0.004, share_slow=1.0), 4),
        (Uniform(0.002, 0.004), 2),
        (Exponential(mean_s=0.005), 1),
    ],
)
def test_a_responder_knows_what_an_open_load_has_measured(delay: Delay, at_least_ms: int) -> None:
    load = ArrivalSchedule((Stage(0.3, 200, 200),), "constant")
    with Responder(delay, seed=1) as responder:
        result = run_load(responder.address, load, SETTING)
        assert responder.counts().requests == 60
        record = responder.stop()
    assert result.counts.ok == record.requests == record.responses == 60
    # Whatever else the machine does, they are in no other unit. (Either side may be kept waiting
    # between what it does and its clock, so that neither median has to be the larger one.)
    for told in (record.response_time, result.service_time):
        assert at_least_ms <= told.quantile(0.5) / 1e6 < 1_000


def test_a_closed_load_brings_its_connections_and_takes_its_length() -> None:
    with Responder() as responder:
        target = Target(responder.address, "localhost", (Request("/a"), Request("/b")))
        result = run_load(target, ClosedLoad(3), SETTING, duration_s=0.2)
        record = responder.stop()
    assert result.connections_reached == 3
    assert result.overall.ok == record.requests > 0
    assert 0.2 <= (result.closed_ns - result.opened_ns) / 1e9 < 60


def test_a_pause_shows_in_the_response_times() -> None:
    with Responder() as responder:
        responder.pause(2.0)
        result = run_load(
            f"http://{responder.address}/",
            ArrivalSchedule((Stage(0.3, 200, 200),), "constant"),
            SETTING,
        )
    assert result.counts.ok == 60
    assert result.response_time.max_ns > 500e6


@pytest.mark.parametrize(
    "part", [{"path": "/ HTTP/1.1\r\nX: y"}, {"method": "GET\n"}, {"headers": [("A", "b\r\nC: d")]}]
)
def test_a_line_break_inside_a_request_is_refused(part: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="line break"):
        _engine.Request(**{"host": "localhost", "path": "/", **part})


@pytest.mark.parametrize(
    ("part", "problem"),
    [
        ({"path": "index.html"}, 'the path "index.html" does not begin with a slash'),
        ({"path": "http://localhost/"}, "does not begin with a slash: allowed are /PATH"),
        ({"path": "*"}, "is for OPTIONS alone, not for GET"),
        ({"headers": [("Content-Length", "3")], "content": b"book"}, "the body has 4 bytes"),
        ({"headers": [("Transfer-Encoding", "chunked")]}, "bodies have their length"),
        ({"method": "get it"}, "is no method"),
    ],
)
def test_a_request_that_no_server_could_read_is_refused(part: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        _engine.Request(**{"host": "localhost", "path": "/", **part})


def test_a_target_needs_a_request_and_a_session_a_timeout() -> None:
    with pytest.raises(ValueError, match="a target without requests"):
        _engine.Target("127.0.0.1:9", [])
    target = _engine.Target("127.0.0.1:9", [_engine.Request(host="a", path="/")])
    with pytest.raises(ValueError, match="a timeout of 0 leaves no time"):
        _engine.Session([target], connections=1, threads=1, cpus=[], timeout_ns=0)


def test_users_think_after_each_request_and_pass_through_all() -> None:
    with Responder() as responder:
        target = Target(responder.address, "localhost", (Request("/a"), Request("/b")))
        load = ThinkSchedule((ThinkTime(0.01), ThinkTime(0.01)))
        result = run_load(target, load, SETTING, duration_s=0.3)
        record = responder.stop()
    assert result.connections_reached == SETTING.connections
    assert result.overall.ok == record.requests > 0
    assert result.iteration_time.min_ns >= 10_000_000
    assert len(result.by_request) == 2


@pytest.mark.parametrize("backend", ["epoll", "auto"])
def test_a_refused_connect_has_the_systems_reason(backend: Literal["epoll", "auto"]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    setting = dataclasses.replace(SETTING, backend=backend)
    result = run_load(f"http://127.0.0.1:{port}/", ClosedLoad(2), setting, max_requests=5)
    assert result.overall.ok == 0
    assert result.connect_error == errno.ECONNREFUSED


def test_an_https_url_is_loaded_by_whom_its_authority_is_trusted() -> None:
    load = ArrivalSchedule((Stage(0.2, 100, 100),), "constant")
    with Responder(tls=True) as responder:
        url = f"https://{responder.address}/"
        trusting = run_load(url, load, SETTING, trust=Trust(responder.authority))
        gullible = run_load(url, load, SETTING, trust=Trust(insecure=True))
        distrustful = run_load(url, load, SETTING)
        record = responder.stop()
    assert (trusting.counts.ok, gullible.counts.ok, record.requests) == (20, 20, 40)
    assert distrustful.counts.ok == 0
    assert distrustful.tls_refusal is not None
    assert distrustful.tls_refusal.reason == "unknown-authority"


def test_a_load_may_end_after_so_many_requests() -> None:
    with Responder() as responder:
        result = run_load(responder.address, ClosedLoad(2), max_requests=50)
    assert result.overall.ok == 50
