"""A plan and its results: what the store keeps and what summaries are made from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from timetrial.model.counting import Counting
from timetrial.model.dropped_stack import DroppedStack
from timetrial.model.effective_config import StackConfiguration
from timetrial.model.experiment import Experiment
from timetrial.model.machine_check import MachineChecks
from timetrial.model.measurement import Failure, Measurement, StackLife
from timetrial.model.plan import Plan
from timetrial.model.stop_rule import StopDecision
from timetrial.model.suite import When
from timetrial.model.trial import Cell, Trial


@dataclass(frozen=True, slots=True)
class MachineSettings:
    """Settings of a machine, read once before the first round; None: unknown."""

    architecture: str
    kernel_build: str
    """Number and kind of the build."""
    hypervisor: bool
    """Whether the CPU reports that it is virtual."""
    governor: str | None
    """Of frequency; those of all CPUs, if they differ."""
    turbo: bool | None
    clock_source: str | None
    cgroup: str | None
    """'v1' or 'v2'."""
    cpu_quota: float | None
    """CPUs that the cgroup may use; None where there is no quota."""
    memory_limit_bytes: int | None
    """Of the cgroup; None where there is no limit."""
    transparent_huge_pages: str | None
    sysctls: Mapping[str, str]
    """The existing settings that affect servers."""


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine of a run."""

    kernel: str
    cpu_model: str
    cores: int
    memory_bytes: int
    server_cpus: tuple[int, ...]
    generator_cpus: tuple[int, ...]
    warnings: tuple[str, ...] = field(default=())
    settings: MachineSettings | None = None
    """None in runs of before it was recorded."""
    machine_checks: MachineChecks | None = None
    """Its state at the start of the run; None: not checked."""


@dataclass(frozen=True, slots=True)
class StackFacts:
    """What a stack consists of."""

    stack: str
    python: str
    """Implementation and version, for example 'CPython 3.11.7'."""
    packages: tuple[str, ...]
    """Everything installed in its environment, as 'name==version', ordered."""
    version: str = ""
    """Version of the server, where no package has its name."""
    chosen: tuple[str, ...] = ()
    """Names of packages whose version was chosen for this stack, for a comparison of versions."""
    python_chosen: bool = False
    """Whether its interpreter was chosen likewise."""


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
    configurations: tuple[StackConfiguration, ...] = ()
    """Of the inspected stacks, in no order; empty in runs of earlier versions."""
    stops: tuple[StopDecision, ...] = field(default=())
    dropped: tuple[DroppedStack, ...] = field(default=())
    """Stacks that left before the end, a record for each of their benchmarks."""
    experiments: tuple[Experiment, ...] = field(default=())
    """On the life cycles of stacks, if any were requested."""
    countings: tuple[Counting, ...] = field(default=())
    """Of what requests execute, if that was requested."""
    notebook_form: ClassVar[Callable[[Run], str] | None] = None
    """Makes HTML of a run. `timetrial` sets it, because a record knows nothing of reports."""

    def _repr_html_(self) -> str | None:
        """Return what a notebook shows of the run; None: its plain form."""
        form = type(self).notebook_form
        return None if form is None else form(self)

    def facts_of(self, stack: str) -> StackFacts | None:
        """Look up what a stack consists of; None where the run has not recorded it."""
        return next((facts for facts in self.facts if facts.stack == stack), None)

    def due(self) -> tuple[Trial, ...]:
        """List the trials of the plan that no decision has cancelled, in order."""
        last = {stop.benchmark: stop.after_round for stop in self.stops}
        dropped = self.dropped_after()
        return tuple(
            trial
            for trial in self.plan.trials()
            if trial.round <= last.get(trial.cell.benchmark, trial.round)
            and trial.round <= dropped.get(trial.cell, trial.round)
        )

    def dropped_after(self) -> Mapping[Cell, int]:
        """Return the last round of each cell whose stack left before the end."""
        return {Cell(left.benchmark, left.stack): left.after_round for left in self.dropped}

    def rounds_due(self, benchmark: str | None = None) -> int:
        """Return the number of due rounds of a benchmark, or of the one with the most."""
        last = {stop.benchmark: stop.after_round for stop in self.stops}
        numbers = (
            round_.number
            for round_ in self.plan.rounds
            for planned in round_.benchmarks
            if planned.turns and benchmark in {None, planned.benchmark}
            if round_.number <= last.get(planned.benchmark, round_.number)
        )
        return max(numbers, default=0)

    def rounds_done(self, benchmark: str) -> int:
        """Return the last round of a benchmark of which, and before which, nothing is pending."""
        first = (t.round for t in self.pending() if t.cell.benchmark == benchmark)
        return min(first, default=self.rounds_due(benchmark) + 1) - 1

    def pending(self) -> tuple[Trial, ...]:
        """List the trials that are due and have neither a measurement nor a failure, in order."""
        done = {measurement.trial for measurement in self.measurements}
        return tuple(
            trial
            for trial in self.due()
            if trial not in done
            and not any(
                failure.round == trial.round and failure.concerns(trial.cell)
                for failure in self.failures
            )
        )

    def undeclared_failures(self) -> tuple[Failure, ...]:
        """List the failures that no manifest declares."""
        return tuple(failure for failure in self.failures if not self.declares(failure))

    def declared_when(self, failure: Failure) -> When | None:
        """Return under what the server's manifest says that it fails so; None for other failures.

        That is a protocol where the server does not speak it.
        """
        if failure.phase != "declared":
            return None
        suite = self.plan.suite
        stack = suite.stack(failure.stack)
        concerned = (b for b in suite.benchmarks if failure.benchmark in {None, b.name})
        known = (stack.known_failure_in(b) for b in concerned if stack.name in b.stacks)
        return next((each.when for each in known if each is not None), None)

    def declares(self, failure: Failure) -> bool:
        """Return whether the server's manifest declares a failure."""
        stack = self.plan.suite.stack(failure.stack)
        benchmarks = [b for b in self.plan.suite.benchmarks if failure.benchmark in (None, b.name)]
        return all(
            stack.known_failure_in(benchmark)
            for benchmark in benchmarks
            if stack.name in benchmark.stacks
        )
