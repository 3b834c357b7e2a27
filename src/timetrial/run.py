"""A plan and what came of it: what the store keeps and what summaries are made from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from timetrial.measurement import Failure, Measurement, StackLife
from timetrial.plan import Plan
from timetrial.stop import Stop

if TYPE_CHECKING:
    from timetrial.trial import Trial


@dataclass(frozen=True, slots=True)
class Machine:
    """Where a run was taken."""

    kernel: str
    cpu_model: str
    cores: int
    memory_bytes: int
    server_cpus: tuple[int, ...]
    generator_cpus: tuple[int, ...]
    warnings: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class StackFacts:
    """What a stack really consists of."""

    stack: str
    python: str
    """Implementation and version, as 'CPython 3.11.7'."""
    packages: tuple[str, ...]
    """Everything installed in its environment, as 'name==version', ordered."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run as far as it got."""

    number: int
    created_at: str
    """ISO 8601, UTC."""
    timetrial_version: str
    plan: Plan
    machine: Machine
    facts: tuple[StackFacts, ...]
    measurements: tuple[Measurement, ...]
    failures: tuple[Failure, ...]
    lives: tuple[StackLife, ...]
    stops: tuple[Stop, ...] = field(default=())

    def due(self) -> tuple[Trial, ...]:
        """List the trials of the plan that no stop has made needless, in order."""
        last = {stop.contest: stop.after_round for stop in self.stops}
        return tuple(
            trial
            for trial in self.plan.trials()
            if trial.round <= last.get(trial.cell.contest, trial.round)
        )

    def rounds_due(self, contest: str | None = None) -> int:
        """Return how many rounds of a contest are due, or of that with the most."""
        trials = (t for t in self.due() if contest in {None, t.cell.contest})
        return max((trial.round for trial in trials), default=0)

    def rounds_done(self, contest: str) -> int:
        """Return up to which round nothing of a contest is pending any more."""
        first = (t.round for t in self.pending() if t.cell.contest == contest)
        return min(first, default=self.rounds_due(contest) + 1) - 1

    def pending(self) -> tuple[Trial, ...]:
        """List the trials that are due and have neither a measurement nor a failure, in order."""
        done = {measurement.trial for measurement in self.measurements}
        return tuple(
            trial
            for trial in self.due()
            if trial not in done and not any(self._explains(f, trial) for f in self.failures)
        )

    @staticmethod
    def _explains(failure: Failure, trial: Trial) -> bool:
        return failure.round == trial.round and failure.concerns(trial.cell)
