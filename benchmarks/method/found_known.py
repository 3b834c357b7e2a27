"""Recorded rounds of known differences put to the trials."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from found import FIXED, MODES, NAMES, ROUNDS, Found, in_minutes, in_percent
from known_difference import BASE, SHARES, name_of
from proof import Figure
from recorded import Recording
from resampling import Share, mean
from shipped import METRICS, Metric, Pair, decide
from timetrial.model.suite import Mode
from trials import (
    MINUTES,
    Effort,
    Shares,
    coverage_of_looks,
    coverage_outside,
    often_found,
    pairs,
    rounds_within,
)

COVERED = 0.95
LOOKS_FOR_COVERAGE = 2
"""As many times fewer samples where each is looked at several times."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One difference in one mode."""

    rounds: Sequence[Pair]
    cost_s: float
    """Of a round."""
    mode: Mode

    def within(self, minutes: float) -> int:
        return rounds_within(minutes, self.cost_s)


def cells_of(recording: Recording, benchmark: str) -> dict[float, Cell]:
    return {
        share: Cell(
            pairs(recording, benchmark + name_of(share), BASE, name_of(share)),
            recording.cost_s(benchmark + name_of(share)),
            MODES[benchmark],
        )
        for share in SHARES
        if recording.of(benchmark + name_of(share))
    }


def known(found: Found, recording: Recording, effort: Effort) -> Iterator[str]:
    """Judge rounds whose differences are known."""
    rows = found.tables.setdefault("Known differences", [])
    truths = own_clocks(recording)
    for benchmark, mode in MODES.items():
        cells = cells_of(recording, benchmark)
        times = effort.comparisons
        yield f"known: coverage, {mode}, {FIXED}"
        fixed = [
            coverage_outside(each.rounds, mode, ROUNDS, times, seed=1) for each in cells.values()
        ]
        yield f"known: coverage, {mode}, all looks"
        times //= LOOKS_FOR_COVERAGE
        looks = [coverage_of_looks(each.rounds, mode, times, seed=1) for each in cells.values()]
        for metric in METRICS:
            what = f"{mode}, {NAMES[metric]}"
            rows += held(f"coverage, {what}, {FIXED}", metric, fixed)
            rows += _covered(f"coverage of all looks at once, {what}", metric, looks)
            rows.append(_calibrated(what, metric, cells, truths))
            yield f"known: found, {what}"
            rows.append(_found_by_time(what, metric, cells, effort))


def held(what: str, metric: Metric, shares: Sequence[Shares]) -> list[Figure]:
    """Say how often intervals hold what the rounds outside their samples say."""
    own = [each[metric] for each in shares if metric in each]
    if not own:
        return []
    total = Share(sum(s.hits for s in own), sum(s.of for s in own), own[0].error)
    low, high = total.bounds
    return [Figure(what, f"interval holds {COVERED:.0%}", str(total), low <= COVERED <= high)]


def _covered(what: str, metric: Metric, shares: Sequence[Shares]) -> list[Figure]:
    own = [each[metric] for each in shares if metric in each]
    if not own:
        return []
    total = Share(sum(s.hits for s in own), sum(s.of for s in own))
    inside = 0.93 <= total.value <= 0.97  # noqa: PLR2004 - the target
    return [Figure(what, "93–97 %", str(total), inside)]


def own_clocks(recording: Recording) -> dict[float, float]:
    """Return by share what the servers' costs really differed by, as log ratios."""
    costs = recording.conditions["costs"]
    base = {number: used / requests for number, used, requests in costs[BASE] if requests}
    truths = {}
    for share in SHARES:
        logs = [
            math.log(used / requests / base[number])
            for number, used, requests in costs[name_of(share)]
            if requests and number in base
        ]
        if logs:
            truths[share] = mean(logs)
    return truths


def _sign(metric: Metric) -> int:
    return -1 if metric == "throughput" else 1


def _calibrated(
    what: str, metric: Metric, cells: Mapping[float, Cell], truths: Mapping[float, float]
) -> Figure:
    """Put the verdict of all rounds together beside what the servers say of themselves."""
    said, holds = [], []
    for share, truth in truths.items():
        if share not in cells:
            continue
        verdict = decide(metric, cells[share].rounds, cells[share].mode)
        if verdict is None:
            continue
        true_ratio = math.exp(_sign(metric) * truth)
        holds.append(verdict.holds(true_ratio))
        said.append(f"{change(verdict.ratio)} for {change(true_ratio)}")
    measured = f"{sum(holds)} of {len(holds)} hold it ({', '.join(said)})"
    met = None if not holds else sum(holds) >= len(holds) - 1
    return Figure(
        f"intervals of all rounds hold the calibrated difference, {what}",
        "all, or all but one",
        measured,
        met,
    )


def _found_by_time(
    what: str, metric: Metric, cells: Mapping[float, Cell], effort: Effort
) -> Figure:
    """Say which of the known differences is the smallest that is found often enough."""
    sizes = []
    for minutes in MINUTES:
        often = (
            share for share, cell in cells.items() if _often_found(metric, cell, minutes, effort)
        )
        sizes.append(next(often, None))
    return Figure(
        f"smallest known difference found in 80 % in {in_minutes()}, {what}",
        "–",
        " / ".join(map(in_percent, sizes)),
        None,
    )


def _often_found(metric: Metric, cell: Cell, minutes: float, effort: Effort) -> bool:
    wanted = cell.within(minutes)
    return often_found(
        metric, cell.rounds, cell.mode, wanted, _sign(metric), effort.samples(wanted)
    )


def change(ratio: float) -> str:
    return f"{100 * (ratio - 1):+.2f} %"
