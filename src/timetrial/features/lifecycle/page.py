"""The life cycles of stacks on the page of a run: the table, and what is drawn of experiments."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from timetrial.features.lifecycle.view import HEADS, LifeView, life_view
from timetrial.model.experiment import BIN_S, EventOutcome, Experiment, ExperimentFailure, Kind
from timetrial.model.run import Run
from timetrial.model.summary import Summary
from timetrial.reports.additions import PageSection

TITLES: dict[Kind, str] = {"stop": "SIGTERM", "reload": "Reload", "worker": "Killed worker"}
_BINS_BEFORE = 10
"""Nobody looks at more of what was before."""


@dataclass(frozen=True, slots=True)
class LifePage:
    shown: LifeView
    heads: tuple[tuple[str, str], ...]
    setbacks: tuple[ExperimentFailure, ...]
    """Of which the server's last words are shown."""
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
        setbacks=tuple(each for each in run.experiments if isinstance(each, ExperimentFailure)),
        is_drawn=any(True for _ in _passages(run.experiments)),
    )


def lifecycle_data(run: Run) -> list[dict[str, Any]]:
    """Lay out what is drawn: for each kind of experiment the course of each stack that had it.

    Rates are requests a second, tenth of a second by tenth around the moment in which it happened.
    """
    names = [stack.name for stack in run.plan.suite.stacks]
    drawn = []
    for kind, title in TITLES.items():
        found = list(_passages(run.experiments, kind))
        courses = [
            _course(name, own)
            for name in names
            if (own := [outcome for stack, outcome in found if stack == name])
        ]
        if courses:
            drawn.append({"title": title, "courses": courses})
    return drawn


def _passages(
    experiments: Iterable[Experiment], kind: Kind | None = None
) -> Iterator[tuple[str, EventOutcome]]:
    for each in experiments:
        if isinstance(each, ExperimentFailure) or each.outcome is None:
            continue
        if kind in (None, each.occasion.experiment):
            yield each.occasion.stack, each.outcome


def _course(stack: str, passages: Sequence[EventOutcome]) -> dict[str, Any]:
    """Lay repeats over each other, so that what happened did so at 0."""
    responses = [_around(outcome, outcome.completions) for outcome in passages]
    failures = [_around(outcome, outcome.failures) for outcome in passages]
    bins = min(map(len, responses))
    columns = [[each[at] for each in responses] for at in range(bins)]
    return {
        "stack": stack,
        "repeats": len(passages),
        "low": [_a_second(min(column)) for column in columns],
        "high": [_a_second(max(column)) for column in columns],
        "mean": [_a_second(statistics.fmean(column)) for column in columns],
        "failed": [_a_second(statistics.fmean(e[at] for e in failures)) for at in range(bins)],
        "from": -_BINS_BEFORE,
    }


def _around(outcome: EventOutcome, counts: Sequence[int]) -> list[int]:
    """Take the tenths from a second before it happened to the end of the load, silent ones too."""
    event = int(outcome.event_s / BIN_S)
    end = round(outcome.length_s / BIN_S)
    known = [*counts[:end], *[0] * (end - len(counts))]
    before = known[max(0, event - _BINS_BEFORE) : event]
    return [*[0] * (_BINS_BEFORE - len(before)), *before, *known[event:]]


def _a_second(count: float) -> float:
    rate = round(count / BIN_S, 1)
    return int(rate) if rate.is_integer() else rate
