"""Rounds in which the machine was disturbed are excluded whole, for all stacks alike.

Only variables that are independent of results decide: CPU time of other processes, CPU steal,
throttling, and the generator's waiting and standing still. The generator's CPU time is not among
them: it grows with throughput, so that excluding rounds by it would exclude the fast ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from timetrial.analysis.checks import generator_stops, machine, run_queue
from timetrial.analysis.checks.cell_context import percent
from timetrial.analysis.checks.thresholds import (
    DROPPED_ROUNDS,
    FOREIGN_CPU,
    GENERATOR_STOPPED,
    GENERATOR_WAIT,
    SERVER_WAIT,
    SERVER_WAIT_ROUNDS,
    STEAL,
    THROTTLED,
)
from timetrial.model import Measurement, Severity


@dataclass(frozen=True, slots=True)
class Disturbance:
    """Why one round is excluded."""

    round: int
    stack: str
    """The disturbed stack, or the first of them."""
    reason: str


@dataclass(frozen=True, slots=True)
class ExcludedRounds:
    """The excluded rounds of one benchmark."""

    disturbances: tuple[Disturbance, ...] = ()
    of_rounds: int = 0
    """Number of measured rounds."""

    @property
    def rounds(self) -> frozenset[int]:
        return frozenset(disturbance.round for disturbance in self.disturbances)

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
    """Choose the rounds of one benchmark to exclude; none if they are too many."""
    by_round: dict[int, list[Measurement]] = {}
    for measurement in measurements:
        by_round.setdefault(measurement.trial.round, []).append(measurement)
    disturbances = [d for number in sorted(by_round) for d in _disturbance(by_round[number])]
    share = len(disturbances) / len(by_round) if by_round else 0.0
    excluded = () if SERVER_WAIT_ROUNDS.judge(share) else tuple(disturbances)
    return ExcludedRounds(excluded, len(by_round))


_Read = Callable[[Sequence[Measurement]], float | None]


_DECIDING: tuple[tuple[_Read, float | None, str], ...] = (
    (
        lambda measured: run_queue.server_wait(measured[0]),
        SERVER_WAIT.doubtful,
        "other processes kept {} of the server's cores",
    ),
    (machine.foreign_cpu, FOREIGN_CPU.doubtful, "other processes took {} of a core"),
    (machine.steal, STEAL.invalid, "{} of the CPU time was stolen"),
    (machine.throttled, THROTTLED.invalid, "a CPU quota held back for {} of the time"),
    (
        run_queue.generator_wait,
        GENERATOR_WAIT.doubtful,
        "the generator waited for its cores for {} of the time",
    ),
    (
        generator_stops.stopped,
        GENERATOR_STOPPED.invalid,
        "the load generator itself stood still, for {} of a window's length",
    ),
)


def _disturbance(round_: Sequence[Measurement]) -> list[Disturbance]:
    for measurement in sorted(round_, key=lambda m: m.trial.cell.stack):
        for read, limit, says in _DECIDING:
            value = read((measurement,))
            if value is not None and limit is not None and value > limit:
                reason = says.format(percent(value))
                return [Disturbance(measurement.trial.round, measurement.trial.cell.stack, reason)]
    return []
