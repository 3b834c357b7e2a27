"""Recorded rounds of known differences put to the trials."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from found import MODES, NAMES, ROUNDS, Found, in_minutes, in_percent
from known_difference import BASE, SHARES, name_of
from proof import Figure
from recorded import Recording
from resampling import Share, mean, overlap
from shipped import METRICS, Metric, Pair, decide
from trials import MINUTES, POWER, Effort, coverage, found_share, pairs, rounds_within


@dataclass(frozen=True, slots=True)
class Cell:
    """One difference in one mode."""

    rounds: Sequence[Pair]
    cost_s: float
    """Of a round."""

    def within(self, minutes: float) -> int:
        return rounds_within(minutes, self.cost_s)


def cells_of(recording: Recording, contest: str) -> dict[float, Cell]:
    return {
        share: Cell(
            pairs(recording, contest + name_of(share), BASE, name_of(share)),
            recording.cost_s(contest + name_of(share)),
        )
        for share in SHARES
        if recording.of(contest + name_of(share))
    }


def known(found: Found, recording: Recording, effort: Effort) -> Iterator[str]:
    """Judge rounds whose differences are known."""
    rows = found.tables.setdefault("Known differences", [])
    truths = own_clocks(recording)
    for contest, mode in MODES.items():
        for metric in METRICS:
            what = f"{mode}, {NAMES[metric]}"
            yield f"known: {what}"
            cells = cells_of(recording, contest)
            covered = [
                share
                for cell in cells.values()
                if (share := coverage(metric, cell.rounds, ROUNDS, effort.comparisons, seed=1))
            ]
            if covered:
                total = Share(sum(s.hits for s in covered), sum(s.of for s in covered))
                inside = 0.93 <= total.value <= 0.97  # noqa: PLR2004 - the target
                rows.append(Figure(f"coverage, {what}", "93–97 %", str(total), inside))
            rows.append(_calibrated(what, metric, cells, truths))
            rows.append(_found_by_time(what, metric, cells, effort))


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
        verdict = decide(metric, cells[share].rounds)
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
            share
            for share, cell in cells.items()
            if (found_share(metric, cell.rounds, cell.within(minutes), _sign(metric), effort.power)
                or 0.0) >= POWER
        )  # fmt: skip
        sizes.append(next(often, None))
    return Figure(
        f"smallest known difference found in 80 % in {in_minutes()}, {what}",
        "–",
        " / ".join(map(in_percent, sizes)),
        None,
    )


def again(found: Found, before: Recording, after: Recording) -> None:
    """Compare the same cells, measured hours apart."""
    overlaps = []
    for contest in MODES:
        for share in SHARES:
            for metric in METRICS:
                both = [
                    decide(metric, pairs(each, contest + name_of(share), BASE, name_of(share)))
                    for each in (before, after)
                ]
                one, other = both
                if one and other:
                    overlaps.append(overlap((one.low, one.high), (other.low, other.high)))
    if overlaps:
        share_ = Share(sum(overlaps), len(overlaps))
        row = Figure(
            "intervals of the same cells, measured hours apart, overlap", "≥ 90 % of cells",
            str(share_), share_.value >= 0.9,  # noqa: PLR2004 - the target
        )  # fmt: skip
        found.tables.setdefault("Known differences", []).append(row)


def change(ratio: float) -> str:
    return f"{100 * (ratio - 1):+.2f} %"
