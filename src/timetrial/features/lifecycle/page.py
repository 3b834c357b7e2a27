"""The life cycles of stacks on the page of a run: the table, and what is drawn of experiments."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from timetrial.features.lifecycle.view import HEADS, LifeView, life_view
from timetrial.model import BIN_S, EventOutcome, Experiment, ExperimentFailure, Kind, Run, Summary
from timetrial.reports.additions import PageSection

TITLES: dict[Kind, str] = {"stop": "SIGTERM", "reload": "Reload", "worker": "Killed worker"}
_BINS_BEFORE = 10
"""Tenths of a second that are drawn before the event."""


@dataclass(frozen=True, slots=True)
class LifePage:
    shown: LifeView
    heads: tuple[tuple[str, str], ...]
    setbacks: tuple[ExperimentFailure, ...]
    """The last lines of the server's log are shown with each."""
    is_drawn: bool
    """Whether any experiment had requests."""


def lifecycle_section(summary: Summary) -> PageSection:
    """Make the section, and what is drawn in it."""
    return PageSection(life_page(summary.run), lifecycle_data(summary.run))


def life_page(run: Run) -> LifePage | None:
    """Lay out the section; None where there were no experiments."""
    if not run.experiments:
        return None
    return LifePage(
        shown=life_view(run),
        heads=HEADS,
        setbacks=tuple(
            experiment
            for experiment in run.experiments
            if isinstance(experiment, ExperimentFailure)
        ),
        is_drawn=any(True for _ in _outcomes(run.experiments)),
    )


def lifecycle_data(run: Run) -> list[dict[str, Any]]:
    """Lay out what is drawn: for each kind of experiment the course of each stack that had it.

    Rates are requests a second, tenth of a second by tenth around the moment in which it happened.
    """
    names = [stack.name for stack in run.plan.suite.stacks]
    drawn = []
    for kind, title in TITLES.items():
        found = list(_outcomes(run.experiments, kind))
        courses = [
            _course(name, own)
            for name in names
            if (own := [outcome for stack, outcome in found if stack == name])
        ]
        if courses:
            drawn.append({"title": title, "courses": courses})
    return drawn


def _outcomes(
    experiments: Iterable[Experiment], kind: Kind | None = None
) -> Iterator[tuple[str, EventOutcome]]:
    for experiment in experiments:
        if isinstance(experiment, ExperimentFailure) or experiment.outcome is None:
            continue
        if kind in (None, experiment.occasion.experiment):
            yield experiment.occasion.stack, experiment.outcome


def _course(stack: str, outcomes: Sequence[EventOutcome]) -> dict[str, Any]:
    """Align repeats, so that the event is at 0."""
    responses = [_around(outcome, outcome.completions) for outcome in outcomes]
    failures = [_around(outcome, outcome.failures) for outcome in outcomes]
    bins = min(map(len, responses))
    columns = [[response[at] for response in responses] for at in range(bins)]
    return {
        "stack": stack,
        "repeats": len(outcomes),
        "low": [_a_second(min(column)) for column in columns],
        "high": [_a_second(max(column)) for column in columns],
        "mean": [_a_second(statistics.fmean(column)) for column in columns],
        "failed": [_a_second(statistics.fmean(e[at] for e in failures)) for at in range(bins)],
        "from": -_BINS_BEFORE,
    }


def _around(outcome: EventOutcome, counts: Sequence[int]) -> list[int]:
    """List counts by tenth of a second, from a second before the event to the end of the load."""
    event = int(outcome.event_s / BIN_S)
    end = round(outcome.length_s / BIN_S)
    known = [*counts[:end], *[0] * (end - len(counts))]
    before = known[max(0, event - _BINS_BEFORE) : event]
    return [*[0] * (_BINS_BEFORE - len(before)), *before, *known[event:]]


def _a_second(count: float) -> float:
    rate = round(count / BIN_S, 1)
    return int(rate) if rate.is_integer() else rate
