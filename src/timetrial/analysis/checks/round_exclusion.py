"""Rounds in which the machine was disturbed are left out whole, for all stacks alike.

Only variables decide that know no result: what strangers took, what was stolen or held back,
how long the generator waited. The generator's CPU time is none of them: it grows with the
throughput, and leaving rounds out by it would be leaving out the fast ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from timetrial.analysis.checks import machine, run_queue
from timetrial.analysis.checks.cell_context import percent
from timetrial.analysis.checks.thresholds import (
    DROPPED_ROUNDS,
    FOREIGN_CPU,
    GENERATOR_WAIT,
    SERVER_WAIT,
    SERVER_WAIT_ROUNDS,
    STEAL,
    THROTTLED,
)
from timetrial.model.finding import Severity
from timetrial.model.measurement import Measurement


@dataclass(frozen=True, slots=True)
class Disturbance:
    """Why one round is no measurement of the stacks."""

    round: int
    stack: str
    """The one that it fell on, or fell on first."""
    reason: str


@dataclass(frozen=True, slots=True)
class ExcludedRounds:
    """What was taken out of one benchmark."""

    disturbances: tuple[Disturbance, ...] = ()
    of_rounds: int = 0
    """As many were measured."""

    @property
    def rounds(self) -> frozenset[int]:
        return frozenset(each.round for each in self.disturbances)

    def evidence(self) -> str:
        why = "; ".join(f"round {d.round}: {d.reason} ({d.stack})" for d in self.disturbances)
        share = percent(len(self.rounds) / self.of_rounds)
        return (
            f"{len(self.rounds)} of {self.of_rounds} rounds ({share}) are left out for all stacks, "
            f"because the machine was disturbed: {why}."
        )

    def severity(self) -> Severity | None:
        share = len(self.rounds) / self.of_rounds if self.of_rounds else 0.0
        return DROPPED_ROUNDS.judge(share)


def exclude_rounds(measurements: Iterable[Measurement]) -> ExcludedRounds:
    """Choose the rounds of one benchmark that go; none if that were too many of them."""
    by_round: dict[int, list[Measurement]] = {}
    for measurement in measurements:
        by_round.setdefault(measurement.trial.round, []).append(measurement)
    found = [each for number in sorted(by_round) for each in _disturbance(by_round[number])]
    share = len(found) / len(by_round) if by_round else 0.0
    if SERVER_WAIT_ROUNDS.judge(share):
        found = []
    return ExcludedRounds(tuple(found), len(by_round))


_Read = Callable[[Sequence[Measurement]], float | None]


_DECIDING: tuple[tuple[_Read, float | None, str], ...] = (
    (
        lambda one: run_queue.server_wait(one[0]),
        SERVER_WAIT.doubtful,
        "strangers kept {} of the server's cores",
    ),
    (machine.foreign_cpu, FOREIGN_CPU.doubtful, "strangers took {} of a core"),
    (machine.steal, STEAL.invalid, "{} of the CPU time was stolen"),
    (machine.throttled, THROTTLED.invalid, "a CPU quota held back for {} of the time"),
    (
        run_queue.generator_wait,
        GENERATOR_WAIT.doubtful,
        "the generator waited for its cores for {} of the time",
    ),
)


def _disturbance(round_: Sequence[Measurement]) -> list[Disturbance]:
    for measurement in sorted(round_, key=lambda each: each.trial.cell.stack):
        for read, limit, says in _DECIDING:
            value = read((measurement,))
            if value is not None and limit is not None and value > limit:
                reason = says.format(percent(value))
                return [Disturbance(measurement.trial.round, measurement.trial.cell.stack, reason)]
    return []
