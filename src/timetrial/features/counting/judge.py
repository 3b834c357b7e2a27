"""The new over the old, by the starts of both: Welch's intervals, valid at every look. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, variance

from timetrial.analysis.statistics.t_distribution import quantile
from timetrial.features.counting.figure import Figure
from timetrial.features.counting.sides import LOOKS, Figures, Sides
from timetrial.features.gate.judge import judge
from timetrial.features.gate.judgement import GateRule, Judgement
from timetrial.model import Cell, CountedMetric, Estimate

LEVEL = 0.05

_VALUES: Mapping[CountedMetric, Callable[[Figure], float]] = {
    "instructions": lambda figure: figure.instructions,
    "system_calls": lambda figure: figure.system_calls,
}


@dataclass(frozen=True, slots=True)
class Means:
    """Of one request, before and now."""

    old: float
    new: float


def judgements_of(sides: Sides, stack: str, rule: GateRule) -> tuple[Judgement, ...]:
    """Judge every request in every figure; all intervals hold together (Bonferroni)."""
    cells = list(_cells(sides, rule))
    return tuple(
        judge(
            Cell(label, stack),
            metric,
            ratio(
                _values(sides.old, label, metric),
                _values(sides.new, label, metric),
                sides.look,
                len(cells),
            ),
            rule.max_regression,
        )
        for label, metric in cells
    )


def is_decided(judgements: Sequence[Judgement]) -> bool:
    """Whether the instructions of every request are judged: system calls alone take no starts."""
    return all(
        each.call in {"regression", "within the limit"}
        for each in judgements
        if each.metric == "instructions"
    )


def ratio(old: Sequence[float], new: Sequence[float], look: int, figures: int = 1) -> Estimate:
    """Return new over old, of means of logarithms, with the interval of Welch's t at a look.

    It is a repeated interval, simultaneous with those of `figures` and of all looks.
    """
    confidence = LOOKS.confidence(LEVEL / figures, look)
    old_logs, new_logs = list(map(math.log, old)), list(map(math.log, new))
    change = fmean(new_logs) - fmean(old_logs)
    parts = [variance(logs) / len(logs) for logs in (old_logs, new_logs)]
    error = math.sqrt(sum(parts))
    half_width = 0.0
    if error > 0:
        shares = zip(parts, (old, new), strict=True)
        freedom = sum(parts) ** 2 / sum(part**2 / (len(values) - 1) for part, values in shares)
        half_width = quantile(freedom, confidence) * error
    return Estimate(
        math.exp(change), math.exp(change - half_width), math.exp(change + half_width), len(new)
    )


def beside_probing(sides: Sides, label: str) -> Estimate | None:
    """Return the ratio without what looks up keys; None where that is unknown."""
    old, new = (
        [figures[label].beside_probing for figures in starts] for starts in (sides.old, sides.new)
    )
    known_old = [each for each in old if each is not None]
    known_new = [each for each in new if each is not None]
    if len(known_old) + len(known_new) < 2 * sides.starts:
        return None
    return ratio(known_old, known_new, sides.look)


def means(sides: Sides, label: str, metric: CountedMetric) -> Means:
    return Means(fmean(_values(sides.old, label, metric)), fmean(_values(sides.new, label, metric)))


def _cells(sides: Sides, rule: GateRule) -> Iterator[tuple[str, CountedMetric]]:
    for label in sides.old[0]:
        for metric in rule.counts:
            # A server that writes by io_uring may make no call at all.
            if all(v > 0 for s in (sides.old, sides.new) for v in _values(s, label, metric)):
                yield label, metric


def _values(starts: Sequence[Figures], label: str, metric: CountedMetric) -> list[float]:
    return [_VALUES[metric](figures[label]) for figures in starts]
