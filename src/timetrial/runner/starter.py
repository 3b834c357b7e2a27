"""Starts stacks, and checks that they can do what their benchmarks need."""

from __future__ import annotations

import errno
import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from timetrial.machine.ports import free_port
from timetrial.model import Benchmark, DraftSuite, PortTaken, ProcessStamp, Stack, StackFailed
from timetrial.model.workload import Request, Step, is_long_wait
from timetrial.runner.common_starts import hash_seed, versions_beside
from timetrial.runner.log_traceback import last_line, last_traceback
from timetrial.runner.prepare import Prepared
from timetrial.stacks import process
from timetrial.stacks.common_start import ROOM_BYTES, in_common, start_bytes
from timetrial.stacks.launch import Launch
from timetrial.stacks.launch_builder import HOST, build_launch
from timetrial.stacks.pipelining import check_pipelines
from timetrial.stacks.process import ProcessEnd, Stopped
from timetrial.stacks.readiness import check_answers, check_wait

_NUMBER_OF_PROBES = "0123456789abcdef"
_LOG_LINES = 400
MOST_PROCESSES = 3
"""Processes of a stack that are started, one after the other, while the body alone is wrong."""


class LiveStack(Protocol):
    """A running stack: `process.RunningStack`, or a fake of the tests."""

    @property
    def launch(self) -> Launch: ...
    @property
    def started_ns(self) -> int: ...
    @property
    def ready_ns(self) -> int: ...
    def processes(self) -> tuple[ProcessStamp, ...]: ...
    def log_tail(self, lines: int = 20) -> str: ...
    def is_alive(self) -> bool: ...
    def ending(self) -> ProcessEnd | None: ...
    def stop(self) -> Stopped: ...


Starter = Callable[[Stack, int], LiveStack]
"""Starts a stack in a round (by its number); raises StackFailed."""

BenchmarkCheck = Callable[["LiveStack", Stack, Benchmark], None]
"""Checks by requests whether a running stack can do what a benchmark needs; raises StackFailed."""


@dataclass(frozen=True, slots=True)
class RealStarter:
    """Starts real servers, each on its own port (`ports` by stack's name, or else a free one)."""

    suite: DraftSuite
    prepared: Prepared
    cpus: tuple[int, ...]
    work_dir: Path
    ports: Mapping[str, int]
    any_answer: bool = False
    """A stack is up as soon as it answers anything at all."""
    seed: int | None = None
    """Of the run: versions of one server share what follows from it. None: each start is alone."""

    def __call__(self, stack: Stack, round_: int) -> LiveStack:
        attempts = itertools.count()
        return first_right(
            lambda: self._start(stack, round_, next(attempts)),
            own_app=self.suite.is_of_own_app,
        )

    def launch(self, stack: Stack, round_: int, attempt: int) -> Launch:
        """Return how a stack is started at an attempt in a round."""
        port = self.ports.get(stack.name) or free_port(HOST)
        launch = self._launch(stack, round_, port)
        versions = () if self.seed is None else versions_beside(self.suite, stack)
        if self.seed is None or not versions:
            return launch
        others = (self.suite.stack(name) for name in versions if name in self.prepared.stacks)
        longest = max(start_bytes(self._launch(other, round_, port)) for other in others)
        seed = hash_seed(self.seed, round_, attempt)
        return in_common(launch, seed, longest + ROOM_BYTES)

    def _launch(self, stack: Stack, round_: int, port: int) -> Launch:
        probe = probes_of(self.suite, stack)[0]
        return build_launch(
            self.prepared.stacks[stack.name],
            port=port,
            cpus=self.cpus,
            log=self.work_dir / "logs" / f"{stack.name}-round-{round_}.log",
            # Not even keep-alive: an app that fails may take its connection with it.
            probe=replace(probe, expect=None) if self.any_answer else probe,
        )

    def _start(self, stack: Stack, round_: int, attempt: int) -> process.RunningStack:
        launch = self.launch(stack, round_, attempt)
        try:
            running = process.start(launch)
        except PortTaken as taken:
            raise StackFailed("start", str(taken)) from taken
        except StackFailed as failed:
            raise with_cause(failed, launch) from failed
        probes = () if self.any_answer else probes_of(self.suite, stack)
        keep_alive = self.prepared.stacks[stack.name].server.keep_alive
        try:
            for probe in probes:
                check_answers(
                    HOST, launch.port, probe, keep_alive=keep_alive, authority=launch.authority
                )
        except StackFailed as failure:
            tail = running.log_tail()
            running.stop()
            reason = launch.without_passwords(failure.reason)
            raise failure.with_log(reason, tail) from failure
        except BaseException:
            running.stop()
            raise
        return running


def with_seed(start: Starter, seed: int) -> Starter:
    """Have versions of one server share what follows from the seed of their run."""
    return replace(start, seed=seed) if isinstance(start, RealStarter) else start


