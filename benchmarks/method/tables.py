"""Tables of many equal stacks, made of recorded rounds of few: is anything told apart in them?"""

from __future__ import annotations

import itertools
import math
import random
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from replay import Round
from resampling import BLOCK, Share, drawn, error_of_recording, mean
from shipped import METRICS, decide_all, decide_at_look, is_significant, shifted
from timetrial.analysis.statistics.estimates import window_cpu_s_per_1000
from timetrial.model.measurement import Measurement
from trials import Shares

STACKS_OF_A_TABLE = 20


def tables_with_false_alarms(
    rounds: Sequence[Round], wanted: int, times: int, seed: int, *, several_looks: bool = False
) -> Shares:
    """Count tables of 20 equal stacks in which any pair at all is told apart.

    With several looks a table goes on to the last of them, where it had most occasions to err.
    """
    randomness = random.Random(seed)  # noqa: S311 - a sample that must repeat
    stacks = [f"s{number}" for number in range(STACKS_OF_A_TABLE)]
    to = level_of(rounds)
    level = [levelled(each, to) for each in rounds]
    hits = dict.fromkeys(METRICS, 0)
    for _ in range(times):
        table = _table(level, stacks, wanted, randomness)
        found = (
            decide_at_look(stacks, table, "alternate")
            if several_looks
            else decide_all(METRICS, stacks, table, "alternate")
        )
        for metric in METRICS:
            hits[metric] += is_significant(found, metric) > 0
    error = error_of_recording(len(rounds))
    return {metric: Share(count, times, error) for metric, count in hits.items()}


def _table(
    level: Sequence[Sequence[Measurement]],
    stacks: Sequence[str],
    wanted: int,
    randomness: random.Random,
) -> list[Round]:
    """Make rounds of many stacks of rounds of few, whose common mood was taken out before."""
    few = len(level[0])
    groups = [_shuffled(level, wanted, randomness) for _ in range(len(stacks) // few)]
    return [
        dict(zip(stacks, itertools.chain.from_iterable(row), strict=True))
        for row in zip(*groups, strict=True)
    ]


def _shuffled(
    level: Sequence[Sequence[Measurement]], wanted: int, randomness: random.Random
) -> list[list[Measurement]]:
    """Draw rounds in which stacks change their names block by block: none is ahead on average."""
    draws = drawn(len(level), wanted, randomness, swap=False)
    found = []
    for number, draw in enumerate(draws):
        if number % BLOCK == 0:
            order = randomness.sample(range(len(level[0])), len(level[0]))
        found.append([level[draw.place][place] for place in order])
    return found


def levelled(round_: Round, to: Level) -> list[Measurement]:
    """Take out of a round's stacks what they have in common, in each metric by itself.

    Their deviations from the mean are raised by √(k/(k-1)), which is what the mean of k took away.
    """
    measured = list(round_.values())
    rates = _to_level([_log_rate(each) for each in measured], to.log_rate)
    costs = [_log_cost(each) for each in measured]
    known = [cost for cost in costs if cost is not None]
    # Where a stack's CPU time is not known, that of the others stays as it is.
    cost_by = _to_level(known, to.log_cost) if len(known) == len(costs) else [0.0] * len(costs)
    return [shifted(*each) for each in zip(measured, rates, cost_by, strict=True)]


def _to_level(logs: Sequence[float], to: float) -> list[float]:
    raised = math.sqrt(len(logs) / (len(logs) - 1))
    centre = mean(logs)
    return [to + raised * (log - centre) - log for log in logs]


@dataclass(frozen=True, slots=True)
class Level:
    """Means over all rounds and stacks."""

    log_rate: float
    log_cost: float


def level_of(rounds: Sequence[Round]) -> Level:
    measured = [each for round_ in rounds for each in round_.values()]
    costs = [cost for each in measured if (cost := _log_cost(each)) is not None]
    return Level(mean([_log_rate(each) for each in measured]), mean(costs) if costs else 0.0)


def _log_rate(measurement: Measurement) -> float:
    return statistics.median(
        math.log(max(1, window.completions) / window.length_s) for window in measurement.windows
    )


def _log_cost(measurement: Measurement) -> float | None:
    cost = window_cpu_s_per_1000(measurement.windows)
    return math.log(cost) if cost else None
