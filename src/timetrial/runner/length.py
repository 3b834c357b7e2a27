"""When a run stops, as a part of its suite."""

from __future__ import annotations

import dataclasses

from timetrial.analysis.statistics.design import LOOKS
from timetrial.model.stop_rule import Budget, Precision, Watch
from timetrial.model.suite import DraftSuite
from timetrial.runner.eta import MOST_ROUNDS, most_rounds


def with_stop_rule(
    suite: DraftSuite,
    rounds: int | None,
    precision: float | None,
    budget: Budget | None,
    *,
    watch: bool = False,
) -> DraftSuite:
    """Set when the run stops; without a wish, after the rounds of the suite."""
    if watch:
        return dataclasses.replace(suite, rounds=MOST_ROUNDS, stop_rule=Watch())
    if precision is not None:
        return dataclasses.replace(suite, rounds=LOOKS[-1], stop_rule=Precision(precision))
    if budget is not None:
        most = max(most_rounds(suite, budget.seconds), budget.at_least_rounds)
        return dataclasses.replace(suite, rounds=most, stop_rule=budget)
    return dataclasses.replace(suite, rounds=rounds) if rounds else suite
