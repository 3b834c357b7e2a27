"""`timetrial compare A B`: configuration first, then figures; some runs are not compared."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from command_line import complaint, timetrial, within, write
from small_runs import HELLO, keep, write_suite

from configurations import looked_at
from runs import a_run, a_suite, cut_short
from timetrial.model.load import ClosedLoad
from timetrial.reports.json import COMPARISON

SUITE = a_suite(["granian", "uvicorn"], rounds=6)


def test_configuration_comes_before_figures(tmp_path: Path) -> None:
    before, after = looked_at(a_run(SUITE)), looked_at(a_run(SUITE, seed=2))
    machine = dataclasses.replace(after.machine, kernel="Linux 7.0")
    keep(tmp_path, before, dataclasses.replace(after, machine=machine))
    shown = within("compare", "1", "latest", "--details", folder=tmp_path)
    assert (shown.returncode, shown.stderr) == (0, "")
    configuration, rest = shown.stdout.split("json_query", 1)
    assert "Linux 6.12.41" in configuration
    assert "Linux 7.0" in configuration
    assert "uvicorn" in rest
    assert "not paired" in " ".join(rest.split())


def test_another_load_is_refused_unless_told_so_and_then_it_is_said(tmp_path: Path) -> None:
    first, *rest = SUITE.benchmarks
    suite = dataclasses.replace(
        SUITE, benchmarks=(dataclasses.replace(first, load=ClosedLoad(64)), *rest)
    )
    keep(tmp_path, a_run(SUITE), a_run(suite))
    said = complaint("compare", "1", "2", folder=tmp_path)
    assert said == (
        "runs 1 and 2 cannot be compared: load of json_query '16 connections, timeout 10 s' "
        "against '64 connections, timeout 10 s'; --anyway compares them nevertheless"
    )
    shown = within("compare", "1", "2", "--anyway", folder=tmp_path)
    assert shown.returncode == 0
    assert "NOT COMPARABLE  load of json_query" in shown.stdout
    shown = within("compare", "1", "2", "--anyway", "--json", folder=tmp_path)
    (barrier,) = COMPARISON.validate_json(shown.stdout).comparison.barriers
    assert (barrier.what, barrier.subjects) == ("load", ("json_query",))


def test_as_json_everything_is_there(tmp_path: Path) -> None:
    keep(tmp_path, a_run(SUITE), a_run(SUITE, seed=2))
    shown = within("compare", "1", "2", "--json", folder=tmp_path)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert json.loads(shown.stdout)["format"] == "timetrial-comparison"
    comparison = COMPARISON.validate_json(shown.stdout).comparison
    assert (comparison.a, comparison.b) == (1, 2)
    assert len(comparison.cells) == 4
    assert comparison.not_recorded


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("1", "1"), "run 1 cannot be compared with itself: name two runs"),
        (("1", "7"), "there is no run called '7'; known are 1, 2, 3"),
        (("1", "x"), "'x' is no run: give its number, or 'latest'"),
        (("1", "3"), "runs 1 and 3 have no stack measured in the same benchmark"),
    ],
)
def test_what_cannot_be_compared_is_said_in_one_sentence(
    arguments: tuple[str, str], said: str, tmp_path: Path
) -> None:
    other = a_suite(["waitress"], rounds=1)
    keep(tmp_path, a_run(SUITE), cut_short(a_run(SUITE), 3), a_run(other))
    assert complaint("compare", *arguments, folder=tmp_path) == said


@pytest.mark.live
def test_two_real_runs_are_compared_with_what_their_servers_really_were(tmp_path: Path) -> None:
    arguments = write_suite(tmp_path, ("mine",), HELLO, rounds=1, workers=1)
    for options in ("--threads=4 --backlog=2048", "--threads=2 --backlog=100"):
        words = ", ".join(f'"{option}"' for option in options.split())
        write(tmp_path, {"own/servers/mine.toml": MINE.replace("OPTIONS", words)})
        assert timetrial(*arguments, folder=tmp_path).returncode == 0
    shown = within("compare", "1", "2", "--json", folder=tmp_path)
    assert shown.returncode == 0
    comparison = COMPARISON.validate_json(shown.stdout).comparison
    assert comparison.not_recorded == ()
    assert [(each.what, each.a, each.b) for each in comparison.differences] == [
        ("listen queue", "2048", "100"),
        ("command", "--threads=4 --backlog=2048", "--threads=2 --backlog=100"),
    ]
    (cell,) = comparison.cells
    assert all(change.verdict == "no verdict" for change in cell.changes)


MINE = """
name = "mine"
title = "waitress with options of mine"
interface = "wsgi"
packages = ["waitress"]
command = ["{bin}/waitress-serve", "--listen={host}:{port}", OPTIONS, "{app}"]
keep_alive = true
shares_port = false
workers = { default = 1, max = 1 }
threads = { default = 1, max = 1 }
"""
