"""What is said of streams and of idle connections."""

from __future__ import annotations

import dataclasses
import json

import pytest

from timetrial._engine import Histogram
from timetrial.drivers.driver import LoadResult, LoadSpec, SessionConfig, Target
from timetrial.drivers.load_run import LoadRun, LoadTerms
from timetrial.drivers.scripted import ScriptedDriver
from timetrial.drivers.streams_and_idle import EventCounts, IdleFacts, StreamFacts
from timetrial.model import StreamSpec
from timetrial.reports.load import as_data, notes
from timetrial.reports.load_answer import headline_of

NS_PER_MS = 1_000_000
SETTING = SessionConfig(connections=4, cpus=(), timeout_s=10.0)
NUMBERED = LoadTerms(
    "GET /", SETTING, None, ("GET /",), sends="stream", stream=StreamSpec("sse", "id", None)
)
IDLE = LoadTerms("GET /", SETTING, None, ("GET /",), idle_per_s=1_000.0)


def times(*values_ms: float) -> Histogram:
    histogram = Histogram()
    for value_ms in values_ms:
        histogram.record(int(value_ms * NS_PER_MS))
    return histogram


STREAMS = StreamFacts(
    EventCounts(arrivals=400, ok=400),
    late=0, repeated=0, unnumbered=0, lost=0, comments=0, most_held=4, left=4, complete=0, silent=0,
    several=4, together=0, head_time=times(1, 2), first_byte_time=times(2, 3),
    first_event_time=times(900, 1_000, 1_000, 1_000), gap=times(20),
)  # fmt: skip


def result(streams: StreamFacts | None = None, idle: IdleFacts | None = None) -> LoadResult:
    with ScriptedDriver().open([Target("127.0.0.1:1", "localhost", ())], SETTING) as session:
        came = session.run_load(LoadSpec(0, 8.0))
    return dataclasses.replace(came, streams=streams, idle=idle)


@pytest.mark.parametrize(
    ("changed", "label", "part"),
    [
        ({}, "OK", "4 held at once · 400 events, 0 lost, 0 out of order · "),
        (
            {"lost": 3, "events": EventCounts(arrivals=403, ok=400, error=3)},
            "EVENTS LOST",
            "400 of 403 events, 3 lost, 0 out of order",
        ),
        (
            {"late": 2, "events": EventCounts(arrivals=400, ok=398, wrong=2)},
            "EVENTS OUT OF ORDER",
            "400 events, 0 lost, 2 out of order",
        ),
    ],
)
def test_a_verdict_on_streams_says_what_became_of_events(
    changed: dict[str, object], label: str, part: str
) -> None:
    facts = dataclasses.replace(STREAMS, **changed)  # type: ignore[arg-type]  # names of fields
    came = result(facts)
    said = headline_of(NUMBERED, came)
    assert (said.label, said.failed) == (label, label != "OK")
    assert part in said.text
    assert LoadRun(NUMBERED, came).failed == said.failed


def test_order_is_claimed_only_where_events_are_numbered() -> None:
    unnumbered = dataclasses.replace(NUMBERED, stream=StreamSpec("sse"))
    assert "400 events · " in headline_of(unnumbered, result(STREAMS)).text


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"other_type": ""}, "The response has no Content-Type, and not text/event-stream: is"),
        (
            {"together": 3},
            (
                "Stream buffered: in 3 of 4 streams the first and the last event came together, "
                "after 1.00 s: does the server"
            ),
        ),
        ({"silent": 1}, "1 stream had a response, but never an event."),
        (
            {"lost": 1_000, "repeated": 1, "unnumbered": 2},
            "Events: 1,000 lost, 1 repeated, 2 without a number that counts.",
        ),
    ],
)
def test_each_thing_that_streams_show_has_a_sentence(changed: dict[str, object], said: str) -> None:
    facts = dataclasses.replace(STREAMS, **changed)  # type: ignore[arg-type]  # names of fields
    (note,) = notes(result(facts))
    assert note.startswith(said)
    assert list(notes(result(STREAMS))) == []


@pytest.mark.parametrize(
    ("facts", "label", "sentence"),
    [
        (IdleFacts(4, 0, 0, times()), "HELD", ""),
        (
            IdleFacts(0, 4, 0, times()),
            "NOT ALL HELD",
            "The server ended 4 connections with the response: it does not keep them alive.",
        ),
        (
            IdleFacts(1, 0, 1, times(5_000, 5_000, 7_000)),
            "NOT ALL HELD",
            (
                "The server closed 3 idle connections, 1 of them by a reset: the first 5.00 s "
                "after its response, half of them by 5.00 s, the last after 7.00 s."
            ),
        ),
    ],
)
def test_idle_connections_are_held_or_it_is_said_when_they_ended(
    facts: IdleFacts, label: str, sentence: str
) -> None:
    came = result(idle=facts)
    said = headline_of(IDLE, came)
    assert said.label == label
    assert said.text.startswith(f"{facts.held} of 4 connections open at the end · ")
    assert list(notes(came)) == ([sentence] if sentence else [])
    assert LoadRun(IDLE, came).failed == (label != "HELD")


def test_what_did_not_come_is_null_in_data() -> None:
    data = json.loads(json.dumps(as_data(NUMBERED, result(STREAMS))))
    assert data["streams"]["asked"] == {"kind": "sse", "numbers": "id", "events": None}
    assert data["streams"]["first_event_time_ns"]["count"] == 4
    assert data["idle"] is None
    idle = json.loads(json.dumps(as_data(IDLE, result(idle=IdleFacts(4, 0, 0, times())))))["idle"]
    assert idle["closed_after_ns"] == {
        "count": 0, "mean": None, "min": None, "max": None, "p50": None, "p90": None, "p99": None,
    }  # fmt: skip
