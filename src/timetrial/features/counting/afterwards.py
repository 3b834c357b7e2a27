"""Counts what requests execute on the stacks of a run that is measured: one start of each."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from timetrial.features.counting.figure import Figure
from timetrial.features.counting.launches import Layout, Place, counted_launch
from timetrial.features.counting.requests import CountedRequest, Repeats, requests_of
from timetrial.features.counting.start import count_start
from timetrial.machine.placement import available_cpus
from timetrial.model import (
    Cell,
    CountedStack,
    Counting,
    CountingStack,
    Observer,
    PortTaken,
    RequestCount,
    StackFailed,
    Suite,
    UncountedStack,
)
from timetrial.model.workload import is_long_wait
from timetrial.runner.prepare import Prepared
from timetrial.runner.run_context import RunContext
from timetrial.runner.session import Measured, Session
from timetrial.runner.starter import probe_of
from timetrial.stacks.counters.counter import Counter

AT_ONCE = 2
START_S = 25.0
"""A guess for one start, until some have been counted."""
WAITS_LONG = (
    "its requests wait for a second or more, and counting sends hundreds, one after the other"
)

Count = Callable[[Cell, threading.Event], Counting]
"""Counts a start of a stack, until it is cancelled."""


def with_countings(
    measured: Measured,
    counter: Counter | None,
    session: Session,
    prepared: Prepared,
    run_context: RunContext,
) -> Measured:
    """Count the stacks of a finished run that are not counted yet; each is stored at once.

    A run that ended early gets none, nor does one without a `counter`.
    """
    run, store = measured.run, run_context.store
    if counter is None or measured.ended_by is not None:
        return measured
    suite = store.load(run.number).plan.suite  # with its secrets, which the run lacks
    seen = {measurement.trial.cell for measurement in run.measurements}
    due = still_due(planned(suite, seen), run.countings)
    starts = _Starts(suite, prepared, counter, session.folder / "counted")
    try:
        count_all(
            due,
            starts.count,
            lambda counting: store.add_counting(run.number, counting),
            run_context.observer,
            at_once=len(starts.cpus),
        )
    except KeyboardInterrupt:
        return Measured(session.store.load(run.number), "interrupted")
    return Measured(session.store.load(run.number), None)


def planned(suite: Suite, measured: Collection[Cell]) -> tuple[Cell, ...]:
    """Take each stack that was measured, once for each workload: in its first benchmark."""
    cells: dict[Cell, None] = {}
    for benchmark in suite.benchmarks:
        for name in benchmark.stacks:
            alike = (
                Cell(other.name, name)
                for other in suite.benchmarks
                if other.workload == benchmark.workload
            )
            first = next((cell for cell in alike if cell in measured), None)
            if first is not None and suite.stack(name).control_of is None:
                cells[first] = None
    return tuple(cells)


def still_due(cells: Sequence[Cell], held: Sequence[Counting]) -> tuple[Cell, ...]:
    """Leave out what was counted before."""
    known = {Cell(each.benchmark, each.stack) for each in held if isinstance(each, CountedStack)}
    return tuple(cell for cell in cells if cell not in known)


def count_all(
    due: Sequence[Cell],
    count: Count,
    keep: Callable[[Counting], None],
    observer: Observer,
    *,
    at_once: int,
) -> None:
    """Count all, `at_once` at a time; what one of them raises cancels the others."""
    cancelled, began_s = threading.Event(), time.monotonic()
    with ThreadPoolExecutor(at_once) as pool:
        futures = [pool.submit(count, cell, cancelled) for cell in due]
        try:
            for done, (cell, future) in enumerate(zip(due, futures, strict=True)):
                each_s = (time.monotonic() - began_s) / done if done else START_S / at_once
                left_s = each_s * (len(due) - done)
                observer(CountingStack(cell.stack, done, len(due), left_s))
                keep(future.result())
        except BaseException:
            cancelled.set()
            for future in futures:
                future.cancel()
            raise


def counting_of(
    cell: Cell, counter: str, figures: Mapping[str, Figure], requests: Sequence[CountedRequest]
) -> CountedStack:
    """Average the requests by their shares, as CPU time per request does."""
    total = sum(each.weight for each in requests)
    counts = [
        RequestCount(
            each.label,
            each.weight / total,
            figures[each.label].instructions,
            figures[each.label].system_calls or None,  # a counter that knows none says 0
        )
        for each in requests
    ]
    return CountedStack(
        cell.stack,
        cell.benchmark,
        counter,
        sum(each.share * each.instructions for each in counts),
        sum(each.share * (each.system_calls or 0.0) for each in counts) or None,
        tuple(counts) if len(counts) > 1 else (),
    )


@dataclass(frozen=True, slots=True)
class _Starts:
    """Counted starts of the stacks of a suite, one at a time on each of some CPUs."""

    suite: Suite
    prepared: Prepared
    counter: Counter
    folder: Path
    cpus: Sequence[int] = field(default_factory=lambda: available_cpus()[:AT_ONCE])
    _lanes: queue.SimpleQueue[int] = field(init=False, default_factory=queue.SimpleQueue)

    def __post_init__(self) -> None:
        for cpu in self.cpus:
            self._lanes.put(cpu)

    def count(self, cell: Cell, cancelled: threading.Event) -> Counting:
        cpu = self._lanes.get()
        try:
            return self._counted(cell, cpu, cancelled)
        except (StackFailed, PortTaken) as error:
            failed = error if isinstance(error, StackFailed) else StackFailed("start", str(error))
            if self.suite.is_of_own_app:
                failed = failed.with_advice()
            reason = f"{failed.phase}: {failed.reason}"
            return UncountedStack(cell.stack, cell.benchmark, reason, failed.log_tail)
        finally:
            self._lanes.put(cpu)

    def _counted(self, cell: Cell, cpu: int, cancelled: threading.Event) -> Counting:
        workload = self.suite.benchmark(cell.benchmark).workload
        if is_long_wait(workload):
            return UncountedStack(cell.stack, cell.benchmark, WAITS_LONG, "")
        stack = self.prepared.stacks[cell.stack]
        stack = replace(stack, stack=replace(stack.stack, workers=1))
        where = self.folder / f"{cell.benchmark}-{cell.stack}".replace("/", "-")
        launch = counted_launch(
            stack,
            probe_of(workload.steps[0], stack.stack),
            Place(cpu, where.with_name(f"{where.name}.log")),
            Layout.by_chance(),
            keeps_cookies=not workload.is_mix,
        )
        requests = requests_of(workload, stack.stack)
        figures = count_start(launch, self.counter, where, requests, Repeats(), cancelled)
        return counting_of(cell, self.counter.name, figures, requests)
