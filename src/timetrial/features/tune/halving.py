"""Which candidates go on: successive halving, with a margin for noise.

In each rung all candidates that are left are measured equally often, then the better part stays,
so that most rounds go to those among which it is hard to decide (Karnin, Koren and Somekh, Almost
optimal exploration in multi-armed bandits, ICML 2013; Jamieson and Talwalkar, Non-stochastic best
arm identification and hyperparameter optimization, AISTATS 2016). Three things differ. A clear
loser is dropped even if it is in the better half. A candidate that may be the best is not dropped
for noise alone while it has few rounds. Half of the places go to the smallest candidates without
detectable difference from the best: they would be recommended.

Scores are differences to a reference that took part in the same rounds, so that candidates can be
measured in groups, and at different times.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from timetrial.analysis.statistics.mean_inference import CONFIDENCE
from timetrial.analysis.statistics.t_distribution import quantile
from timetrial.features.tune.grid import Candidate
from timetrial.features.tune.outcome import OutcomeKind, SettingOutcome

FINALISTS = 4
SURE_ROUNDS = 5
"""With so many rounds a place among the better part is no longer a matter of noise."""
_MOST_KEPT = 0.75
"""Each rung drops at least a quarter, whatever is in doubt: so a search ends."""
_PRESUMED_DEVIATION = 0.05
"""Of one round's score, before anything is known, …"""
_PRESUMED_FREEDOM = 4
"""… with the weight of so many rounds."""
_AT_LEAST = 2
_SILENT = SettingOutcome(OutcomeKind.SILENT)

Scores = Mapping[Candidate, Sequence[float]]
"""ln of how much better a candidate was than the reference, by round; empty: it has no figure."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """A candidate that was dropped."""

    candidate: Candidate
    rung: int
    """After which it was dropped; 0: before it was measured."""
    why: SettingOutcome

    @property
    def is_silent(self) -> bool:
        """Whether it was dropped because it has no figure."""
        return self.why.kind is OutcomeKind.SILENT


@dataclass(frozen=True)
class Search:
    """The state of a search: the candidates left, the scores of each rung, the dropped ones."""

    alive: tuple[Candidate, ...]
    rungs: tuple[Scores, ...] = ()
    dropped: tuple[Dropped, ...] = ()

    @property
    def is_decided(self) -> bool:
        """Whether all candidates that are left fit into the finals."""
        return len(self.alive) <= FINALISTS

    @property
    def rungs_left(self) -> int:
        """Return how many halvings lead to the finals."""
        return max(0, math.ceil(math.log2(max(1, len(self.alive)) / FINALISTS)))

    @cached_property
    def ranking(self) -> Ranking:
        return _ranking(self.alive, self.rungs)


@dataclass(frozen=True, slots=True)
class Ranking:
    """The candidates that are left and were measured, the best first."""

    order: tuple[Candidate, ...]
    scores: Mapping[Candidate, float]
    rounds: Mapping[Candidate, int]
    deviation: float
    """Of one round's score."""
    degrees_of_freedom: float

    def in_doubt(self, candidate: Candidate) -> bool:
        """Whether the best may owe its lead to noise."""
        best = self.order[0]
        behind = self.scores[best] - self.scores[candidate]
        error = self.deviation * math.sqrt(1 / self.rounds[best] + 1 / self.rounds[candidate])
        return behind <= quantile(self.degrees_of_freedom, CONFIDENCE) * error


def without(search: Search, reasons: Mapping[Candidate, SettingOutcome]) -> Search:
    """Drop candidates for reasons besides scores, such as their memory."""
    rung = len(search.rungs)
    dropped = [
        Dropped(candidate, rung, reasons[candidate])
        for candidate in search.alive
        if candidate in reasons
    ]
    alive = tuple(candidate for candidate in search.alive if candidate not in reasons)
    return replace(search, alive=alive, dropped=(*search.dropped, *dropped))


def after_rung(search: Search, scores: Scores) -> Search:
    """Keep the better part; the same scores give the same search."""
    measured = replace(search, rungs=(*search.rungs, scores))
    silent = {candidate: _SILENT for candidate in search.alive if not scores.get(candidate)}
    measured = without(measured, silent)
    kept = _survivors(measured)
    ranking = measured.ranking
    return without(
        measured,
        {
            candidate: _behind(candidate, ranking)
            for candidate in measured.alive
            if candidate not in kept
        },
    )


