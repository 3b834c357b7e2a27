"""What the designs of a run do on resampled rounds: false alarms, power, coverage, signs.

There are two: rounds whose number was fixed beforehand, and a run that looks at its results after
some of them and ends when they are settled.
"""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, dataclass
from functools import partial

from power_curve import Curve, reaches
from recorded import Recording
from resampling import Share, apart, drawn, error_of_recording, mean, smallest
from shipped import (
    FEWEST_ROUNDS,
    METRICS,
    MOST_ROUNDS,
    Metric,
    Pair,
    Verdict,
    Verdicts,
    at_looks,
    decide,
    decide_both,
    difference,
    go_on_until_settled,
    raised,
)
from timetrial.model.suite import Mode

POWER = 0.8
MINUTES = (1, 3, 10)
_SMALLEST, _LARGEST = 0.0005, 0.3
"""Differences, as logs of ratios."""
_MOST_ROUNDS = 400
_MANY = 80
_NARROWED = 6.0
"""In three times the time no difference is found that is smaller by more than that."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is resampled."""

    comparisons: int
    tables: int
    """With a number of rounds that is fixed …"""
    tables_at_looks: int
    """… and with several looks, which takes longer."""
    simulations: int
    power: int
    """Samples for each point of a power curve …"""
    power_of_many: int
    """… and of one of many rounds, which take longer."""

    def samples(self, rounds: int) -> int:
        return self.power if rounds <= _MANY else self.power_of_many

    def part(self, share: float) -> Effort:
        """Return a share of it; of each at least one."""
        return Effort(*(max(1, round(share * number)) for number in astuple(self)))


FULL = Effort(
    comparisons=400, tables=100, tables_at_looks=40, simulations=3_000, power=60, power_of_many=30
)
QUICK = Effort(comparisons=5, tables=1, tables_at_looks=1, simulations=10, power=1, power_of_many=1)

Shares = dict[Metric, Share]


@dataclass(frozen=True, slots=True)
class GoneOn:
    """What came of runs on equal stacks that stop by themselves."""

    alarms: Shares
    rounds: float
    """On average, when they ended."""


def pairs(recording: Recording, benchmark: str, a: str, b: str) -> list[Pair]:
    return [(each[a], each[b]) for each in recording.of(benchmark)]


def sample(
    rounds: Sequence[Pair], wanted: int, randomness: random.Random, *, swap: bool
) -> list[Pair]:
    """Draw rounds; with `swap` two equal stacks change their names block by block."""
    found = []
    for draw in drawn(len(rounds), wanted, randomness, swap=swap):
        a, b = rounds[draw.place]
        if draw.swapped:
            a, b = b, a
        found.append((a, b))
    return found


def false_alarms(
    choices: Sequence[Sequence[Pair]], mode: Mode, rounds: int, times: int, seed: int
) -> Shares:
    """Count verdicts on equal stacks; each comparison is of one of several pairs, at random."""
    randomness = random.Random(seed)  # noqa: S311 - a sample that must repeat
    found = [
        decide_both(sample(randomness.choice(choices), rounds, randomness, swap=True), mode)
        for _ in range(times)
    ]
    return _alarms(found, choices)


def false_alarms_gone_on(
    choices: Sequence[Sequence[Pair]], mode: Mode, times: int, seed: int
) -> GoneOn:
    """Do the same with runs that look at their results and end when they are settled."""
    randomness = random.Random(seed)  # noqa: S311 - a sample that must repeat
    ended = [
        go_on_until_settled(
            sample(randomness.choice(choices), MOST_ROUNDS, randomness, swap=True), mode
        )
        for _ in range(times)
    ]
    alarms = _alarms([each.verdicts for each in ended], choices)
    return GoneOn(alarms, statistics.fmean(each.rounds for each in ended))


def _alarms(found: Sequence[Verdicts], choices: Sequence[Sequence[Pair]]) -> Shares:
    # Pairs of one round have stacks in common: it is rounds that count.
    error = error_of_recording(max(map(len, choices)))
    return {
        metric: Share(sum(map(_tells_apart(metric), found)), len(found), error)
        for metric in METRICS
    }


def _tells_apart(metric: Metric) -> Callable[[Verdicts], bool]:
    return lambda verdicts: metric in verdicts and verdicts[metric].sign != 0


def rounds_within(minutes: float, cost_s: float) -> int:
    return min(_MOST_ROUNDS, int(60 * minutes / cost_s))


def power(metric: Metric, rounds: Sequence[Pair], mode: Mode, wanted: int, times: int) -> Curve:
    """Return the share of samples in which a difference is found, as a function of it."""
    return _power(
        metric, rounds, wanted, times, lambda taken: _is_higher(decide(metric, taken, mode))
    )


def power_gone_on(metric: Metric, rounds: Sequence[Pair], mode: Mode, times: int) -> Curve:
    """Return the same for runs that end when they are settled."""
    return _power(
        metric,
        rounds,
        MOST_ROUNDS,
        times,
        lambda taken: _is_higher(go_on_until_settled(taken, mode).verdicts.get(metric)),
    )


