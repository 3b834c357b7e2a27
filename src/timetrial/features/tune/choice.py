"""What to recommend after the finals: the smallest of the settings that are as good as the best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from timetrial.analysis.statistics.comparisons import EQUIVALENT_WITHIN, is_significant
from timetrial.features.tune.figures import Figures
from timetrial.features.tune.grid import Candidate
from timetrial.model import METRICS, ComparedMetric
from timetrial.model.summary import Comparison, Estimate, Missing, figure_of

WORTH = 0.03
"""A figure is as good as the best without detectable difference, and no further behind."""


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
    """Smaller than the recommended one, without detectable difference from the best, but behind."""
    decided: bool
    """Whether there were rounds enough for verdicts."""
    at_the_end: bool
    """Whether the load engine or the load set the best figures."""


def choose(
    finals: Mapping[Candidate, Figures],
    comparisons: Sequence[Comparison],
    names: Mapping[Candidate, str],
    metric: ComparedMetric,
    memory_bytes: int | None = None,
) -> Choice | None:
    """Choose among the candidates within the memory; None where none has a figure."""
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
    against_best = {
        candidate: pairs.get(frozenset((names[candidate], names[best]))) for candidate in pool
    }
    bound = {candidate for candidate in pool if _is_bound(finals[candidate], metric)}
    losses = {candidate: _loss(pool[candidate], pool[best], metric) for candidate in pool}
    apart = {
        candidate
        for candidate, compared in against_best.items()
        if compared is not None and _is_apart(compared)
    }
    as_good = sorted(
        candidate
        for candidate in pool
        if candidate == best
        or {candidate, best} <= bound
        or _is_as_good(against_best[candidate], losses[candidate])
    )
    chosen = as_good[0]
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
        decided=any(
            compared is not None and compared.verdict != "no verdict"
            for candidate, compared in against_best.items()
            if candidate != best
        ),
        at_the_end=best in bound,
    )


def over_budget(figures: Figures, memory_bytes: int | None) -> bool:
    """Whether the measured memory is more than the limit."""
    memory = figures.memory_bytes
    if memory_bytes is None or isinstance(memory, Missing):
        return False
    return memory.value > memory_bytes


def _is_as_good(compared: Comparison | None, loss: float) -> bool:
    if compared is None or compared.verdict == "no verdict":
        return False
    if compared.max_difference is not None and compared.max_difference <= EQUIVALENT_WITHIN:
        return True
    return not is_significant(compared) and loss <= WORTH


def _is_apart(compared: Comparison) -> bool:
    """Whether there is a significant difference, or would be with more rounds."""
    low, high = compared.ratio.low, compared.ratio.high
    return is_significant(compared) or (
        low is not None and high is not None and not low <= 1 <= high
    )


def _is_bound(figures: Figures, metric: ComparedMetric) -> bool:
    """Whether throughput shows the limit of the load or of the load engine."""
    if metric != "throughput":
        return False
    names = {finding.name for finding in figures.findings}
    return "bound-by-client" in names or (figures.at_least and "generator-saturated" in names)


def _loss(value: float, best: float, metric: ComparedMetric) -> float:
    return best / value - 1 if METRICS[metric].higher_is_better else value / best - 1
