"""One benchmark of one round: its stacks take turns, window by window."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from timetrial._engine import Histogram
from timetrial.analysis.checks.generator_stops import LEAST_S, is_void
from timetrial.drivers.driver import (
    DriverSession,
    LoadResult,
    LoadSpec,
    OnProgress,
    Progress,
    SessionConfig,
    Target,
)
from timetrial.drivers.streams_and_idle import StreamFacts
from timetrial.machine.ports import connections_by_process
from timetrial.model import (
    NS_PER_S,
    Benchmark,
    Cell,
    Failure,
    Measurement,
    PlannedBenchmark,
    ProcessStamp,
    StackFailed,
    StepResult,
    Suite,
    ToolFailed,
    Trial,
    TrialProgress,
    Window,
    WindowStreams,
)
from timetrial.runner.driver_inputs import load_spec, session_config, target
from timetrial.runner.holder import Holder, holder_of
from timetrial.runner.metering import TrialMeter, WindowCost
from timetrial.runner.no_response import without_response
from timetrial.runner.run_context import RunContext
from timetrial.runner.starter import LiveStack, or_ending
from timetrial.stacks.sampler import memory
from timetrial.stacks.services.services import ServiceMeter

OnWindow = Callable[[Cell, Window], None]
Outcome = Measurement | Failure
_SHOWN_EVERY_S = 0.5
_BIN_NS = NS_PER_S // 10
"""The length of an interval of the engine's series."""
ATTEMPTS = 3
"""At a window in which the load generator itself stands still each time."""
_SERIES_FROM_NS = NS_PER_S
"""Shorter windows keep no series."""


@dataclass(slots=True)
class ActiveTrial:
    """A trial that is being measured: its stack, its meters, and its windows so far."""

    trial: Trial
    target: Target
    running: LiveStack
    meter: TrialMeter
    processes_before: tuple[ProcessStamp, ...]
    services: ServiceMeter
    windows: list[Window] = field(default_factory=list)
    failed: StackFailed | None = None
    own_app: bool = False
    by_worker: tuple[int, ...] = ()
    """Open connections of each process that has some."""
    holder: Holder | None = None
    """Of streams that are held beside; None: there are none."""


@dataclass(frozen=True, slots=True)
class BenchmarkTask:
    """A benchmark that is to be measured in one round, and what that takes."""

    benchmark: Benchmark
    planned: PlannedBenchmark
    trials: Mapping[str, ActiveTrial]
    """By the name of the stack."""
    context: RunContext
    on_window: OnWindow
    """Called with each window as soon as it counts."""

    @property
    def session_config(self) -> SessionConfig:
        return session_config(self.benchmark, self.context.generator_cpus)


def open_trials(
    suite: Suite,
    round_: int,
    benchmark: Benchmark,
    running: Mapping[str, LiveStack],
    context: RunContext,
) -> dict[str, ActiveTrial]:
    """Prepare a trial for each stack of the benchmark that runs, by its name."""
    return {
        name: ActiveTrial(
            trial=Trial(round_, Cell(benchmark.name, name)),
            target=target(running[name], suite.stack(name), benchmark),
            running=running[name],
            meter=TrialMeter(
                running[name],
                context.generator_cpus,
                context.speed_probe,
                alone=benchmark.takes_turns,
            ),
            processes_before=running[name].processes(),
            services=context.services.meter(),
            own_app=suite.is_of_own_app,
            holder=holder_of(benchmark, suite.stack(name), running[name], context),
        )
        for name in benchmark.stacks
        if name in running
    }


def run_benchmark(task: BenchmarkTask) -> list[Outcome]:
    """Measure window by window, in turn; a stack that fails drops out, the others go on."""
    places = {name: place for place, name in enumerate(task.trials)}
    targets = [trial.target for trial in task.trials.values()]
    with task.context.driver_of(task.benchmark).open(targets, task.session_config) as session:
        for index, name in enumerate(task.planned.turns):
            active_trial = task.trials.get(name)
            if active_trial is None or active_trial.failed is not None:
                continue
            turn = load_spec(task.benchmark, places[name], task.planned.seed_of(index))
            on_progress = progress_reporter(task.context, active_trial.trial)
            if active_trial.holder is None:
                take_turn(session, turn, active_trial, index, on_progress)
            else:
                _take_turn_beside(session, turn, active_trial, index, on_progress)
            task.context.services.require_alive()
            if active_trial.windows and active_trial.windows[-1].index == index:
                task.on_window(active_trial.trial.cell, active_trial.windows[-1])
        _count_by_worker(task)
    return [outcome_of(active_trial) for active_trial in task.trials.values()]


