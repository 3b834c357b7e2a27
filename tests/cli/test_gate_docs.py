"""What docs/first-race.md tells people to type of a gate finds the regression."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
import test_race_docs as page
from command_line import survivors, timetrial

from timetrial.cli.output import Exit


@pytest.mark.soak
def test_the_page_on_a_gate_finds_the_regression(tmp_path: Path) -> None:
    """The service of the section before it, in its environment."""
    page.follow(page.section("Race your FastAPI"), tmp_path)
    *steps, gate = page._steps(page.section("Catch a regression"))
    for step in steps:
        page._take(step, tmp_path)
    more = ("--rounds", "6", "--no-control")
    ended = timetrial(*shlex.split(gate.text)[1:], *more, folder=tmp_path, at_most_s=600.0)
    assert ended.returncode == Exit.VERDICT_NO, ended.stderr
    assert "regression" in ended.stdout
    assert survivors(tmp_path) == []
