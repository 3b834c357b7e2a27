"""What is read of a stream before anything is measured: events, faults, and how they are spread."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timetrial.model import Expectation, Request, StreamSpec
from timetrial.project.requests.response_errors import refusal
from timetrial.project.requests.sample import Sample, spread_by_design
from timetrial.stacks.answer import Answer, mistake
from timetrial.stacks.streams import EventReader, StreamRead, read_stream

SSE = "text/event-stream; charset=utf-8"
EVENTS = b"id: 0\r\ndata: a\r\n\r\n: a comment\r\n\r\ndata: b\ndata: c\n\nevent: none\n\ndata\r\r"


class Response:
    """Pieces of a body, one a read."""

    def __init__(self, *pieces: bytes, content_type: str = SSE, ends: bool = True) -> None:
        self._pieces = [*pieces, *([b""] if ends else [])]
        self._content_type = content_type

    def getheader(self, name: str, default: str) -> str:
        assert name == "Content-Type"
        return self._content_type or default

    def read1(self, n: int) -> bytes:
        assert n > 0
        if not self._pieces:
            raise TimeoutError
        return self._pieces.pop(0)


def read(response: Response, events: int = 3, **spec: str) -> StreamRead:
    return read_stream(response, StreamSpec(spec.get("kind", "sse"), events=events), 1_000)  # type: ignore[arg-type]  # a kind


def test_events_are_blocks_with_data() -> None:
    assert len(EventReader().feed(EVENTS + b"more")) == 3


@given(st.lists(st.integers(0, len(EVENTS)), max_size=6))
def test_how_a_body_is_cut_changes_no_event(cuts: list[int]) -> None:
    places = sorted({0, *cuts, len(EVENTS)})
    reader = EventReader()
    pieces = [EVENTS[a:b] for a, b in itertools.pairwise(places)]
    assert sum(len(reader.feed(piece)) for piece in [*pieces, b"more"]) == 3


def test_what_was_read_ends_with_the_last_event_that_was_wanted() -> None:
    told = read(Response(b"data: 1\n\nda", b"ta: 2\n\ndata: 3\n\n"), events=2)
    assert (told.body, told.events, told.fault) == (b"data: 1\n\ndata: 2\n\n", 2, "")
    assert told.spread_s >= 0


def test_an_event_is_a_chunk_where_the_response_has_a_type_of_its_own() -> None:
    told = read(Response(b"a", b"b", b"c", content_type="text/plain"), kind="chunks")
    assert (told.body, told.events, told.fault) == (b"abc", 3, "")


@pytest.mark.parametrize(
    ("response", "fault"),
    [
        (Response(b"hello", content_type="text/html"), "answered with 'text/html', and not with"),
        (Response(b"hello", content_type=""), "answered without a Content-Type, and not with"),
        (Response(b"data: 1\n\n"), "ended after 1 of 3 events"),
        (Response(b"data: 1\n\n", ends=False), "sent 1 of 3 events, and then nothing for long"),
        (Response(b"x" * 1_001, b"y"), "was too large after 0 of 3 events"),
    ],
)
def test_what_is_not_the_stream_is_said(response: Response, fault: str) -> None:
    assert read(response).fault.startswith(fault)


def test_a_stream_without_any_event_is_no_answer() -> None:
    with pytest.raises(TimeoutError):
        read(Response(ends=False))


def test_a_fault_is_a_wrong_answer_unless_any_will_do() -> None:
    answer = Answer(200, b"", fault="ended after 1 of 3 events")
    assert mistake(answer, Expectation()) == "ended after 1 of 3 events"
    assert mistake(answer, None) is None


@pytest.mark.parametrize(
    ("content_type", "problem", "said"),
    [
        ("text/html", "answered with 'text/html'", "GET /events answered with 'text/html'"),
        (SSE, "ended after 1 of 5 events", "ended after 1 of 5 events; --events reads fewer"),
    ],
)
def test_what_is_no_stream_cannot_be_raced(content_type: str, problem: str, said: str) -> None:
    asked = Request("/events", stream=StreamSpec("sse", events=5))
    sample = Sample((200, 200), (b"", b""), {"content-type": content_type}, 0.1, problem=problem)
    assert not sample.is_wanted(asked)
    assert refusal(asked, sample).endswith(said)
    whole = Sample((200, 200), (b"", b""), {"content-type": SSE}, 0.1)
    assert whole.is_wanted(asked)


@pytest.mark.parametrize(
    ("spreads_s", "designed_s"),
    [([0.4, 0.402, 0.0], 0.4), ([0.001, 0.0], 0.0), ([0.0], 0.0), ([0.9, 0.5], 0.5)],
)
def test_who_holds_events_back_does_not_say_how_the_app_spreads_them(
    spreads_s: list[float], designed_s: float
) -> None:
    assert spread_by_design(spreads_s) == designed_s
