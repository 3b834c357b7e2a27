"""Rounds go into a file and come back; what is not complete stays out."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from synthetic import recording

from recorded import of_run, read, write
from runs import a_run, cut_short
from timetrial.analysis.statistics.estimates import window_cpu_s_per_1000, window_throughput


def test_what_is_written_is_read(tmp_path: Path) -> None:
    kept = recording({"two": "ab", "duet": "ab"}, 3)
    write(kept, tmp_path / "r.json")
    found = read(tmp_path / "r.json")
    assert found.conditions == kept.conditions
    assert [r.benchmarks["two"]["a"].windows for r in found.rounds] == [
        r.benchmarks["two"]["a"].windows for r in kept.rounds
    ]
    assert found.cost_s("two") == kept.cost_s("two") == 5.0


def test_a_benchmark_costs_its_share_of_starting_and_its_own_time() -> None:
    kept = recording({"two": "ab", "four": "abcd"}, 2)
    assert kept.cost_s("two") == 2.0 * 4 / 2 + 1.0
    assert kept.cost_s("four") == 2.0 * 4 + 1.0


def test_a_run_becomes_a_recording_with_the_same_figures(tmp_path: Path) -> None:
    run = a_run()
    write(of_run(run, {"foreign": 0.0}), tmp_path / "r.json")
    found = read(tmp_path / "r.json")
    assert len(found.rounds) == len(run.plan.rounds)
    for measurement in run.measurements:
        cell = measurement.trial.cell
        kept = found.rounds[measurement.trial.round - 1].benchmarks[cell.benchmark][cell.stack]
        assert window_throughput(kept.windows) == window_throughput(measurement.windows)
        assert window_cpu_s_per_1000(kept.windows) == pytest.approx(
            window_cpu_s_per_1000(measurement.windows), abs=1e-3
        )


def test_benchmarks_that_a_stack_is_missing_from_are_left_out() -> None:
    run = cut_short(a_run(), 13)
    kept = of_run(run, {})
    assert [len(each.benchmarks) for each in kept.rounds] == [2]
    alone = dataclasses.replace(run, measurements=run.measurements[:1])
    assert of_run(alone, {}).rounds == ()
