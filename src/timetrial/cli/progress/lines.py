"""The lines that progress leaves behind: what a log gets of an event. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

from timetrial.analysis.statistics.estimates import window_throughput
from timetrial.analysis.statistics.racing import MARGIN
from timetrial.cli.progress.state import BenchmarkProgress, Doing, ProgressEvent, ProgressState
from timetrial.features.gate.text import chosen_text
from timetrial.features.race.length_text import length_text
from timetrial.features.tune.result import StageBegun
from timetrial.features.tune.text import stage_line
from timetrial.model import (
    METRICS,
    BaseChosen,
    BenchmarkStarted,
    BenchmarkStopped,
    ComparingAnswers,
    CountingStack,
    EnvironmentBuilding,
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
    RunStarted,
    ServerChosen,
    ServiceReady,
    ServiceStarting,
    StackDropped,
    StackFailedToServe,
    StackReady,
    StackStarting,
    StartCounted,
    TrialStored,
    WarmingUp,
    WindowMeasured,
    counted,
    significant,
    whole_minutes,
)
from timetrial.reports.ratios import change

_EXPERIMENTS = {
    "stop": "starting {} and stopping it under load",
    "reload": "reloading {} under load",
    "worker": "killing a worker of {} under load",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a log."""

    text: str
    is_fault: bool = False
    is_detail: bool = False

    @property
    def stays(self) -> bool:
        """Whether a terminal keeps it, too, above what is drawn anew."""
        return self.is_fault or self.is_detail


def trial_line(event: TrialStored, now: ProgressState) -> Line:
    """Return the line that a trial has where each is asked for."""
    cell, round_ = event.measurement.trial.cell, event.measurement.trial.round
    rate = significant(window_throughput(event.measurement.windows))
    where = f"{_where(now)}trial {event.done} of {event.total}: round {round_}"
    return Line(f"{where}, {cell.stack} in {cell.benchmark}: {rate} req/s", is_detail=True)


def line_of(before: ProgressState, event: ProgressEvent, now: ProgressState) -> Line | None:
    """Return the line for an event, which has changed the state `before` to `now`."""
    text = None
    match event:
        case StackFailedToServe():
            # What fails in one round fails in the next: once is enough.
            is_new = not any(_is_same(event.failure, known) for known in before.failures)
            return Line(f"{_where(now)}{failed(event.failure)}", is_fault=True) if is_new else None
        case RaceExpected() | StageBegun():
            return _beforehand(event)
        case PilotStarted() | RunStarted():
            text = _begun(event, now)
        case RoundMeasured():
            text = _round(event, now)
        case ProvisionalRanking() if now.pilot or not before.is_ranked:
            text = f"{_where(now)}{_ranking(event)}"
        case StackDropped():
            text = dropped(event)
        case BenchmarkStopped():
            text = f"{event.stop.benchmark} ends after round {event.stop.after_round}: "
            text += event.stop.reason
        case ExperimentRunning():
            text = _repeat(before, event)
        case ReadingLog():
            # One of some lines is read at once: nothing of it has to be told.
            text = f"reading {event.name}" if event.lines and _is_at_its_start(before) else None
        case _:
            text = _preparing(event)
    return None if text is None else Line(text)


def _beforehand(event: RaceExpected | StageBegun) -> Line:
    if isinstance(event, RaceExpected):
        return Line(length_text(event), is_detail=True)
    return Line(stage_line(event))


def _is_same(failure: Failure, other: Failure) -> bool:
    return (failure.stack, failure.phase, failure.reason) == (
        other.stack,
        other.phase,
        other.reason,
    )


def _is_at_its_start(before: ProgressState) -> bool:
    return isinstance(before.doing, ReadingLog) and not before.doing.lines


def _preparing(event: ProgressEvent) -> str | None:
    match event:
        case ProbingConfigs() | ComparingAnswers() | CountingStack() if event.done:
            return None
        case CountingStack():
            starts = counted(event.total, "start")
            return f"counting what requests execute: {starts}, about {left(event.remaining_s)}"
        case (
            BaseChosen()
            | ServerChosen()
            | EnvironmentBuilding()
            | ServiceStarting()
            | ServiceReady()
            | ImportingApp()
            | RateSet()
            | StartCounted()
            | ProbingConfigs()
            | ComparingAnswers()
        ):
            return doing_text(event)
        case _:
            return None


def doing_text(event: Doing) -> str:
    """Say what is being done."""
    match event:
        case BaseChosen() | ServerChosen():
            text = chosen_text(event)
        case ReadingLog():
            text = f"reading {event.name}" + (f": {event.lines:,} lines" if event.lines else "")
        case EnvironmentBuilding():
            text = f"installing {event.stack} ({event.number} of {event.total})"
        case ServiceStarting():
            text = f"starting {event.service}"
        case ServiceReady():
            text = f"{event.service} is up after {event.took_s:.2f} s ({event.version})"
        case ImportingApp():
            text = f"importing {event.target} to see what it is"
        case StartCounted():
            text = f"counted start {event.number} of {event.stack} (of {event.at_most} at most)"
        case ProbingConfigs():
            text = f"reading the settings of {counted(event.total, 'server')}"
        case ComparingAnswers():
            text = "comparing what all servers answer"
        case _:
            text = _measuring_text(event)
    return text


