"""Workloads that are streams, benchmarks beside streams, and the suite of streams."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_workload_manifests import APP, benchmark, built, only, refused

from timetrial.catalog import build_suite, load_catalog
from timetrial.model import StreamSpec
from timetrial.reports.workload_text import what_is_asked
from timetrial.runner.starter import probes_of

STREAMS = """
[workloads.ticks]
path = "/ticks"
wait_ms = 200
stream = { events = 3, numbers = "id" }
[workloads.pieces]
path = "/pieces"
stream = { kind = "chunks", events = 1 }
"""
WHOLE = ("connections = 4", "duration_s = 2")
HELD = 'beside = { workload = "ticks", streams = 8 }'


def test_a_workload_may_be_a_stream(tmp_path: Path) -> None:
    suite = built(tmp_path, benchmark("ticks", *WHOLE), app=APP + STREAMS)
    workload = only(suite).workload
    assert workload.has_streams
    assert workload.steps[0].stream == StreamSpec("sse", "id", 3)
    assert what_is_asked(workload) == (
        "/ticks, a stream as a request, left after 3 events, which come over 200 ms"
    )
    assert {stack.protocols for stack in suite.stacks} == {("streaming",)}
    pieces = only(built(tmp_path, benchmark("pieces", *WHOLE), app=APP + STREAMS)).workload
    assert what_is_asked(pieces) == "/pieces, a stream as a request, left after 1 chunk"


def test_a_benchmark_may_hold_streams_beside(tmp_path: Path) -> None:
    suite = built(tmp_path, benchmark("home", *WHOLE, HELD), app=APP + STREAMS)
    beside = only(suite).beside
    assert beside is not None
    assert (beside.streams, beside.workload.name) == (8, "ticks")
    assert only(suite).has_streams
    assert not only(suite).workload.has_streams


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (("connections = 4", HELD, "window_ms = 150", "lead_in_ms = 50", "windows = 4"),
         "has beside, which goes with duration_s"),
        ((*WHOLE, HELD, 'protocol = "tls"'), "has beside and protocol"),
        ((*WHOLE, 'beside = { workload = "home", streams = 8 }'),
         "beside.workload: 'home' is no stream, which can be held"),
        ((*WHOLE, 'beside = { workload = "none", streams = 8 }'), "beside.workload"),
    ],
)  # fmt: skip
def test_what_cannot_be_held_is_refused(tmp_path: Path, lines: tuple[str, ...], said: str) -> None:
    assert said in refused(tmp_path, benchmark("home", *lines), app=APP + STREAMS)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('stream = { events = 3 }\nexpect = { body = "x" }', "expect may have a status alone"),
        ('stream = { events = 3 }\necho = "/{token}"', "has stream, with which it has no steps"),
        ('stream = { kind = "chunks", events = 3, numbers = "id" }', "chunks do not have"),
        ("stream = { events = 0 }", "events"),
    ],
)
def test_a_stream_that_means_nothing_is_refused(tmp_path: Path, lines: str, said: str) -> None:
    app = f'{APP}\n[workloads.odd]\npath = "/odd"\n{lines}\n'
    assert said in refused(tmp_path, benchmark("home", *WHOLE), app=app)


def test_the_suite_names_who_cannot_stream() -> None:
    catalog = load_catalog()
    suite = build_suite(catalog.suite("streaming"), catalog)
    for benchmark_ in suite.benchmarks:
        cannot = {
            stack.name for stack in suite.stacks if stack.known_failure_in(benchmark_) is not None
        }
        silent = {"fastwsgi", "tornado-wsgi", "uwsgi-http11"}
        assert cannot == (silent if benchmark_.has_streams else set())


def test_what_is_known_to_fail_is_not_asked_and_plain_answers_come_first() -> None:
    catalog = load_catalog()
    suite = build_suite(catalog.suite("streaming"), catalog)
    asked = {
        name: [probe.path for probe in probes_of(suite, suite.stack(name))]
        for name in ("fastwsgi", "uvicorn")
    }
    assert asked["fastwsgi"] == ["/hello"]
    assert asked["uvicorn"][0] == "/hello"
    assert "/burst?events=100" in asked["uvicorn"]
