"""What is known of a run while it goes on: from events to a frozen state. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from timetrial.features.tune.result import StageBegun
from timetrial.model import (
    BaseChosen,
    BenchmarkOutline,
    BenchmarkStarted,
    BenchmarkStopped,
    Cell,
    ComparingAnswers,
    CountingStack,
    EnvironmentBuilding,
    Estimate,
    Event,
    ExperimentRunning,
    Failure,
    ImportingApp,
    PilotStarted,
    ProbingConfigs,
    ProvisionalRanking,
    RaceExpected,
    RateSet,
    ReadingLog,
    RoundMeasured,
    RunEnded,
    RunStarted,
    ServerChosen,
    ServiceReady,
    ServiceStarting,
    StackDropped,
    StackFailedToServe,
    StackReady,
    StackStarting,
    Standing,
    StartCounted,
    TrialProgress,
    TrialStored,
    WarmingUp,
    WindowMeasured,
)

ProgressEvent = Event | StageBegun
Doing = (
    BaseChosen
    | ServerChosen
    | ReadingLog
    | EnvironmentBuilding
    | ServiceStarting
    | ServiceReady
    | ImportingApp
    | RateSet
    | StartCounted
    | ProbingConfigs
    | ComparingAnswers
    | StackStarting
    | StackReady
    | WarmingUp
    | BenchmarkStarted
    | WindowMeasured
    | ExperimentRunning
    | CountingStack
)
"""What tells what is being done now."""


@dataclass(frozen=True, slots=True)
class StackProgress:
    """A stack in one benchmark."""

    stack: str
    rates: tuple[float, ...] = ()
    """Requests a second of its windows so far; no more are taken once there is an estimate."""
    throughput: Estimate | None = None
    """By all sound rounds."""
    left_after: int = 0
    """The round after which it left a race; 0: it is there."""

    @property
    def per_s(self) -> float | None:
        """Return its requests a second, as far as they are known."""
        if self.throughput is not None:
            return self.throughput.value
        return sum(self.rates) / len(self.rates) if self.rates else None


@dataclass(frozen=True, slots=True)
class BenchmarkProgress:
    """A benchmark, and how its stacks stand: in the order of the plan until a round is done."""

    name: str
    stacks: tuple[StackProgress, ...]
    ranks: bool = True
    """Whether requests a second tell which stack is faster."""
    ended: BenchmarkStopped | None = None

    @property
    def leader(self) -> StackProgress | None:
        """Return what is fastest so far, by rounds if there are any."""
        known = [stack for stack in self.stacks if stack.per_s is not None and not stack.left_after]
        return max(known, key=lambda stack: stack.per_s or 0.0, default=None)


@dataclass(frozen=True, slots=True)
class ProgressState:
    """How far a run is, and how its stacks stand."""

    stage: StageBegun | None = None
    """Of a search for settings."""
    pilot: bool = False
    run: int = 0
    """Its number; 0: there is none yet."""
    round: int = 0
    """0: before the first one."""
    rounds: int = 0
    """Expected in all; 0: it is not known."""
    done: int = 0
    """Trials, experiments or countings so far, of `total`."""
    total: int = 0
    passed_s: float = 0.0
    """Since the run, or its pilot, began."""
    left_s: float | None = None
    """None: there is no end, or nothing is known of it."""
    benchmarks: tuple[BenchmarkProgress, ...] = ()
    present: Cell | None = None
    """What is measured; its stack is '' as long as it is not known."""
    doing: Doing | None = None
    is_ranked: bool = False
    """Whether a first ranking was told."""
    least_precise: RoundMeasured | None = None
    """The last round with a ratio on whose precision the end depends."""
    afterwards: Literal["experiments", "countings"] | None = None
    """What is done once the run is measured: its life cycle is looked at, or starts are counted."""
    failures: tuple[Failure, ...] = ()

    @property
    def share_done(self) -> float | None:
        """Return how much is done, of 1: of the time, or of what follows the run."""
        if self.afterwards is not None:
            return self.done / self.total
        return None if self.left_s is None else self.passed_s / (self.passed_s + self.left_s)


def after(state: ProgressState, event: ProgressEvent) -> ProgressState:
    """Return the state after an event."""
    match event:
        case PilotStarted() | RunStarted() | StageBegun():
            return _begun(state, event)
        case WindowMeasured() | TrialStored() | RoundMeasured():
            return _measured(state, event)
        case BenchmarkStopped() | StackDropped() | StackFailedToServe() | ProvisionalRanking():
            return _told(state, event)
        case TrialProgress() | RaceExpected():
            return state
        case RunEnded():
            return replace(state, present=None, doing=None)
        case _:
            return _doing(state, event)


def _doing(state: ProgressState, event: Doing) -> ProgressState:
    match event:
        case BenchmarkStarted():
            present = Cell(event.benchmark, "")
            return replace(state, round=event.round, present=present, doing=event)
        case StackStarting() | StackReady() | WarmingUp():
            return replace(state, round=event.round or state.round, present=None, doing=event)
        case ExperimentRunning() | CountingStack():
            is_counting = isinstance(event, CountingStack)
            return replace(
                state,
                afterwards="countings" if is_counting else "experiments",
                done=event.done,
                total=event.total,
                left_s=event.remaining_s,
                present=None,
                doing=event,
            )
        case _:
            return replace(state, doing=event)


def _told(
    state: ProgressState,
    event: BenchmarkStopped | StackDropped | StackFailedToServe | ProvisionalRanking,
) -> ProgressState:
    match event:
        case BenchmarkStopped():
            return _with_end(state, event)
        case StackDropped():
            return _without(state, event)
        case StackFailedToServe(failure):
            return replace(state, failures=(*state.failures, failure))
        case ProvisionalRanking():
            return replace(state, is_ranked=True)


def _begun(state: ProgressState, event: PilotStarted | RunStarted | StageBegun) -> ProgressState:
    if isinstance(event, StageBegun):
        return replace(state, stage=event)
    return replace(
        state,
        pilot=isinstance(event, PilotStarted),
        run=event.run if isinstance(event, RunStarted) else 0,
        round=0,
        rounds=event.rounds,
        done=0,
        total=event.trials,
        passed_s=0.0,
        left_s=event.expected_s or None,
        benchmarks=tuple(map(_outlined, event.benchmarks)),
        present=None,
        doing=None,
        least_precise=None,
    )


def _outlined(outline: BenchmarkOutline) -> BenchmarkProgress:
    return BenchmarkProgress(outline.name, tuple(map(StackProgress, outline.stacks)), outline.ranks)


def _measured(
    state: ProgressState, event: WindowMeasured | TrialStored | RoundMeasured
) -> ProgressState:
    if isinstance(event, WindowMeasured):
        state = replace(state, round=event.round, present=event.cell, doing=event)
        # A run that is ended by hand has no time left.
        left_s = event.remaining_s if state.rounds or state.pilot else None
        state = replace(state, passed_s=event.elapsed_s, left_s=left_s)
        return _with_rate(state, event.cell, event.completions_per_s)
    if isinstance(event, TrialStored):
        return replace(state, done=event.done, total=event.total)
    state = replace(state, round=event.round, rounds=event.rounds, left_s=event.remaining_s or None)
    if event.widest is not None:
        state = replace(state, least_precise=event)
    for standing in event.standings:
        state = _with_standing(state, standing)
    return state


def _with_rate(state: ProgressState, cell: Cell, per_s: float) -> ProgressState:
    def add(stack: StackProgress) -> StackProgress:
        if stack.stack != cell.stack or stack.throughput is not None:
            return stack
        return replace(stack, rates=(*stack.rates, per_s))

    return _changed(state, cell.benchmark, lambda stacks: [add(stack) for stack in stacks])


def _with_standing(state: ProgressState, standing: Standing) -> ProgressState:
    """Order the stacks as they stand; what has no figure comes last."""
    known = dict(standing.throughputs)
    order = {name: place for place, name in enumerate(known)}

    def stand(stacks: Sequence[StackProgress]) -> list[StackProgress]:
        newer = [
            replace(stack, throughput=known.get(stack.stack, stack.throughput)) for stack in stacks
        ]
        return sorted(newer, key=lambda stack: order.get(stack.stack, len(order)))

    return _changed(state, standing.benchmark, stand)


def _without(state: ProgressState, event: StackDropped) -> ProgressState:
    def leave(stacks: Sequence[StackProgress]) -> list[StackProgress]:
        return [
            replace(stack, left_after=event.after_round) if stack.stack == event.stack else stack
            for stack in stacks
        ]

    for benchmark in state.benchmarks:
        state = _changed(state, benchmark.name, leave)
    return state


def _with_end(state: ProgressState, event: BenchmarkStopped) -> ProgressState:
    benchmarks = tuple(
        replace(each, ended=event) if each.name == event.stop.benchmark else each
        for each in state.benchmarks
    )
    return replace(state, benchmarks=benchmarks)


def _changed(
    state: ProgressState,
    benchmark: str,
    change: Callable[[Sequence[StackProgress]], Sequence[StackProgress]],
) -> ProgressState:
    benchmarks = tuple(
        replace(each, stacks=tuple(change(each.stacks))) if each.name == benchmark else each
        for each in state.benchmarks
    )
    return replace(state, benchmarks=benchmarks)
