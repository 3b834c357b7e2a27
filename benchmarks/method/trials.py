"""What the design of a run does on resampled rounds: false alarms, power, coverage, signs."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from recorded import Recording
from resampling import Share, drawn, error_of_recording, mean, smallest
from shipped import (
    FEWEST_ROUNDS,
    Metric,
    Pair,
    Round,
    decide,
    decide_all,
    difference,
    shifted,
    told_apart,
)
from timetrial.measurement import Measurement

POWER = 0.8
MINUTES = (1, 3, 10)
STACKS_OF_A_SUITE = 20
_SMALLEST, _LARGEST = 0.0005, 0.3
"""Differences, as logs of ratios."""
_MOST_ROUNDS = 400


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is resampled."""

    comparisons: int
    suites: int
    simulations: int
    power: int
    """Samples for each point of a power curve."""


FULL = Effort(comparisons=400, suites=200, simulations=3_000, power=150)
QUICK = Effort(comparisons=20, suites=3, simulations=20, power=10)


def pairs(recording: Recording, contest: str, a: str, b: str) -> list[Pair]:
    return [(each[a], each[b]) for each in recording.of(contest)]


def sample(
    rounds: Sequence[Pair], wanted: int, randomness: random.Random, *, swap: bool, by: float = 0.0
) -> list[Pair]:
    """Draw rounds; the second stack is then raised by a log ratio."""
    found = []
    for draw in drawn(len(rounds), wanted, randomness, swap=swap):
        a, b = rounds[draw.place]
        if draw.swapped:
            a, b = b, a
        found.append((a, shifted(b, by) if by else b))
    return found


def false_alarms(
    metric: Metric, choices: Sequence[Sequence[Pair]], rounds: int, times: int, seed: int
) -> Share:
    """Count verdicts on equal stacks; each comparison is of one of several pairs, at random."""
    randomness = random.Random(seed)  # noqa: S311 - a sample that must repeat
    hits = 0
    for _ in range(times):
        recorded = randomness.choice(choices)
        verdict = decide(metric, sample(recorded, rounds, randomness, swap=True))
        hits += verdict is not None and verdict.sign != 0
    # Pairs of one round have stacks in common: it is rounds that count.
    return Share(hits, times, error_of_recording(max(map(len, choices))))


def suites_with_false_alarms(
    metric: Metric, rounds: Sequence[Round], wanted: int, times: int, seed: int
) -> Share:
    """Count tables of 20 equal stacks in which any pair at all is told apart."""
    randomness = random.Random(seed)  # noqa: S311 - a sample that must repeat
    stacks = [f"s{number}" for number in range(STACKS_OF_A_SUITE)]
    level = [levelled(each) for each in rounds]
    hits = 0
    for _ in range(times):
        table = _tables(level, stacks, wanted, randomness)
        hits += told_apart(decide_all(metric, stacks, table)) > 0
    return Share(hits, times, error_of_recording(len(rounds)))


def _tables(
    level: Sequence[Sequence[Measurement]],
    stacks: Sequence[str],
    wanted: int,
    randomness: random.Random,
) -> list[Round]:
    """Make rounds of many stacks of rounds of few, whose common mood was taken out before."""
    few = len(level[0])
    draws = [drawn(len(level), wanted, randomness, swap=False) for _ in range(len(stacks) // few)]
    orders = [randomness.sample(range(few), few) for _ in draws]
    return [
        dict(
            zip(
                stacks,
                (
                    level[own[number].place][place]
                    for own, order in zip(draws, orders, strict=True)
                    for place in order
                ),
                strict=True,
            )
        )
        for number in range(wanted)
    ]


def levelled(round_: Round) -> list[Measurement]:
    """Take out of a round's stacks what they have in common.

    Their deviations from the mean are raised by √(k/(k-1)), which is what the mean of k took away.
    """
    measured = list(round_.values())
    raised = math.sqrt(len(measured) / (len(measured) - 1))
    logs = [_log_rate(each) for each in measured]
    centre = mean(logs)
    return [
        shifted(each, (raised - 1) * (log - centre) - centre)
        for each, log in zip(measured, logs, strict=True)
    ]


def _log_rate(measurement: Measurement) -> float:
    return statistics.median(
        math.log(max(1, window.completions) / window.length_s) for window in measurement.windows
    )


def rounds_within(minutes: float, cost_s: float) -> int:
    return min(_MOST_ROUNDS, int(60 * minutes / cost_s))


def power(
    metric: Metric, rounds: Sequence[Pair], wanted: int, times: int
) -> Callable[[float], float]:
    """Return the share of samples in which a difference is found, as a function of it."""

    @cache
    def found(by: float) -> float:
        randomness = random.Random(1)  # noqa: S311 - the same samples for every difference
        raised = [[(a, shifted(b, by)), (b, shifted(a, by))] for a, b in rounds]
        hits = 0
        for _ in range(times):
            draws = drawn(len(rounds), wanted, randomness, swap=True)
            verdict = decide(metric, [raised[each.place][each.swapped] for each in draws])
            hits += verdict is not None and verdict.sign > 0
        return hits / times

    return found


def smallest_found(metric: Metric, rounds: Sequence[Pair], wanted: int, times: int) -> float | None:
    """Return the smallest share by which a stack differs that is found in 80 % of samples."""
    if wanted < FEWEST_ROUNDS:
        return None
    log = smallest(power(metric, rounds, wanted, times), POWER, _SMALLEST, _LARGEST)
    return math.expm1(log)


def wrong_signs(metric: Metric, rounds: Sequence[Pair], by: float, times: int, seed: int) -> Share:
    """Count verdicts, on the fewest rounds that give one, that the higher of two is the lower."""
    randomness = random.Random(seed)  # noqa: S311 - a sample that must repeat
    hits = 0
    for _ in range(times):
        verdict = decide(metric, sample(rounds, FEWEST_ROUNDS, randomness, swap=True, by=by))
        hits += verdict is not None and verdict.sign < 0
    return Share(hits, times)


def coverage(
    metric: Metric, rounds: Sequence[Pair], wanted: int, times: int, seed: int
) -> Share | None:
    """Count intervals that hold what all rounds together say, which is the truth of the samples."""
    known = [d for pair in rounds if (d := difference(metric, pair)) is not None]
    if not known:
        return None
    truth = math.exp(mean(known))
    randomness = random.Random(seed)  # noqa: S311 - a sample that must repeat
    verdicts = [
        decide(metric, sample(rounds, wanted, randomness, swap=False)) for _ in range(times)
    ]
    return Share(sum(v is not None and v.holds(truth) for v in verdicts), times)


def found_share(
    metric: Metric, rounds: Sequence[Pair], wanted: int, sign: int, times: int
) -> float | None:
    """Return in how many samples a difference that is there is found, and the right way round."""
    if wanted < FEWEST_ROUNDS:
        return None
    randomness = random.Random(1)  # noqa: S311 - a sample that must repeat
    hits = 0
    for _ in range(times):
        verdict = decide(metric, sample(rounds, wanted, randomness, swap=False))
        hits += verdict is not None and verdict.sign == sign
    return hits / times
