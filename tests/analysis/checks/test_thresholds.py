"""The table of checks: what the documentation shows is what is judged by."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from timetrial.analysis import checks
from timetrial.analysis.checks import thresholds
from timetrial.analysis.checks.threshold import ALL, Threshold
from timetrial.analysis.checks.thresholds import (
    STEAL,
    THRESHOLDS,
    TOO_FEW_ROUNDS,
    bounding,
    comparing,
    voided,
)

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "checks.md"


def row(threshold: Threshold) -> str:
    """Write a check as a line of the page's table."""
    levels = [threshold.shown(severity) for severity in ("note", "doubtful", "invalid")]
    cells = [f"`{threshold.name}`", threshold.figure, *levels, threshold.meaning]
    return f"| {' | '.join(cells)} |"


def test_the_page_shows_every_gate_with_its_thresholds() -> None:
    shown = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| `")]
    assert shown == [row(threshold) for threshold in THRESHOLDS]


def test_every_threshold_of_the_module_is_in_the_table() -> None:
    defined = [value for value in vars(thresholds).values() if isinstance(value, Threshold)]
    assert set(defined) == set(THRESHOLDS)


def test_every_threshold_has_a_limit_and_is_listed_once() -> None:
    assert all(
        any(level is not None for level in (threshold.note, threshold.doubtful, threshold.invalid))
        for threshold in THRESHOLDS
    )
    assert len({(threshold.name, threshold.figure) for threshold in THRESHOLDS}) == len(THRESHOLDS)


def test_every_threshold_is_used_by_a_check() -> None:
    folder = Path(checks.__file__).parent
    code = "".join(
        file.read_text("utf-8") for file in folder.glob("*.py") if file.name != "thresholds.py"
    )
    names = {name for name, value in vars(thresholds).items() if isinstance(value, Threshold)}
    assert all(name in code for name in names)


@pytest.mark.parametrize(
    ("value", "severity"), [(0.0, None), (0.01, None), (0.011, "doubtful"), (0.06, "invalid")]
)
def test_a_figure_is_judged_by_the_gravest_threshold_behind_it(
    value: float, severity: str | None
) -> None:
    assert STEAL.judge(value) == severity


@pytest.mark.parametrize(("value", "severity"), [(3, None), (2, "doubtful"), (1, "doubtful")])
def test_some_figures_are_to_be_large(value: float, severity: str | None) -> None:
    assert TOO_FEW_ROUNDS.judge(value) == severity


def test_an_invalid_finding_may_leave_other_figures_valid() -> None:
    assert voided("late-generator") == ("response time",)
    assert voided("drift") == ("throughput", "response time")
    assert voided("steal") == ("throughput", "response time")
    assert voided("generator-saturated") == ()
    assert bounding("generator-saturated")
    assert not bounding("errors")


def test_a_cause_that_all_stacks_met_in_turn_leaves_comparisons_valid() -> None:
    assert comparing("server-waited")
    assert not comparing("generator-saturated")
    assert not comparing("drift")
    assert not comparing("of-another-kind")


def test_an_invalid_finding_without_a_threshold_voids_every_figure() -> None:
    assert voided("of-another-kind") == ALL


def sins() -> list[list[str]]:
    """List the cells of the page's second table."""
    _, _, table = PAGE.read_text("utf-8").partition("| sin | check, or test |\n|---|---|\n")
    return [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| ")]


def test_each_of_the_eighteen_sins_has_a_gate_or_a_test() -> None:
    assert len(sins()) == 18
    names = {threshold.name for threshold in THRESHOLDS}
    for sin, prevented_by in sins():
        quoted = re.findall(r"`([^`]+)`", prevented_by)
        files = [ROOT / each for each in quoted if each.startswith("tests/")]
        assert all(file.is_file() for file in files), sin
        assert files or names & set(quoted), sin
        unknown = [each for each in quoted if re.fullmatch(r"[a-z-]+", each) and each not in names]
        assert not unknown, sin