def _count_by_worker(task: BenchmarkTask) -> None:
    """Count the WebSockets of each process, while they are still open."""
    if not task.benchmark.workload.is_messages or task.benchmark.load.fresh_connections:
        return
    for active_trial in task.trials.values():
        if active_trial.failed is None:
            running = active_trial.running
            pids = [stamp.pid for stamp in running.processes()]
            active_trial.by_worker = connections_by_process(running.launch.port, pids)


def progress_reporter(context: RunContext, trial: Trial) -> OnProgress:
    """Report the progress of a drive to the observer, every half second at most."""
    began_s = reported_s = context.clock.now_s()

    def report(progress: Progress) -> None:
        nonlocal reported_s
        now_s = context.clock.now_s()
        if now_s - reported_s >= _SHOWN_EVERY_S:
            reported_s, passed_s = now_s, now_s - began_s
            completions = progress.completions
            rate_per_s = None if completions is None else completions / passed_s
            context.observer(TrialProgress(trial.round, trial.cell, rate_per_s, passed_s))

    return report


def take_turn(
    session: DriverSession,
    turn: LoadSpec,
    active_trial: ActiveTrial,
    index: int,
    on_progress: OnProgress,
) -> None:
    """Measure a window; again where the generator itself stood still in it."""
    for attempt in range(1, ATTEMPTS + 1):
        active_trial.services.begin()
        active_trial.meter.begin()
        try:
            result = session.run_load(turn, on_progress)
        except ToolFailed as failed:
            reason = StackFailed("measure", str(failed))
            active_trial.failed = or_ending(active_trial.running, reason, "under load")
            return
        window = window_of(index, result, active_trial.meter.end())
        active_trial.failed = failure_under_load(active_trial.running, result)
        if attempt == ATTEMPTS or not is_void(window) or not active_trial.running.is_alive():
            active_trial.services.end()
            active_trial.windows.append(window)
            return
        active_trial.meter.forget()


def _take_turn_beside(
    session: DriverSession,
    turn: LoadSpec,
    active_trial: ActiveTrial,
    index: int,
    on_progress: OnProgress,
) -> None:
    """Measure a window while streams are held, and note on it how many were."""
    holder = active_trial.holder
    assert holder is not None  # noqa: S101 - see `run_benchmark`
    with holder.holding() as holding:
        take_turn(session, turn, active_trial, index, on_progress)
    held, failed = holding.held(), active_trial.failed
    if active_trial.windows:
        window = replace(active_trial.windows[-1], beside=held)
        active_trial.windows[-1] = window
        is_silent = window.counts.unanswered == window.counts.arrivals
        if failed is not None and is_silent and active_trial.running.is_alive():
            active_trial.failed = failed.with_log(holder.unanswered(held), failed.log_tail)
    if failed is None and not held.held:
        active_trial.failed = StackFailed("measure", f"held none of {held.wanted} streams")


