"""The experiments: each on a fresh start of a stack, under an open load, bounded in time."""

from __future__ import annotations

import signal
from pathlib import Path

from timetrial.drivers.driver import SessionConfig
from timetrial.features.lifecycle.context import ExperimentContext
from timetrial.features.lifecycle.event_load import (
    MOST_CONNECTIONS,
    EventLoad,
    GeneratorStopped,
    StackEvent,
    burst,
    drive_around_event,
)
from timetrial.features.lifecycle.machine_watch import InterferenceMeter, StartupMeter
from timetrial.features.lifecycle.process_watch import (
    Watch,
    await_idle,
    cpu_s_by_process,
    memory_of,
)
from timetrial.machine.clock import Clock
from timetrial.model import (
    EventOutcome,
    Experiment,
    Occasion,
    Reloading,
    StackFailed,
    Stopping,
    WorkerKilled,
    seconds,
)
from timetrial.runner.no_response import without_response
from timetrial.runner.starter import or_ending
from timetrial.stacks.process import RunningStack
from timetrial.stacks.sampler import CpuMeter

GONE_WITHIN_S = 0.5
"""After the main process has ended: the other processes may still be ending."""
GRACE_S = 1.0
LOOK_EVERY_S = 0.01


def run_experiment(
    occasion: Occasion, rate_per_s: float, context: ExperimentContext, *, attempts: int = 3
) -> Experiment:
    """Run one experiment; return an ExperimentFailure where the stack fails.

    `attempts`: how often it is run where the load generator itself stands still each time.
    """
    try:
        match occasion.experiment:
            case "stop":
                return stop_under_load(occasion, rate_per_s, context)
            case "reload":
                return reload_under_load(occasion, rate_per_s, context)
            case "worker":
                return kill_a_worker(occasion, rate_per_s, context)
    except StackFailed as failed:
        if isinstance(failed, GeneratorStopped) and attempts > 1:
            return run_experiment(occasion, rate_per_s, context, attempts=attempts - 1)
        return context.failure(occasion, failed)


def stop_under_load(occasion: Occasion, rate_per_s: float, context: ExperimentContext) -> Stopping:
    """Start, read memory before and after a burst, and send SIGTERM while requests come."""
    lengths = context.lengths
    startup = StartupMeter(context.server_cpus, context.generator_cpus)
    running = context.start(occasion)
    try:
        at_start = startup.machine_interval(running)
        await_idle(running)
        at_rest = memory_of(running)
        requests = _burst(running, occasion, context, lengths.load_s)
        await_idle(running)
        after_load = memory_of(running)
        watch, interference = Watch(running, None), _interference_meter(running, context)
        outcome = _drive(
            running,
            occasion,
            context,
            EventLoad(rate_per_s, lengths.before_s, lengths.after_stop_s),
            StackEvent(lambda: watch.send(signal.SIGTERM), watch.look, interference.look),
        )
        _await_end(watch, lengths.exit_within_s - lengths.after_stop_s, context.clock)
        machine_interval = interference.machine_interval()
        left = _left_behind(running, context.clock) if watch.ended else 0
        exit_code = running.exit_code()
    finally:
        running.stop(GRACE_S)
    return Stopping(
        occasion=occasion,
        startup_s=round(seconds(running.ready_ns - running.started_ns), 4),
        at_rest=at_rest,
        after_load=after_load,
        requests=requests,
        outcome=outcome,
        exit_s=watch.ended_s,
        exit_code=exit_code,
        left=left,
        at_start=at_start,
        machine_interval=machine_interval,
    )


def reload_under_load(
    occasion: Occasion, rate_per_s: float, context: ExperimentContext
) -> Reloading:
    """Send the signal that replaces the workers while requests come."""
    stack, lengths = context.suite.stack(occasion.stack), context.lengths
    name = context.prepared.stacks[stack.name].server.reload
    if name is None:
        raise StackFailed("declared", f"the manifest of {stack.server} names no signal to reload")
    running, journal = context.start_counted(occasion)
    try:
        _burst(running, occasion, context, lengths.warm_s)
        watch, interference = Watch(running, journal), _interference_meter(running, context)
        outcome = _drive(
            running,
            occasion,
            context,
            EventLoad(rate_per_s, lengths.before_s, lengths.after_reload_s(stack.workers)),
            StackEvent(lambda: watch.send(signal.Signals[name]), watch.look, interference.look),
        )
        return Reloading(
            occasion=occasion,
            signal=name,
            outcome=outcome,
            workers=watch.workers_before,
            replaced=watch.replaced(),
            came=watch.came(),
            took_s=watch.replaced_s,
            ended=watch.ended,
            exit_code=running.exit_code(),
            machine_interval=interference.machine_interval(),
        )
    finally:
        running.stop(GRACE_S)


