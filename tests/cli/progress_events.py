"""Events of runs whose time is virtual, as observers get them."""

from __future__ import annotations

import dataclasses
import functools
import tempfile
from collections.abc import Sequence
from pathlib import Path

from fake_stacks import FakeStack, Stage, small_suite
from runs import A_MACHINE
from timetrial.cli.progress.lines import Line, line_of
from timetrial.cli.progress.state import ProgressEvent, ProgressState, after
from timetrial.drivers.driver import LoadSpec
from timetrial.drivers.scripted import Scene
from timetrial.model.errors import StackFailed
from timetrial.model.events import Event
from timetrial.model.plan import plan
from timetrial.model.stop_rule import Watch
from timetrial.store.store import Store

NAMES = (
    "bjoern",
    "cheroot",
    "daphne",
    "fastwsgi",
    "granian-asgi",
    "granian-wsgi",
    "gunicorn-gevent",
    "gunicorn-gthread",
    "gunicorn-sync",
    "gunicorn-uvicorn",
    "hypercorn-uvloop",
    "robyn",
    "uvicorn",
    "uwsgi",
    "waitress",
)
"""As many as the largest race has."""
NEVER_STARTS = "robyn"
FEW = ("daphne", NEVER_STARTS, "uvicorn", "waitress")


@functools.cache
def events(rounds: int = 3, stacks: Sequence[str] = FEW, *, watch: bool = False) -> list[Event]:
    """Record a run in which the later a stack is in the alphabet the faster it is."""
    suite = small_suite(rounds, stacks)
    if watch:
        suite = dataclasses.replace(suite, stop_rule=Watch())
    refused = StackFailed("start", "it exited with code 1", "no such option")
    with (
        tempfile.TemporaryDirectory() as folder,
        Store.open(Path(folder) / "timetrial.db") as store,
    ):
        number = store.create_run(plan(suite, seed=1), A_MACHINE, (), "0", "now")
        stage = Stage(store, number)
        stage.script(_in_alphabetical_order)
        stage.broken = {(NEVER_STARTS, number): refused for number in range(1, rounds + 1)}
        stage.execute()
    return stage.events


def _in_alphabetical_order(stack: FakeStack, _drive: LoadSpec, _path: str) -> Scene:
    return Scene(1_000 + 100 * NAMES.index(stack.name) + 7 * (stack.launch.port % 5))


def state_after(told: Sequence[ProgressEvent]) -> ProgressState:
    return functools.reduce(after, told, ProgressState())


def lines_of(*told: ProgressEvent) -> list[Line]:
    """Return what a log gets of these events."""
    lines, state = [], ProgressState()
    for event in told:
        before, state = state, after(state, event)
        if line := line_of(before, event, state):
            lines.append(line)
    return lines
