"""Progress as values: a caller passes in a function that takes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from timetrial.model.experiment import Occasion
from timetrial.model.load import OpenLoad
from timetrial.model.measurement import Failure, Measurement
from timetrial.model.stop_rule import StopDecision
from timetrial.model.summary import Comparison, Estimate
from timetrial.model.trial import Cell


@dataclass(frozen=True, slots=True)
class EnvironmentBuilding:
    """The packages of a stack are being installed: not where the cache has them."""

    stack: str
    number: int
    """Counted from 1, of `total`."""
    total: int


@dataclass(frozen=True, slots=True)
class ServiceStarting:
    """A service is being installed (or found in the cache) and started."""

    service: str


@dataclass(frozen=True, slots=True)
class ServiceReady:
    service: str
    version: str
    took_s: float


@dataclass(frozen=True, slots=True)
class ImportingApp:
    """A user's app is imported once, to detect its interface."""

    target: str
    """`module:attribute`, or the module."""


@dataclass(frozen=True, slots=True)
class ReadingLog:
    """An access log is being read."""

    name: str
    lines: int
    """So far."""


@dataclass(frozen=True, slots=True)
class BaseChosen:
    """A gate takes this commit, the merge base of the repository, as the old one."""

    revision: str


@dataclass(frozen=True, slots=True)
class ServerChosen:
    """A gate lets this server serve the app at both commits."""

    server: str
    why: str
    """A clause, to stand after 'because'."""


@dataclass(frozen=True, slots=True)
class BenchmarkOutline:
    """A benchmark that is going to be measured."""

    name: str
    stacks: tuple[str, ...]
    """Without A/A controls."""
    ranks: bool = True
    """Whether requests a second tell which stack is faster: not where the load gives the rate."""


@dataclass(frozen=True, slots=True)
class RaceExpected:
    """How long a race is going to take, before anything of it is measured."""

    servers: int
    budget_s: float
    """All but installing."""
    is_given: bool
    """Whether the user has set the budget."""
    rounds: int
    """That fit into it; one at least."""
    rounds_of_verdict: int
    """That a verdict takes, …"""
    verdict_s: float
    """… and how long that is, with all that precedes them."""


@dataclass(frozen=True, slots=True)
class StartCounted:
    """A start of a stack was counted, instruction by instruction."""

    stack: str
    number: int
    """Counted from 1."""
    at_most: int
    """More are never counted."""


@dataclass(frozen=True, slots=True)
class PilotStarted:
    """Before there is a plan: the capacities of stacks are measured, to set their rates.

    Events up to `RunStarted` belong to the pilot.
    """

    trials: int
    expected_s: float
    rounds: int = 0
    """Expected in all; 0: it is not known."""
    benchmarks: tuple[BenchmarkOutline, ...] = ()


@dataclass(frozen=True, slots=True)
class RateSet:
    """A pilot has set the rate of a benchmark."""

    benchmark: str
    load: OpenLoad


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The plan is stored; measuring begins."""

    run: int
    rounds: int
    """Expected in all, those of before included; 0: until it is ended by hand."""
    trials: int
    expected_s: float
    benchmarks: tuple[BenchmarkOutline, ...] = ()


@dataclass(frozen=True, slots=True)
class ProbingConfigs:
    """Stacks are started once, unmeasured, to read their effective configurations."""

    done: int
    """So far, of `total`."""
    total: int


@dataclass(frozen=True, slots=True)
class ComparingAnswers:
    """All requests are sent to every stack, unmeasured, to compare the answers."""

    done: int
    """Requests so far, of `total`."""
    total: int


@dataclass(frozen=True, slots=True)
class StackStarting:
    round: int
    stack: str


@dataclass(frozen=True, slots=True)
class StackReady:
    round: int
    stack: str
    startup_s: float


@dataclass(frozen=True, slots=True)
class WarmingUp:
    round: int
    stack: str


@dataclass(frozen=True, slots=True)
class BenchmarkStarted:
    """The windows of a benchmark begin, in one round."""

    round: int
    benchmark: str


@dataclass(frozen=True, slots=True)
class TrialProgress:
    """The progress of a long window: the only event that comes while one is open."""

    round: int
    cell: Cell
    completions_per_s: float | None
    """Since it began, lead-in included; None where the load generator reports only at its end."""
    passed_s: float


@dataclass(frozen=True, slots=True)
class WindowMeasured:
    """One window is done: the latest figure."""

    round: int
    cell: Cell
    completions_per_s: float
    elapsed_s: float
    """Since the run started."""
    remaining_s: float
    """Expected until it ends."""


@dataclass(frozen=True, slots=True)
class TrialStored:
    measurement: Measurement
    done: int
    """Trials so far, of `total`."""
    total: int


@dataclass(frozen=True, slots=True)
class StackFailedToServe:
    failure: Failure


@dataclass(frozen=True, slots=True)
class ProvisionalRanking:
    """How servers of a race stand so far: no verdict, and no interval."""

    round: int
    rates: tuple[tuple[str, float], ...]
    """Servers with their requests a second, the fastest first."""
    windows: int = 0
    """Windows of each behind it; 0: all of the complete rounds."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The requests a second of a benchmark's stacks by all sound rounds so far: no verdict."""

    benchmark: str
    throughputs: tuple[tuple[str, Estimate], ...]
    """The fastest first; without A/A controls, and without what left a race."""


@dataclass(frozen=True, slots=True)
class RoundMeasured:
    """All benchmarks of a round are done: the precision of the comparisons so far."""

    round: int
    rounds: int
    """Expected in all; 0: until the run is ended by hand."""
    benchmark: str
    widest: Comparison | None
    """The least precise ratio, in `benchmark`; None where there is none yet, or where precision
    does not end the run."""
    remaining_s: float
    """0 where there is no end."""
    standings: tuple[Standing, ...] = ()
    """Of each benchmark that has a figure."""


@dataclass(frozen=True, slots=True)
class BenchmarkStopped:
    """No further round of a benchmark is due."""

    stop: StopDecision


@dataclass(frozen=True, slots=True)
class StackDropped:
    """A stack leaves a race because it is clearly behind."""

    stack: str
    after_round: int


@dataclass(frozen=True, slots=True)
class ExperimentRunning:
    """An experiment on the life cycle of a stack begins; repeat 0 does not count."""

    occasion: Occasion
    done: int
    """So far, of `total`."""
    total: int
    remaining_s: float


@dataclass(frozen=True, slots=True)
class CountingStack:
    """A start of a stack is being counted, after the run; others may be at the same time."""

    stack: str
    done: int
    """So far, of `total`."""
    total: int
    remaining_s: float


@dataclass(frozen=True, slots=True)
class RunEnded:
    run: int
    complete: bool


Event = (
    EnvironmentBuilding
    | ServiceStarting
    | ServiceReady
    | ImportingApp
    | ReadingLog
    | BaseChosen
    | ServerChosen
    | RaceExpected
    | StartCounted
    | PilotStarted
    | RateSet
    | RunStarted
    | ProbingConfigs
    | ComparingAnswers
    | StackStarting
    | StackReady
    | WarmingUp
    | BenchmarkStarted
    | TrialProgress
    | WindowMeasured
    | ProvisionalRanking
    | TrialStored
    | StackFailedToServe
    | RoundMeasured
    | BenchmarkStopped
    | StackDropped
    | ExperimentRunning
    | CountingStack
    | RunEnded
)
Observer = Callable[[Event], None]


def unobserved(_event: Event) -> None:
    """Ignore events: the default observer."""
