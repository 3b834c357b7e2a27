"""Faults that a check is to name, and how rounds are given them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from fast_server import BODY_BYTES
from foreign import Foreign
from spinning import BASE_SPIN, start, start_program
from taking import QUIET, placement
from timetrial.model.suite import Stack
from timetrial.model.workload import Expectation, Workload
from timetrial.runner.starter import LiveStack, Starter

SOUND = "sound"
GROWTH = 0.02
"""Of the growing server's cost, after each thousand requests: about a tenth from the first half of
a round to its second."""
RUN = 12
"""Rounds of a run in which a fault takes several to show."""
_FAST = Path(__file__).with_name("fast_server.py")
_PIECES = 500
"""Each takes the load engine a search: it works twice as long for a response as the server."""
_LONG = Workload.of(
    "long",
    {"program": "/"},
    Expectation(body_template="{*}" + "xx{*}" * _PIECES + "x" * (BODY_BYTES // 2)),
)
_HELLO = Workload.of("hello", {"program": "/"}, Expectation(200, "Hello world!"))


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in each of some rounds."""

    name: str
    what: str
    """In words."""
    checks: frozenset[str]
    """Findings that are right about it; the empty set: nothing is wrong."""
    kind: Literal["sound", "failing", "growing", "fast"] = "sound"
    """Of server."""
    foreign: Foreign = QUIET
    rounds: int = 1
    """Of a run in which it can be seen."""

    @property
    def workload(self) -> Workload:
        return _LONG if self.kind == "fast" else _HELLO


FAULTS = (
    Fault(SOUND, "nothing", frozenset()),
    Fault(
        "saturated", "a load engine that is at its end", frozenset({"generator-saturated"}), "fast"
    ),
    Fault("errors", "1 % of requests fail", frozenset({"errors"}), "failing"),
    Fault(
        "growing",
        "a server that slows down by a tenth in each round",
        frozenset({"drift"}),
        "growing",
        rounds=RUN,
    ),
    Fault(
        "hog-server",
        "a process that takes what it can of the server's CPU",
        frozenset({"server-waited", "foreign-cpu"}),
        foreign=Foreign(1.0, "server"),
    ),
    Fault(
        "hog-generator",
        "a process that takes what it can of the load engine's CPU",
        frozenset({"generator-waited"}),
        foreign=Foreign(1.0, "generator"),
    ),
)


def starter(faults: Mapping[str, Fault], more: int, folder: Path) -> Starter:
    """Start the server of each fault, by its name; the growing one counts `more` a thousand."""

    def begin(stack: Stack, _round: int) -> LiveStack:
        kind = faults[stack.name].kind
        if kind == "fast":
            cpu = str(placement().server_cpus[0])
            return start_program(_FAST, (cpu,), folder, stack.name, Expectation())
        return start(BASE_SPIN, folder, stack.name, kind, more)

    return begin
