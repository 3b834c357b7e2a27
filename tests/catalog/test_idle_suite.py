"""Suites of idle connections: what a benchmark of them says, and what the built-in one has."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from timetrial.catalog.loader import load_catalog
from timetrial.catalog.suite_schema import BenchmarkManifest
from timetrial.catalog.suites import build_suite
from timetrial.catalog.workload_schema import WorkloadManifest
from timetrial.model.load import IdleConnections

IDLE = {"workload": "hello", "connections": 200, "rate": 100.0, "hold_s": 3.0}


@pytest.mark.parametrize(
    ("beside", "said"),
    [
        ({"rate": None}, "has hold_s, which needs rate"),
        ({"connections": None, "rate": None}, "has hold_s, which needs connections and rate"),
        ({"users": 3}, "has users, which do not go with hold_s"),
        ({"duration_s": 3.0}, "has duration_s, which do not go with hold_s"),
        ({"pipeline": 2}, "has pipeline, which do not go with hold_s"),
        ({"window_ms": 100.0}, "has window_ms, which do not go with hold_s"),
    ],
)
def test_what_does_not_go_with_held_connections_is_refused(
    beside: dict[str, object], said: str
) -> None:
    BenchmarkManifest.model_validate(IDLE)
    given = {key: value for key, value in {**IDLE, **beside}.items() if value is not None}
    with pytest.raises(ValidationError, match=said):
        BenchmarkManifest.model_validate(given)


def test_compression_is_for_messages() -> None:
    with pytest.raises(ValidationError, match="has deflate, which is for messages"):
        WorkloadManifest.model_validate({"path": "/", "deflate": True})
    WorkloadManifest.model_validate(
        {"path": "/", "websocket": "text", "body": "x", "deflate": True}
    )


def test_the_built_in_suite_holds_connections_and_names_who_has_no_websockets() -> None:
    catalog = load_catalog()
    suite = build_suite(catalog.suite("idle"), catalog)
    loads = {benchmark.name: benchmark.load for benchmark in suite.benchmarks}
    assert loads.keys() == {"keep-alive", "websockets"}
    assert all(isinstance(load, IdleConnections) for load in loads.values())
    for benchmark in suite.benchmarks:
        assert (benchmark.mode, benchmark.windows) == ("whole", 1)
        assert benchmark.window_s == pytest.approx(benchmark.load.connections / 1_000 + 2, abs=2.1)
    messages = suite.benchmark("websockets")
    mute = {s.name for s in suite.stacks if s.known_failure_in(messages)} & {*messages.stacks}
    assert mute == {
        "granian-wsgi", "gunicorn-gevent", "gunicorn-gthread", "gunicorn-sync", "waitress",
    }  # fmt: skip
