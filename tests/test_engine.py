"""The engine's public face."""

from __future__ import annotations

from typing import Any

import pytest

from timetrial import _engine, engine
from timetrial.engine import (
    Bimodal,
    ClosedLoad,
    Constant,
    Delay,
    Exponential,
    LogNormal,
    NoDelay,
    OpenLoad,
    Request,
    Responder,
    Setting,
    Stage,
    Target,
    Uniform,
    drive,
)
from timetrial.errors import BadInput, BadTarget

SETTING = Setting(connections=10, cpus=(), timeout_s=5.0)


def test_all_that_is_offered_is_there_and_sorted() -> None:
    assert engine.__all__ == sorted(engine.__all__)
    assert [name for name in engine.__all__ if not hasattr(engine, name)] == []
    # The native class is described in _engine.pyi.
    assert [name for name in engine.__all__ if not getattr(engine, name).__doc__] == ["Histogram"]


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


def test_what_cannot_be_driven() -> None:
    with pytest.raises(BadTarget, match="has https://"):
        drive("https://127.0.0.1:9/")
    with pytest.raises(BadTarget, match="is not this machine"):
        drive("http://192.0.2.1/")
    with pytest.raises(BadInput, match="duration_s is for a closed load"):
        drive("127.0.0.1:9", OpenLoad((Stage(1.0, 1.0, 1.0),)), duration_s=1.0)
    with pytest.raises(BadInput, match="the load cannot be driven"):
        drive("127.0.0.1:9", ClosedLoad(0), duration_s=0.01)


@pytest.mark.measures
@pytest.mark.parametrize(
    ("delay", "low_ms", "high_ms"),
    [
        (NoDelay(), 0, 1),
        (Constant(0.005), 5, 7),
        (LogNormal(median_s=0.004, sigma=0.1), 3, 6),
        (Bimodal(0.002, 0.004, share_slow=1.0), 4, 6),
        (Uniform(0.002, 0.004), 2, 5),
        (Exponential(mean_s=0.005), 1, 10),
    ],
)
def test_a_responder_knows_what_an_open_load_has_measured(
    delay: Delay, low_ms: int, high_ms: int
) -> None:
    load = OpenLoad((Stage(0.3, 200, 200),), "constant")
    with Responder(delay, seed=1) as responder:
        result = drive(responder.address, load, SETTING)
        assert responder.counts().requests == 60
        record = responder.stop()
    assert result.counts.ok == record.requests == record.responses == 60
    assert low_ms <= record.response_time.quantile(0.5) / 1e6 <= high_ms
    assert result.service_time.quantile(0.5) >= record.response_time.quantile(0.5) * 0.99


@pytest.mark.measures
def test_a_closed_load_brings_its_connections_and_takes_its_length() -> None:
    with Responder() as responder:
        target = Target(responder.address, "localhost", (Request("/a"), Request("/b")))
        result = drive(target, ClosedLoad(3), SETTING, duration_s=0.2)
        record = responder.stop()
    assert result.connections_reached == 3
    assert result.overall.ok == record.requests > 0
    assert (result.closed_ns - result.opened_ns) / 1e9 == pytest.approx(0.2, rel=0.1)


@pytest.mark.measures
def test_a_pause_shows_in_the_response_times() -> None:
    with Responder() as responder:
        responder.pause(0.2)
        result = drive(
            f"http://{responder.address}/", OpenLoad((Stage(0.3, 200, 200),), "constant"), SETTING
        )  # fmt: skip
    assert result.counts.ok == 60
    assert result.response_time.max_ns > 150e6


@pytest.mark.parametrize(
    "part", [{"path": "/ HTTP/1.1\r\nX: y"}, {"method": "GET\n"}, {"headers": [("A", "b\r\nC: d")]}]
)
def test_a_line_break_inside_a_request_is_refused(part: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="line break"):
        _engine.Request(**{"host": "localhost", "path": "/", **part})