def finalists(search: Search) -> tuple[Candidate, ...]:
    """Choose the candidates of the finals: the best, and the smallest that may be as good."""
    if not search.rungs:
        return search.alive[:FINALISTS]
    ranking = search.ranking
    possible = [candidate for candidate in ranking.order if ranking.in_doubt(candidate)]
    chosen = _mixed(possible, FINALISTS)
    # One alone would show nothing: the next best joins it.
    others = [candidate for candidate in ranking.order if candidate not in chosen]
    return (*chosen, *others[: max(0, _AT_LEAST - len(chosen))])


def _survivors(search: Search) -> frozenset[Candidate]:
    ranking = search.ranking
    if len(ranking.order) <= FINALISTS:
        return frozenset(ranking.order)
    half = max(FINALISTS, math.ceil(len(ranking.order) / 2))
    most = max(half, math.floor(_MOST_KEPT * len(ranking.order)))
    possible = [candidate for candidate in ranking.order if ranking.in_doubt(candidate)]
    kept = _mixed(possible, half)
    unsure = [
        candidate
        for candidate in possible
        if candidate not in kept and ranking.rounds[candidate] < SURE_ROUNDS
    ]
    kept = [*kept, *unsure[: most - len(kept)]]
    return frozenset([*kept, *ranking.order[:_AT_LEAST]])


def _mixed(possible: Sequence[Candidate], places: int) -> list[Candidate]:
    """Fill half of the places with the best, and the others with the smallest."""
    best = list(possible[: math.ceil(places / 2)])
    smallest = sorted(candidate for candidate in possible if candidate not in best)
    return [*best, *smallest[: places - len(best)]]


def _behind(candidate: Candidate, ranking: Ranking) -> SettingOutcome:
    behind = 1 - math.exp(ranking.scores[candidate] - ranking.scores[ranking.order[0]])
    in_doubt = ranking.in_doubt(candidate)
    kind = OutcomeKind.BEHIND_AND_LARGER if in_doubt else OutcomeKind.BEHIND
    return SettingOutcome(kind, behind=behind)


def _ranking(alive: Iterable[Candidate], rungs: Sequence[Scores]) -> Ranking:
    """Average the rounds of all rungs, each rung relative to its own mean.

    The reference may change from rung to rung, which shifts all scores of a rung alike.
    """
    measured = [candidate for candidate in alive if any(scores.get(candidate) for scores in rungs)]
    centred: dict[Candidate, list[float]] = {candidate: [] for candidate in measured}
    for scores in rungs:
        here = [candidate for candidate in measured if scores.get(candidate)]
        if not here:
            continue
        centre = statistics.fmean(statistics.fmean(scores[candidate]) for candidate in here)
        for candidate in here:
            centred[candidate] += [score - centre for score in scores[candidate]]
    means = {candidate: statistics.fmean(values) for candidate, values in centred.items()}
    deviation, degrees_of_freedom = _noise(
        scores[candidate] for scores in rungs for candidate in measured if candidate in scores
    )
    return Ranking(
        tuple(sorted(measured, key=lambda candidate: (-means[candidate], candidate))),
        means,
        {candidate: len(values) for candidate, values in centred.items()},
        deviation,
        degrees_of_freedom,
    )


def _noise(cells: Iterable[Sequence[float]]) -> tuple[float, float]:
    """Pool the variance within candidates and rungs, with what is presumed beforehand.

    A candidate whose scores are all alike is the reference itself, and is left out.
    """
    squares = _PRESUMED_FREEDOM * _PRESUMED_DEVIATION**2
    degrees_of_freedom = float(_PRESUMED_FREEDOM)
    for scores in cells:
        if len(set(scores)) > 1:
            mean = statistics.fmean(scores)
            squares += sum((score - mean) ** 2 for score in scores)
            degrees_of_freedom += len(scores) - 1
    return math.sqrt(squares / degrees_of_freedom), degrees_of_freedom
