"""The experiments: each on a fresh start of a stack, under an open load, and bounded in time."""

from __future__ import annotations

import signal
from pathlib import Path

from timetrial.features.lifecycle.context import Ground
from timetrial.features.lifecycle.event_load import (
    EventLoad,
    StackEvent,
    burst,
    drive_around_event,
    open_setting,
)
from timetrial.features.lifecycle.machine_watch import Bystander, StartedMeanwhile
from timetrial.features.lifecycle.process_watch import (
    Watch,
    await_idle,
    cpu_s_by_process,
    memory_of,
)
from timetrial.machine.clock import Clock
from timetrial.model.errors import StackFailed
from timetrial.model.experiment import (
    EventOutcome,
    Experiment,
    ExperimentFailure,
    Occasion,
    Reloading,
    Stopping,
    WorkerKilled,
)
from timetrial.model.units import seconds
from timetrial.stacks.process import RunningStack
from timetrial.stacks.sampler import CpuMeter

GONE_WITHIN_S = 0.5
"""After the main process has ended: the others may be on their way."""
GRACE_S = 1.0
LOOK_EVERY_S = 0.01


def run_experiment(occasion: Occasion, rate_per_s: float, ground: Ground) -> Experiment:
    """Hold one experiment; what hinders it is a setback."""
    try:
        match occasion.experiment:
            case "stop":
                return stop_under_load(occasion, rate_per_s, ground)
            case "reload":
                return reload_under_load(occasion, rate_per_s, ground)
            case "worker":
                return kill_a_worker(occasion, rate_per_s, ground)
    except StackFailed as failed:
        return ExperimentFailure(occasion, f"{failed.phase}: {failed.reason}", failed.log_tail)


def stop_under_load(occasion: Occasion, rate_per_s: float, ground: Ground) -> Stopping:
    """Start, look at memory before and after a burst, and ask to stop while requests come."""
    lengths = ground.lengths
    meanwhile = StartedMeanwhile(ground.server_cpus, ground.generator_cpus)
    running = ground.start(occasion)
    try:
        at_start = meanwhile.machine_interval(running)
        await_idle(running)
        at_rest = memory_of(running)
        requests = _burst(running, occasion, ground, lengths.load_s)
        await_idle(running)
        after_load = memory_of(running)
        watch, bystander = Watch(running, None), _bystander(running, ground)
        outcome = drive_around_event(
            ground.driver,
            ground.target(running, occasion),
            open_setting(ground.generator_cpus, ground.timeout_s(occasion)),
            EventLoad(rate_per_s, lengths.before_s, lengths.after_stop_s),
            StackEvent(lambda: watch.send(signal.SIGTERM), watch.look, bystander.look),
        )
        _await_end(watch, lengths.exit_within_s - lengths.after_stop_s, ground.clock)
        machine_interval = bystander.machine_interval()
        left = _left_behind(running, ground.clock) if watch.ended else 0
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


def reload_under_load(occasion: Occasion, rate_per_s: float, ground: Ground) -> Reloading:
    """Send the signal at which workers are to be replaced while requests come."""
    stack = ground.suite.stack(occasion.stack)
    name = ground.prepared.stacks[stack.name].server.reload
    if name is None:
        raise StackFailed("declared", f"the manifest of {stack.server} names no signal to reload")
    running, journal = ground.start_counted(occasion)
    try:
        _burst(running, occasion, ground, ground.lengths.warm_s)
        watch, bystander = Watch(running, journal), _bystander(running, ground)
        outcome = drive_around_event(
            ground.driver,
            ground.target(running, occasion),
            open_setting(ground.generator_cpus, ground.timeout_s(occasion)),
            EventLoad(
                rate_per_s,
                ground.lengths.before_s,
                ground.lengths.after_reload_s(stack.workers),
            ),
            StackEvent(lambda: watch.send(signal.Signals[name]), watch.look, bystander.look),
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
            machine_interval=bystander.machine_interval(),
        )
    finally:
        running.stop(GRACE_S)


def kill_a_worker(occasion: Occasion, rate_per_s: float, ground: Ground) -> WorkerKilled:
    """Kill the busiest worker while requests come, each over a connection of its own."""
    running, journal = ground.start_counted(occasion)
    try:
        _burst(running, occasion, ground, ground.lengths.warm_s)
        return _killed(occasion, rate_per_s, ground, running, journal)
    finally:
        running.stop(GRACE_S)


def _killed(
    occasion: Occasion,
    rate_per_s: float,
    ground: Ground,
    running: RunningStack,
    journal: Path | None,
) -> WorkerKilled:
    watch = Watch(running, journal)
    if all(pid == running.pid for pid in watch.workers()):
        return WorkerKilled(occasion, None, (), (), None, ended=False, exit_code=None)
    meter, bystander = CpuMeter(running), _bystander(running, ground)
    served_before = {each.pid: each.requests for each in watch.served()}
    cpu_before = meter.read()
    served: dict[int, int] = {}
    cpu_s: dict[int, float] = {}

    def kill() -> None:
        served.update({each.pid: each.requests for each in watch.served()})
        used = cpu_s_by_process(cpu_before, meter.read())
        cpu_s.update({stamp.pid: used_s for stamp, used_s in used.items()})
        others = [pid for pid in watch.workers() if pid != running.pid]
        busiest = max(others, key=lambda pid: (served.get(pid, 0), cpu_s.get(pid, 0)))
        watch.send(signal.SIGKILL, busiest)

    outcome: EventOutcome = drive_around_event(
        ground.driver,
        ground.target(running, occasion),
        open_setting(ground.generator_cpus, ground.timeout_s(occasion), fresh_connections=True),
        EventLoad(rate_per_s, ground.lengths.before_s, ground.lengths.after_kill_s),
        StackEvent(kill, watch.look, bystander.look),
    )
    machine_interval = bystander.machine_interval()
    if watch.back_s() is None:  # it may be on its way to end, and wait for what is under way
        _await_end(watch, ground.lengths.exit_within_s, ground.clock)
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


def _burst(running: RunningStack, occasion: Occasion, ground: Ground, length_s: float) -> int:
    """Load the stack as fast as it answers; return how many requests that were."""
    target, timeout_s = ground.target(running, occasion), ground.timeout_s(occasion)
    result = burst(ground.driver, target, ground.generator_cpus, length_s, timeout_s)
    if not result.overall.ok:
        reason = f"gave no correct response in {result.overall.arrivals} requests"
        raise StackFailed("warm-up", reason, running.log_tail())
    return result.overall.ok


def _bystander(running: RunningStack, ground: Ground) -> Bystander:
    return Bystander(running, ground.server_cpus, ground.generator_cpus)


def _await_end(watch: Watch, within_s: float, clock: Clock) -> None:
    deadline_s = clock.now_s() + within_s
    while not watch.ended and clock.now_s() < deadline_s:
        clock.sleep(LOOK_EVERY_S)
        watch.look()


def _left_behind(running: RunningStack, clock: Clock) -> int:
    """Count the processes that live on without the main one."""
    deadline_s = clock.now_s() + GONE_WITHIN_S
    while (left := len(running.processes())) and clock.now_s() < deadline_s:
        clock.sleep(LOOK_EVERY_S)
    return left
