"""Comparisons of counted starts are judged on starts whose noise is known."""

from __future__ import annotations

import math
import random
import sys
from collections import Counter
from pathlib import Path

import pytest

import count_compare
import count_proof
import count_starts
from counted import BUSY, CALIBRATION, QUIET, TURNS, Recording, Start, read, write

CONDITIONS = {"began": "2026-11-30 20:30", "cores": 2, "cpu": "Example CPU", "loops": 0}
SERVERS = ("gunicorn-sync", "uvicorn")
A_TURN = 40.0
BASE = 1e6


def starts(turns: int, number: int, randomness: random.Random, sd: float) -> list[Start]:
    return [
        Start((BASE + turns * A_TURN) * math.exp(randomness.gauss(0, sd)), 21.0, None, 20.0, 1.0)
        for _ in range(number)
    ]


def recording(sd: float = 0.0017) -> Recording:
    randomness = random.Random(1)  # noqa: S311 - has to be repeatable
    numbers = {0: 20, TURNS: 8, CALIBRATION: 1}
    return Recording(
        {
            server: {turns: starts(turns, n, randomness, sd) for turns, n in numbers.items()}
            for server in SERVERS
        },
        CONDITIONS,
        [],
    )


def share(change: float, limit: float, times: int = 60) -> float:
    of = {server: by_turns[0] for server, by_turns in recording().starts.items()}
    randomness = random.Random(2)  # noqa: S311 - has to be repeatable
    ended = [count_compare.compared(of, change, limit, randomness) for _ in range(times)]
    return count_compare.Row(change, limit, ended).failed.value


def test_equal_starts_pass_and_one_per_cent_fails() -> None:
    assert share(0.0, 0.0) <= 0.1
    assert share(0.01, 0.002) == 1.0


def test_a_verdict_takes_as_long_as_the_slower_start_of_each_two() -> None:
    of = {"a": recording().starts["uvicorn"][0]}
    ended = count_compare.compared(of, 0.05, 0.0, random.Random(1))  # noqa: S311 - likewise
    assert ended.failed
    assert ended.minutes == pytest.approx(ended.starts * 20.0 / 60)


def test_what_was_made_is_known_by_the_cost_of_a_turn() -> None:
    found = list(count_compare.injected(recording(sd=1e-6)))
    assert [each.server for each in found] == list(SERVERS)
    for each in found:
        assert each.change == pytest.approx(TURNS * A_TURN / BASE, rel=1e-2)
        assert len(each.fours) == 2
        assert each.whole is not None


def test_a_recording_is_read_as_it_was_written_and_goes_on(tmp_path: Path) -> None:
    write(recording(), tmp_path / QUIET)
    assert read(tmp_path / QUIET) == recording()
    planned = list(count_starts.plan(SERVERS, starts=2, changed=1))
    assert Counter(planned) == {
        (server, turns): 2 if turns == 0 else 1
        for server in SERVERS
        for turns in (0, TURNS, CALIBRATION)
    }
    left = count_starts.missing(iter(planned), Counter({("uvicorn", 0): 1, ("uvicorn", TURNS): 1}))
    assert Counter(planned) - Counter(left) == {("uvicorn", 0): 1, ("uvicorn", TURNS): 1}


def test_the_page_has_all_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(recording(), tmp_path / QUIET)
    write(recording(), tmp_path / BUSY)
    document = tmp_path / "counting.md"
    monkeypatch.setattr(count_proof, "DOCUMENT", document)
    monkeypatch.setattr(
        sys, "argv", ["count_proof.py", "--data", str(tmp_path), "--times", "4", "--write"]
    )
    count_proof.main()
    text = document.read_text("utf-8")
    assert text.count("\n## ") == 4
    assert "| gunicorn-sync | nothing | 20 | " in text
    assert "| uvicorn | two loops |" in text
    assert text in capsys.readouterr().out
