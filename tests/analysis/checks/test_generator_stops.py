"""A window in which the load generator stood still is no evidence against a server."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import pytest
from subjects import a_history, a_round, found, severity_of

from runs import a_window, json_query
from timetrial.analysis.checks.cell_context import CellContext
from timetrial.analysis.checks.round_exclusion import exclude_rounds
from timetrial.model.load import OpenLoad
from timetrial.model.measurement import Window

STALLS = (*[100] * 10, *[0] * 20, *[100] * 10)


def stopped(gap_s: float | None, completions: int = 1_000, series: Sequence[int] = ()) -> Window:
    window = a_window(completions=completions)
    return dataclasses.replace(window, generator_gap_s=gap_s, series=tuple(series))


@pytest.mark.parametrize(
    ("gap_s", "severity"), [(None, None), (0.0, None), (0.2, None), (0.3, "invalid")]
)
def test_a_gross_gap_voids_what_holds_it(gap_s: float | None, severity: str | None) -> None:
    subject = a_history(a_round(stopped(0.0), stopped(gap_s)))
    assert severity_of("generator-stopped", subject) == severity
    if severity:
        finding = found("generator-stopped", subject)
        assert finding is not None
        assert "in 1 of 2 windows the load engine itself stood still" in finding.evidence


def test_its_round_is_left_out_with_the_reason() -> None:
    rounds = [a_round(stopped(4.0 if number == 3 else 0.0), round_=number) for number in range(30)]
    left_out = exclude_rounds(rounds)
    assert left_out.rounds == {3}
    assert "the load generator itself stood still, for 100 % of a window" in left_out.evidence()


def test_a_long_load_bears_a_short_gap() -> None:
    window = dataclasses.replace(a_window(length_s=60.0), generator_gap_s=0.5)
    assert severity_of("generator-stopped", a_history(a_round(window))) is None


def test_a_server_is_not_said_to_have_stood_still_or_to_be_behind_then() -> None:
    def stalls(gap_s: float) -> CellContext:
        return a_history(*(a_round(stopped(gap_s, series=STALLS), round_=n) for n in range(1, 5)))

    def behind(gap_s: float) -> CellContext:
        open_load = dataclasses.replace(json_query(["granian"]), load=OpenLoad(1_000.0, "constant"))
        return a_history(a_round(stopped(gap_s, completions=500)), benchmark=open_load)

    for name, subject in (("stalls", stalls), ("behind-schedule", behind)):
        assert severity_of(name, subject(0.0)) is not None
        assert severity_of(name, subject(2.0)) is None
