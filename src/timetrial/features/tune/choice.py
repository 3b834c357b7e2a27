"""What to recommend after the finals: the smallest of those that nobody is told apart from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from timetrial.analysis.statistics.comparisons import EQUIVALENT_WITHIN, is_significant
from timetrial.features.tune.figures import Figures
from timetrial.features.tune.grid import Candidate
from timetrial.model.metrics import METRICS, ComparedMetric
from timetrial.model.summary import Comparison, Estimate, figure_of

WORTH = 0.03
"""A figure that is not told apart from the best, and no further behind it, is as good."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The outcome of a search."""

    candidate: Candidate
    metric: ComparedMetric
    best: Candidate
    """With the best figure; the same where nothing smaller is as good."""
    as_good: tuple[Candidate, ...]
    """All that count as good as the best, the smallest first."""
    could_be: tuple[Candidate, ...]
    """Smaller than what is recommended and not told apart from the best, but further behind."""
    decided: bool
    """Whether there were rounds enough for verdicts."""
    at_the_end: bool
    """Whether the load engine, or what clients can ask for, set the best figures."""


def choose(
    finals: Mapping[Candidate, Figures],
    comparisons: Sequence[Comparison],
    names: Mapping[Candidate, str],
    metric: ComparedMetric,
    memory_bytes: int | None = None,
) -> Choice | None:
    """Choose among those within the memory; None where nobody gave a figure."""
    pool = {
        candidate: figure.value
        for candidate, figures in finals.items()
        if isinstance(figure := figure_of(figures, metric), Estimate)
        and not over_budget(figures, memory_bytes)
    }
    if not pool:
        return None
    direction = METRICS[metric].direction
    best = min(sorted(pool), key=lambda each: -direction * pool[each])
    pairs = {frozenset((c.a, c.b)): c for c in comparisons if c.metric == metric}
    versus = {
        candidate: pairs.get(frozenset((names[candidate], names[best]))) for candidate in pool
    }
    bound = {candidate for candidate in pool if _is_bound(finals[candidate], metric)}
    losses = {candidate: _loss(pool[candidate], pool[best], metric) for candidate in pool}
    apart = {
        candidate for candidate, found in versus.items() if found is not None and _is_apart(found)
    }
    as_good = sorted(
        candidate
        for candidate in pool
        if candidate == best
        or {candidate, best} <= bound
        or _is_as_good(versus[candidate], losses[candidate])
    )
    chosen = as_good[0]
    verdicts = [found for candidate, found in versus.items() if candidate != best]
    return Choice(
        candidate=chosen,
        metric=metric,
        best=best,
        as_good=tuple(as_good),
        could_be=tuple(
            candidate
            for candidate in sorted(pool)
            if candidate < chosen and candidate not in {*apart, *as_good}
        ),
        decided=_decided(verdicts),
        at_the_end=best in bound,
    )


def over_budget(figures: Figures, memory_bytes: int | None) -> bool:
    """Whether what was measured is more than what may be taken."""
    taken = figures.memory_bytes
    return memory_bytes is not None and isinstance(taken, Estimate) and taken.value > memory_bytes


def _is_as_good(found: Comparison | None, loss: float) -> bool:
    if found is None or found.verdict == "no verdict":
        return False
    if found.max_difference is not None and found.max_difference <= EQUIVALENT_WITHIN:
        return True
    return not is_significant(found) and loss <= WORTH


def _is_apart(found: Comparison) -> bool:
    """Whether there is a verdict, or an interval that would be one if there were more rounds."""
    low, high = found.ratio.low, found.ratio.high
    return is_significant(found) or (low is not None and high is not None and not low <= 1 <= high)


def _is_bound(figures: Figures, metric: ComparedMetric) -> bool:
    """Whether throughput shows the client's shape, or the load engine's end."""
    if metric != "throughput":
        return False
    names = {finding.name for finding in figures.findings}
    return "bound-by-client" in names or (figures.at_least and "generator-saturated" in names)


def _loss(value: float, best: float, metric: ComparedMetric) -> float:
    return best / value - 1 if METRICS[metric].higher_is_better else value / best - 1


def _decided(verdicts: Iterable[Comparison | None]) -> bool:
    known = [comparison for comparison in verdicts if comparison is not None]
    return any(comparison.verdict != "no verdict" for comparison in known)
