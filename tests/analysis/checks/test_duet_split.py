"""In a duet each of two is to have one half of the CPU time."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import pytest

from runs import CHARACTERS, a_duet, a_measurement, a_run, a_suite, a_window
from timetrial.analysis.checks import duet_split, find
from timetrial.analysis.checks.cell_context import CellContext
from timetrial.analysis.checks.validity import validity_of
from timetrial.analysis.summarize import summarize
from timetrial.model.measurement import Measurement


def measured(stack: str, cpu_s: float | None, indices: Sequence[int] = (0, 1)) -> Measurement:
    windows = [a_window(index=index, cpu_s=cpu_s) for index in indices]
    return a_measurement(windows, benchmark="json_duet", stack=stack)


def context(own_s: float | None, others_s: float | None) -> CellContext:
    return CellContext(
        a_duet(["a", "b"]),
        "a",
        (measured("a", own_s),),
        partners={"b": (measured("b", others_s),)},
    )


@pytest.mark.parametrize(
    ("own_s", "severity"),
    [
        (0.50, None), (0.52, None), (0.48, None), (0.53, "doubtful"), (0.47, "doubtful"),
        (0.55, "doubtful"), (0.56, "invalid"), (0.44, "invalid"),
    ],
)  # fmt: skip
def test_a_share_of_the_cpu_time_off_one_half_is_doubted(
    own_s: float, severity: str | None
) -> None:
    finding = duet_split.find(context(own_s, 1 - own_s))
    assert (finding and finding.severity) == severity


def test_the_share_and_the_partner_are_named() -> None:
    finding = duet_split.find(context(0.6, 0.4))
    assert finding is not None
    assert finding.evidence == (
        "it had 60 % of the CPU time that it shared with b: throughput shows no ratio, CPU time "
        "per request does."
    )


@pytest.mark.parametrize("others_s", [None, 0.0])
def test_a_share_that_is_not_known_is_not_doubted(others_s: float | None) -> None:
    assert duet_split.find(context(None if others_s is None else 0.0, others_s)) is None


def test_only_windows_of_both_count() -> None:
    one = measured("a", 0.5, (0, 1))
    other = measured("b", 0.5, (1, 2))
    assert duet_split.cpu_share([one], [other]) == 0.5


def test_the_stacks_own_figures_remain_valid() -> None:
    subject = context(0.7, 0.3)
    stands = validity_of(subject.cell, find(subject))
    assert not stands.void
    assert stands.throughput_compares


def test_a_pair_that_shared_unevenly_has_no_ratio_of_throughput() -> None:
    stacks = ["granian", "uvicorn", "uwsgi"]
    suite = dataclasses.replace(a_suite(stacks, rounds=6), benchmarks=(a_duet(stacks),))
    idler = dataclasses.replace(CHARACTERS["granian"], cpu_ms=0.1)
    run = a_run(suite, characters={**CHARACTERS, "granian": idler})
    measurements = {s: [m for m in run.measurements if m.trial.cell.stack == s] for s in stacks}
    void = duet_split.void_pairs(measurements)
    (table,) = summarize(run).tables
    compared = {
        metric: {frozenset((c.a, c.b)) for c in table.comparisons if c.metric == metric}
        for metric in ("throughput", "cpu_s_per_1000")
    }
    assert void == {frozenset(("granian", "uvicorn")), frozenset(("granian", "uwsgi"))}
    assert len(compared["cpu_s_per_1000"]) == 3
    assert compared["throughput"] == compared["cpu_s_per_1000"] - void
    assert {row.ties for row in table.rows} == {""}
