"""What a race says first: what to take, by how much, one table, and the command."""

from __future__ import annotations

import dataclasses
import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from races import ROUNDS, a_race
from runs import CHARACTERS, a_failure
from timetrial.analysis.summarize import summarize
from timetrial.features.race.answer import render
from timetrial.model.dropped_stack import DroppedStack
from timetrial.model.run import Run

MOST_LINES = 30
"""At 100 columns."""


def printed(run: Run, width: int = 100) -> str:
    console = Console(width=width, file=io.StringIO(), record=True)
    console.print(render(summarize(run)))
    return console.export_text()


def test_the_recommendation_comes_first_and_its_command_stands_below() -> None:
    text = printed(a_race())
    lines = text.splitlines()
    assert len(lines) <= MOST_LINES
    (at,) = (n for n, line in enumerate(lines) if line.startswith("RECOMMENDED  Take granian"))
    assert at < 5
    assert text.index("Take granian") < text.index("vs first") < text.index("Run it")


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_it_fits_into_every_width(width: int) -> None:
    text = printed(a_race(), width)
    assert "…" not in text
    assert all(cell_len(line) <= width for line in text.splitlines())


FAILURES = [a_failure(name, n) for name in CHARACTERS for n in range(1, ROUNDS + 1)]


@pytest.mark.parametrize(
    ("run", "label"),
    [(a_race(rounds=2), "NOT DECIDED"), (a_race(failures=FAILURES), "NO RECOMMENDATION")],
)
def test_what_is_not_decided_is_said_to_be_so(run: Run, label: str) -> None:
    assert f"{label}  " in printed(run)


def test_who_left_before_the_end_is_named() -> None:
    run = dataclasses.replace(a_race(), dropped=(DroppedStack("saturation", "waitress", 3),))
    assert "waitress left after round 3: clearly slower." in " ".join(printed(run).split())