def _is_higher(verdict: Verdict | None) -> bool:
    return verdict is not None and verdict.sign > 0


def _power(
    metric: Metric,
    rounds: Sequence[Pair],
    wanted: int,
    times: int,
    finds: Callable[[Sequence[Pair]], bool],
) -> Curve:
    def found(by: float) -> Iterator[bool]:
        randomness = random.Random(1)  # noqa: S311 - the same samples for every difference
        ahead = [[(a, raised(metric, b, by)), (b, raised(metric, a, by))] for a, b in rounds]
        for _ in range(times):
            draws = drawn(len(rounds), wanted, randomness, swap=True)
            yield finds([ahead[each.place][each.swapped] for each in draws])

    return Curve(found, times)


def smallest_found(curve: Curve, with_less: float | None = None) -> float:
    """Return the smallest share by which a stack differs that is found in 80 % of samples.

    What was found with less rounds is where to look first.
    """
    enough = partial(curve.reaches, POWER)
    if with_less is not None and with_less < math.inf:
        high = min(_LARGEST, math.log1p(with_less))
        low = max(_SMALLEST, high / _NARROWED)
        if low < high and enough(high) and not enough(low):
            return math.expm1(smallest(enough, low, high))
    return math.expm1(smallest(enough, _SMALLEST, _LARGEST))


def wrong_signs(  # noqa: PLR0913, PLR0917 - what is drawn, and how often
    metric: Metric, rounds: Sequence[Pair], mode: Mode, by: float, times: int, seed: int
) -> Share:
    """Count verdicts, on the fewest rounds that give one, that the higher of two is the lower."""
    randomness = random.Random(seed)  # noqa: S311 - a sample that must repeat
    hits = 0
    for _ in range(times):
        drawn_ = sample(rounds, FEWEST_ROUNDS, randomness, swap=True)
        ahead = [(a, raised(metric, b, by)) for a, b in drawn_]
        verdict = decide(metric, ahead, mode)
        hits += verdict is not None and verdict.sign < 0
    return Share(hits, times)


def truth(metric: Metric, rounds: Sequence[Pair]) -> float | None:
    """Return the ratio that all rounds together say, which is the truth of samples of them."""
    known = [d for pair in rounds if (d := difference(metric, pair)) is not None]
    return math.exp(mean(known)) if known else None


def coverage_outside(
    rounds: Sequence[Pair], mode: Mode, wanted: int, times: int, seed: int
) -> Shares:
    """Count intervals that hold what the rounds outside of their sample say.

    No round is drawn twice. What the others say has an interval, too, of as many errors: the two
    hold each other if their distance is no more than the root of the sum of squared half-widths.
    """
    randomness = random.Random(seed)  # noqa: S311 - a sample that must repeat
    held: dict[Metric, list[bool]] = {metric: [] for metric in METRICS}
    for _ in range(times):
        inside, outside = apart(len(rounds), wanted, randomness)
        one, other = (
            decide_both([rounds[place] for place in places], mode) for places in (inside, outside)
        )
        for metric in one.keys() & other.keys():
            held[metric].append(_hold_each_other(one[metric], other[metric]))
    error = error_of_recording(len(rounds))
    return {metric: Share(sum(own), len(own), error) for metric, own in held.items() if own}


def _hold_each_other(one: Verdict, other: Verdict) -> bool:
    half_widths = (_log_half_width(each) for each in (one, other))
    return abs(math.log(one.ratio / other.ratio)) <= math.hypot(*half_widths)


def _log_half_width(verdict: Verdict) -> float:
    return math.log(verdict.high / verdict.low) / 2 if verdict.low else math.inf


def coverage_of_looks(rounds: Sequence[Pair], mode: Mode, times: int, seed: int) -> Shares:
    """Count runs whose intervals hold the truth at each of the looks, as they claim to."""
    randomness = random.Random(seed)  # noqa: S311 - a sample that must repeat
    found = [
        at_looks(sample(rounds, MOST_ROUNDS, randomness, swap=False), mode) for _ in range(times)
    ]
    return _all_hold(rounds, found)


def _all_hold(rounds: Sequence[Pair], found: Sequence[Sequence[Verdicts]]) -> Shares:
    shares: Shares = {}
    for metric in METRICS:
        true = truth(metric, rounds)
        shown = [[at[metric] for at in looks if metric in at] for looks in found]
        held = [all(each.holds(true) for each in own) for own in shown if own and true is not None]
        if held:
            shares[metric] = Share(sum(held), len(held))
    return shares


def often_found(  # noqa: PLR0913, PLR0917 - what is drawn, and how often
    metric: Metric, rounds: Sequence[Pair], mode: Mode, wanted: int, sign: int, times: int
) -> bool:
    """Say whether a difference that is there is found in 80 % of samples, the right way round."""
    if wanted < FEWEST_ROUNDS:
        return False
    randomness = random.Random(1)  # noqa: S311 - a sample that must repeat
    verdicts = (
        decide(metric, sample(rounds, wanted, randomness, swap=False), mode) for _ in range(times)
    )
    return reaches(POWER, (each is not None and each.sign == sign for each in verdicts), times)
