"""A run with an A/A control, on a real server."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from command_line import timetrial
from small_runs import HELLO, stored, write_suite

from timetrial.analysis.statistics.comparisons import ROUNDS_FOR_VERDICT
from timetrial.analysis.summarize import summarize


@pytest.mark.live
def test_a_control_takes_part_and_is_said_beside_the_verdicts(tmp_path: Path) -> None:
    suite = write_suite(tmp_path, ["uvicorn"], HELLO, rounds=ROUNDS_FOR_VERDICT)
    ended = timetrial(*suite, "--control", "--details", folder=tmp_path)
    assert ended.returncode == 0, ended.stderr
    run = stored(tmp_path)
    starts = Counter(life.stack for life in run.lives)
    # A round in which the machine was disturbed is measured again.
    rounds = max(life.round for life in run.lives)
    assert rounds >= ROUNDS_FOR_VERDICT
    assert starts == {"uvicorn": rounds, "uvicorn (control)": rounds}
    assert len({life.processes for life in run.lives if life.round == 1}) == 2
    (table,) = summarize(run).tables
    said = (
        ("Control: ", "Control check failed: ") if table.control else ("The control gave nothing",)
    )
    assert any(each in " ".join(ended.stdout.split()) for each in said)
    assert table.control or table.findings, "nothing is compared where checks void figures"
    assert "uvicorn (control)" not in ended.stdout