def kill_a_worker(
    occasion: Occasion, rate_per_s: float, context: ExperimentContext
) -> WorkerKilled:
    """Kill the busiest worker while requests come, each over a connection of its own."""
    running, journal = context.start_counted(occasion)
    try:
        _burst(running, occasion, context, context.lengths.warm_s)
        return _killed(occasion, rate_per_s, context, running, journal)
    finally:
        running.stop(GRACE_S)


def _killed(
    occasion: Occasion,
    rate_per_s: float,
    context: ExperimentContext,
    running: RunningStack,
    journal: Path | None,
) -> WorkerKilled:
    watch = Watch(running, journal)
    if all(pid == running.pid for pid in watch.workers()):
        return WorkerKilled(occasion, None, (), (), None, ended=False, exit_code=None)
    meter, interference = CpuMeter(running), _interference_meter(running, context)
    served_before = {process.pid: process.requests for process in watch.served()}
    cpu_before = meter.read()
    served: dict[int, int] = {}
    cpu_s: dict[int, float] = {}

    def kill() -> None:
        served.update({process.pid: process.requests for process in watch.served()})
        used = cpu_s_by_process(cpu_before, meter.read())
        cpu_s.update({stamp.pid: used_s for stamp, used_s in used.items()})
        workers = (pid for pid in watch.workers() if pid != running.pid)
        busiest = max(workers, key=lambda pid: (served.get(pid, 0), cpu_s.get(pid, 0)))
        watch.send(signal.SIGKILL, busiest)

    outcome = _drive(
        running,
        occasion,
        context,
        EventLoad(rate_per_s, context.lengths.before_s, context.lengths.after_kill_s),
        StackEvent(kill, watch.look, interference.look),
        fresh_connections=True,
    )
    machine_interval = interference.machine_interval()
    if watch.back_s() is None:  # it may be ending, and wait for requests in flight
        _await_end(watch, context.lengths.exit_within_s, context.clock)
    counts = [requests - served_before.get(pid, 0) for pid, requests in served.items()]
    workers = [used_s for pid, used_s in cpu_s.items() if pid != running.pid]
    return WorkerKilled(
        occasion=occasion,
        outcome=outcome,
        served=tuple(sorted(counts, reverse=True)),
        cpu_s=tuple(sorted((round(used_s, 6) for used_s in workers), reverse=True)),
        back_s=watch.back_s(),
        ended=watch.ended,
        exit_code=running.exit_code(),
        machine_interval=machine_interval,
    )


def _burst(
    running: RunningStack, occasion: Occasion, context: ExperimentContext, length_s: float
) -> int:
    """Load the stack as fast as it answers; return how many requests that were."""
    target, timeout_s = context.target(running, occasion), context.timeout_s(occasion)
    result = burst(context.driver, target, context.generator_cpus, length_s, timeout_s)
    if not result.overall.ok:
        failed = without_response("warm-up", result, f"{result.overall.arrivals} requests")
        raise or_ending(running, failed, "in the warm-up")
    return result.overall.ok


def _drive(  # noqa: PLR0913 - a stack, the load on it, and what happens to it
    running: RunningStack,
    occasion: Occasion,
    context: ExperimentContext,
    load: EventLoad,
    event: StackEvent,
    *,
    fresh_connections: bool = False,
) -> EventOutcome:
    setting = SessionConfig(
        connections=MOST_CONNECTIONS,
        cpus=context.generator_cpus,
        timeout_s=context.timeout_s(occasion),
        fresh_connections=fresh_connections,
    )
    target = context.target(running, occasion)
    return drive_around_event(context.driver, target, setting, load, event)


def _interference_meter(running: RunningStack, context: ExperimentContext) -> InterferenceMeter:
    return InterferenceMeter(running, context.server_cpus, context.generator_cpus)


def _await_end(watch: Watch, within_s: float, clock: Clock) -> None:
    deadline_s = clock.now_s() + within_s
    while not watch.ended and clock.now_s() < deadline_s:
        clock.sleep(LOOK_EVERY_S)
        watch.look()


def _left_behind(running: RunningStack, clock: Clock) -> int:
    """Count the processes that outlive the main one."""
    deadline_s = clock.now_s() + GONE_WITHIN_S
    while (left := len(running.processes())) and clock.now_s() < deadline_s:
        clock.sleep(LOOK_EVERY_S)
    return left