def _measuring_text(
    event: RateSet
    | StackStarting
    | StackReady
    | WarmingUp
    | BenchmarkStarted
    | WindowMeasured
    | ExperimentRunning
    | CountingStack,
) -> str:
    match event:
        case RateSet():
            text = f"{event.benchmark}: {event.load}, {event.load.of_capacity}"
        case StackStarting():
            text = f"starting {event.stack}"
        case StackReady():
            text = f"{event.stack} is up after {event.startup_s:.2f} s"
        case WarmingUp():
            text = f"warming up {event.stack}"
        case BenchmarkStarted():
            text = f"measuring {event.benchmark}"
        case WindowMeasured():
            rate = significant(event.completions_per_s)
            text = f"measuring {event.cell.benchmark}, last {event.cell.stack}: {rate} req/s"
        case ExperimentRunning(occasion) if not occasion.repeat:
            text = f"trying out {occasion.stack}"
        case ExperimentRunning(occasion):
            text = _EXPERIMENTS[occasion.experiment].format(occasion.stack)
        case CountingStack():
            text = f"counting what requests to {event.stack} execute"
    return text


def _begun(event: PilotStarted | RunStarted, now: ProgressState) -> str | None:
    if now.stage is not None:
        return None  # the stage has told it
    stacks = {stack.stack for benchmark in now.benchmarks for stack in benchmark.stacks}
    parts = [counted(len(stacks), "server")]
    if len(now.benchmarks) > 1:
        parts.append(counted(len(now.benchmarks), "benchmark"))
    if event.rounds:
        parts.append(counted(event.rounds, "round"))
    parts.append(f"about {left(event.expected_s)}" if event.expected_s else "Ctrl-C ends it")
    what = "pilot, to find the rates" if now.pilot else f"run {now.run}"
    return f"{what}: {', '.join(parts)}"


def _round(event: RoundMeasured, now: ProgressState) -> str:
    of = f" of {event.rounds}" if event.rounds else ""
    parts = [f"{_where(now)}round {event.round}{of}"]
    if now.left_s is not None:
        parts.append(f"about {left(now.left_s)} left")
    parts.append(_leaders(now.benchmarks))
    parts.append(widest(event))
    return "; ".join(filter(None, parts))


def _leaders(benchmarks: tuple[BenchmarkProgress, ...]) -> str:
    leaders = [
        (benchmark, leader)
        for benchmark in benchmarks
        if benchmark.ranks and len(benchmark.stacks) > 1 and (leader := benchmark.leader)
    ]
    if not leaders:
        return ""
    named = [
        leader.stack
        + (f" in {benchmark.name}" if len(benchmarks) > 1 else "")
        + f" ({significant(leader.per_s or 0.0)} req/s)"
        for benchmark, leader in leaders
    ]
    return f"provisional leader{'s' if len(named) > 1 else ''}: {', '.join(named)}"


def _ranking(event: ProvisionalRanking) -> str:
    rates = "; ".join(f"{name} {significant(per_s)}" for name, per_s in event.rates)
    seen = counted(event.round, "round")
    if event.windows:
        seen = f"{counted(event.windows, 'window')} each"
    return f"after {seen}, provisional, no verdict: {rates} req/s"


def widest(event: RoundMeasured) -> str:
    """Write the ratio with the widest interval: '+0.4 % [-1.7, +2.5] …, b against a in …'."""
    if event.widest is None:
        return ""
    pair = f"{event.widest.b} against {event.widest.a} in {event.benchmark}"
    metric = METRICS[event.widest.metric].label
    kind = ", provisional" if event.widest.provisional else ""
    return f"widest interval: {change(event.widest.ratio)} {metric}{kind}, {pair}"


def _repeat(before: ProgressState, event: ExperimentRunning) -> str | None:
    """Tell each repeat once: it is the round of experiments."""
    repeat, last = event.occasion.repeat, before.doing
    if isinstance(last, ExperimentRunning) and last.occasion.repeat == repeat:
        return None
    what = f"repeat {repeat}" if repeat else "trying out all servers"
    done = f"{event.done} of {counted(event.total, 'experiment')} done"
    return f"life cycle: {what}; {done}; about {left(event.remaining_s)} left"


def dropped(event: StackDropped) -> str:
    """Say that a stack has left a race."""
    after = f"leaves after round {event.after_round}"
    return f"{event.stack} {after}: it is more than {100 * MARGIN:g} % behind"


def failed(failure: Failure) -> str:
    """Say what has failed where, and why."""
    # What does not start or warm up fails in all of them.
    has_benchmark = failure.benchmark and failure.phase not in {"start", "warm-up"}
    where = f" in {failure.benchmark}" if has_benchmark else ""
    return f"{failure.stack}{where}, round {failure.round}, {failure.phase}: {failure.reason}"


def left(length_s: float) -> str:
    """Write a time: '1 min 35 s'."""
    return whole_minutes(math.ceil(length_s))


def _where(state: ProgressState) -> str:
    return "pilot, " if state.pilot else ""