def with_cause(failed: StackFailed, launch: Launch) -> StackFailed:
    """Add what was raised while a stack started; a port of the app's own that is taken, by name."""
    raised = last_line(last_traceback(process.log_tail(launch, _LOG_LINES)))
    if failed.phase != "start" or failed.blameless or not raised:
        return failed
    reason = f"{failed.reason}: {raised}"
    if f"[Errno {errno.EADDRINUSE}]" not in raised:
        return failed.with_log(reason, failed.log_tail)
    # Nothing listened on the server's port just before.
    why = f"{reason}; another process has a port that the app opens beside port {launch.port}"
    advice = "have the app take a free one (port 0), or race one server alone (--servers NAME)"
    return StackFailed("start", f"{why}: {advice}", failed.log_tail, blameless=True)


def first_right(
    start: Callable[[], process.RunningStack], *, own_app: bool
) -> process.RunningStack:
    """Start a stack, and afresh while the body alone is wrong: that may differ by process.

    Raises StackFailed where all fail; of an own app it says what to do if bodies may differ.
    """
    try:
        return _first_right(start, MOST_PROCESSES)
    except StackFailed as failed:
        if not failed.body_differs:
            raise
        reason = f"{failed.reason.rstrip('.')}, and so did {MOST_PROCESSES - 1} processes before"
        failure = failed.with_log(reason, failed.log_tail)
        raise (failure.with_advice() if own_app else failure) from failed


def _first_right(start: Callable[[], process.RunningStack], most: int) -> process.RunningStack:
    try:
        return start()
    except StackFailed as failed:
        if most == 1 or not failed.body_differs:
            raise
        wrong = failed.reason
    running = _first_right(start, most - 1)
    running.warn(f"the process before this one {wrong}")
    return running


def or_ending(running: LiveStack, failed: StackFailed, when: str) -> StackFailed:
    """Return a failure with the end of the log; if the stack has ended, that is the reason.

    `when` follows "died", as 'under load'.
    """
    ending = running.ending()
    if ending is None:
        return failed.with_log(failed.reason, running.log_tail())
    if not ending.by_itself:
        return StackFailed(failed.phase, f"{ending.how} {when}", running.log_tail(), blameless=True)
    return StackFailed(failed.phase, f"died {when} ({ending.how})", running.log_tail())


def probes_of(suite: DraftSuite, stack: Stack) -> list[Request]:
    """List the requests for a stack that has just started, those with the shortest wait first.

    Long waits are left to `check_benchmark`, unless there are no other requests. What it is known
    to fail in is asked only where there is nothing else.
    """
    benchmarks = [benchmark for benchmark in suite.benchmarks if stack.name in benchmark.stacks]
    able = [b for b in benchmarks if suite.try_broken or not stack.known_failure_in(b)]
    workloads = [benchmark.workload for benchmark in able or benchmarks]
    distinct = (w.steps[places[0]] for w in workloads for places in w.distinct())
    steps = sorted(distinct, key=lambda step: (step.wait_s, step.stream is not None))
    short = [step for step in steps if not is_long_wait(step)] or steps[:1]
    return [probe_of(step, stack) for step in short]


def probe_of(step: Step, stack: Stack) -> Request:
    """Return a step's request, with a number in the place where load numbers each request."""
    return step.request(stack.interface).numbered(_NUMBER_OF_PROBES)


def check_benchmark_again(running: LiveStack, stack: Stack, benchmark: Benchmark) -> None:
    """Raise StackFailed for a stack that has lost, under load, an ability it had before."""
    with _failures_of(running, "after it was measured, "):
        _check_pipelines(running, stack, benchmark)


def check_benchmark(running: LiveStack, stack: Stack, benchmark: Benchmark) -> None:
    """Raise StackFailed for a stack that cannot wait or pipeline as the benchmark needs."""
    launch = running.launch
    with _failures_of(running):
        for step in benchmark.workload.steps:
            if is_long_wait(step):
                check_wait(launch.host, launch.port, probe_of(step, stack), launch.authority)
        _check_pipelines(running, stack, benchmark)


@contextmanager
def _failures_of(running: LiveStack, when: str = "") -> Iterator[None]:
    """Add the log to a StackFailed, and take passwords out of its reason."""
    try:
        yield
    except StackFailed as failed:
        reason = f"{when}{running.launch.without_passwords(failed.reason)}"
        raise failed.with_log(reason, running.log_tail()) from failed


def _check_pipelines(running: LiveStack, stack: Stack, benchmark: Benchmark) -> None:
    if not benchmark.pipelines:
        return
    depth = benchmark.load.pipeline
    launch, workload = running.launch, benchmark.workload
    echo = workload.echo_paths.get(stack.interface)
    check_pipelines(launch.host, launch.port, probe_of(workload.steps[0], stack), depth, echo)