def window_of(index: int, result: LoadResult, cost: WindowCost) -> Window:
    return Window(
        index=index,
        started_ns=result.started_ns,
        opened_ns=result.opened_ns,
        closed_ns=result.closed_ns,
        drained_ns=result.drained_ns,
        counts=result.counts,
        completions=result.completions,
        completions_overall=result.overall.ok,
        response_time=_encoded(result.response_time),
        server_cpu_s=cost.server_cpu_s,
        generator_cpu_s=result.generator_cpu_s,
        generator_threads=result.generator_threads,
        connections_reached=result.connections_reached,
        connects=result.connects,
        bytes_received=result.bytes_received,
        steps=tuple(
            StepResult(step.counts, _encoded(step.response_time)) for step in result.by_request
        ),
        iteration_time=_if_any(result.iteration_time),
        connect_time=_if_any(result.connect_time),
        lateness=_if_any(result.lateness),
        tool=result.tool,
        generator_wait_s=result.generator_wait_s if cost.alone else None,
        server_wait_s=cost.server_wait_s,
        foreign_cpu_s=cost.foreign_cpu_s,
        generator_gap_s=None if result.gaps is None else result.gaps.largest_s,
        series=_series(result),
        statuses=result.statuses if result.counts.wrong_status else {},
        speed=cost.speed,
        compressing=None if result.websocket is None else result.websocket.deflated,
        streams=None if result.streams is None else _streams(result.streams),
        tls=result.tls,
        http2=result.http2,
    )


def _streams(facts: StreamFacts) -> WindowStreams:
    return WindowStreams(
        events=facts.events.arrivals,
        came=facts.events.came,
        lost=facts.lost,
        late=facts.late,
        repeated=facts.repeated,
        unnumbered=facts.unnumbered,
        several=facts.several,
        together=facts.together,
        head_time=_if_any(facts.head_time),
        first_byte_time=_if_any(facts.first_byte_time),
        first_event_time=_if_any(facts.first_event_time),
        gap=_if_any(facts.gap),
    )


def _series(result: LoadResult) -> tuple[int, ...]:
    """Cut the tenths of a second that lie inside the window out of the drive's series."""
    if result.closed_ns - result.opened_ns < _SERIES_FROM_NS:
        return ()
    first = -((result.started_ns - result.opened_ns) // _BIN_NS)
    last = (result.closed_ns - result.started_ns) // _BIN_NS
    completions = [interval.completions for interval in result.series[first:last]]
    # The engine's list ends with the last response.
    return (*completions, *[0] * (last - first - len(completions))) if result.series else ()


def _encoded(histogram: Histogram) -> str:
    return base64.b64encode(histogram.encode()).decode("ascii")


def _if_any(histogram: Histogram) -> str:
    return _encoded(histogram) if histogram.count else ""


def failure_under_load(running: LiveStack, result: LoadResult) -> StackFailed | None:
    """Return why a window does not count: the server died, or gave no correct response."""
    if running.is_alive() and result.overall.ok:
        return None
    gap_s = 0.0 if result.gaps is None else result.gaps.largest_s
    where = (
        f"a window in which the load generator itself stood still for {gap_s:.1f} s"
        if gap_s >= LEAST_S
        else f"a window of {result.overall.arrivals} requests"
    )
    failed = without_response("measure", result, where)
    return or_ending(running, failed, "under load")


def outcome_of(active_trial: ActiveTrial) -> Outcome:
    if active_trial.failed is not None:
        return failure(active_trial.trial, active_trial.failed, own_app=active_trial.own_app)
    processes = active_trial.running.processes()
    try:
        memory_use = memory(stamp.pid for stamp in processes)
    except StackFailed as failed:
        return failure(active_trial.trial, failed, own_app=active_trial.own_app)
    return Measurement(
        trial=active_trial.trial,
        windows=tuple(active_trial.windows),
        memory=memory_use,
        processes_before=active_trial.processes_before,
        processes_after=processes,
        services=active_trial.services.uses([stamp.pid for stamp in processes]),
        uses=active_trial.meter.uses(),
        surroundings=active_trial.meter.surroundings(),
        log_bytes=active_trial.meter.log_bytes(),
        log_line=active_trial.meter.log_line(),
        by_worker=active_trial.by_worker,
    )


def failure(trial: Trial, failed: StackFailed, *, own_app: bool) -> Failure:
    """Record that a trial gave no measurement; of an own app, a wrong body says what to type."""
    told = failed.with_advice() if own_app else failed
    return Failure(
        round=trial.round,
        stack=trial.cell.stack,
        benchmark=trial.cell.benchmark,
        phase=failed.phase,
        reason=told.reason,
        log_tail=failed.log_tail,
        blameless=failed.blameless,
        body_differs=failed.body_differs,
    )
