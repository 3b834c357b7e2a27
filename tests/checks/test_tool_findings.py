"""Checks on what other load tools than the engine have measured."""

from __future__ import annotations

import dataclasses

import pytest

from runs import a_measurement, a_window, json_query
from timetrial import checks
from timetrial.checks.history import History
from timetrial.finding import Finding
from timetrial.measurement import Counts, Window
from timetrial.suite import Contest
from timetrial.tool import CONNECTS, ToolFigure, ToolFigures


def history(*windows: Window, contest: Contest | None = None) -> History:
    return History(contest or json_query(["granian"]), "granian", (a_measurement(windows),))


def found(name: str, subject: History) -> Finding | None:
    return next((finding for finding in checks.find(subject) if finding.name == name), None)


def by_k6(window: Window, *, iterations: int, dropped: int) -> Window:
    figures = (
        ToolFigure("iterations", iterations, ""),
        ToolFigure("dropped_iterations", dropped, ""),
    )
    tool = ToolFigures("k6", "1.1.0", ("k6", "run"), figures, (CONNECTS,), ())
    return dataclasses.replace(window, tool=tool, connections_reached=None, connects=None)


def contest_by_k6() -> Contest:
    return dataclasses.replace(json_query(["granian"]), driver="k6")


@pytest.mark.parametrize(("dropped", "severity"), [(1, "doubtful"), (2, "invalid")])
def test_requests_that_were_never_sent_are_like_failed_ones(dropped: int, severity: str) -> None:
    window = by_k6(a_window(), iterations=1_000, dropped=dropped)
    finding = found("dropped", history(window, contest=contest_by_k6()))
    assert finding is not None
    assert finding.severity == severity
    assert f"{dropped} of {1_000 + dropped:,} requests that were due" in finding.evidence


def test_checks_are_silent_about_what_the_driver_does_not_see() -> None:
    window = by_k6(a_window(), iterations=1_000, dropped=0)
    assert checks.find(history(window, contest=contest_by_k6())) == ()


def test_failures_of_no_known_kind_are_told_as_such() -> None:
    counts = Counts(arrivals=1_000, ok=990, wrong_status=3, reset=None, closed_early=None)
    window = dataclasses.replace(a_window(), counts=counts)
    finding = found("errors", history(window))
    assert finding is not None
    assert finding.evidence.endswith("wrong status 3, not told apart 7.")


def test_a_saturated_generator_is_called_by_its_name() -> None:
    window = by_k6(a_window(generator_cpu_s=0.95), iterations=1_000, dropped=0)
    finding = found("generator-saturated", history(window, contest=contest_by_k6()))
    assert finding is not None
    assert finding.evidence.startswith("k6 used 95 % of its cores' time")
