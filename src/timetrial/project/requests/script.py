"""Requests of a file that are sent in turn, one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from timetrial.drivers.driver import Request
from timetrial.model.errors import BadInput
from timetrial.model.load import ThinkTime
from timetrial.model.workload import Expectation
from timetrial.project.requests.jsonl import read_lines
from timetrial.project.requests.request_spec import Asked


@dataclass(frozen=True, slots=True)
class Script:
    """The requests of a file, and how long a user thinks after each."""

    requests: tuple[Request, ...]
    think: tuple[ThinkTime, ...]
    names: tuple[str, ...] = ()
    """For people; one for each request."""


def read_script(file: Path) -> Script:
    """Read a file of requests, one JSON object a line. Raises BadInput."""
    asked = read_lines(file)
    heavy = next((each for each in asked if each.weight > 1), None)
    if heavy is not None:
        raise BadInput(
            f"{file}: {heavy.label!r} has a weight, but these requests are sent in turn: "
            "repeat its line instead"
        )
    return Script(
        tuple(map(_request, asked)),
        tuple(each.think for each in asked),
        tuple(each.label for each in asked),
    )


def _request(asked: Asked) -> Request:
    return Request(
        path=asked.path,
        expect=asked.expect or Expectation(),
        method=asked.method,
        headers=tuple(asked.headers.items()),
        content=asked.body.encode(),
    )
