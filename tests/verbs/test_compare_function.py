"""The function behind `timetrial compare`."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from runs import a_run, a_suite
from timetrial.model.errors import BadInput
from timetrial.model.load import ClosedLoad
from timetrial.model.run import Run
from timetrial.model.suite import Suite
from timetrial.store.store import Store
from timetrial.verbs.compare import compare
from timetrial.verbs.options.compare import CompareOptions

SUITE = a_suite(["granian", "uvicorn"], rounds=6)


def _kept(folder: Path, *runs: Run) -> str:
    file = str(folder / "runs.db")
    with Store.open(file) as store:
        for run in runs:
            number = store.create_run(
                run.plan, run.machine, run.facts, run.timetrial_version, run.created_at
            )
            for measurement in run.measurements:
                store.add_trial(number, measurement)
    return file


def _driven_harder(suite: Suite) -> Suite:
    first, *rest = suite.benchmarks
    return dataclasses.replace(
        suite, benchmarks=(dataclasses.replace(first, load=ClosedLoad(64)), *rest)
    )


def test_it_returns_the_comparison_and_prints_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = _kept(tmp_path, a_run(SUITE), a_run(SUITE, seed=2))
    found = compare(CompareOptions(a="1", b="latest", store=store))
    assert (found.a, found.b) == (1, 2)
    assert {cell.cell.stack for cell in found.cells} == {"granian", "uvicorn"}
    assert capsys.readouterr() == ("", "")


def test_a_run_is_not_compared_with_itself(tmp_path: Path) -> None:
    store = _kept(tmp_path, a_run(SUITE))
    with pytest.raises(BadInput, match="with itself"):
        compare(CompareOptions(a="1", b="latest", store=store))


def test_another_load_bars_a_comparison_unless_it_is_wanted_anyway(tmp_path: Path) -> None:
    store = _kept(tmp_path, a_run(SUITE), a_run(_driven_harder(SUITE)))
    with pytest.raises(BadInput, match="'64 connections"):
        compare(CompareOptions(a="1", b="2", store=store))
    assert compare(CompareOptions(a="1", b="2", store=store, anyway=True)).cells


def test_a_store_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"none\.db"):
        compare(CompareOptions(a="1", b="2", store=str(tmp_path / "none.db")))
    assert list(tmp_path.iterdir()) == []
