"""Which servers leave a race after its rounds so far, because they are clearly behind. Pure.

Only those leave that no conclusion needs: the best of those that can be recommended decides, two of
these stay to the end, and so do the A/A control and its stack. A disturbed round is no look.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from timetrial.analysis.cell_analysis import (
    CellAnalysis,
    cell_analyses,
    dropped_from,
    excluded_rounds,
    measured_in,
)
from timetrial.analysis.checks.thresholds import ERRORS
from timetrial.analysis.statistics.design import ONE_LOOK, design_of
from timetrial.analysis.statistics.racing import FIRST_LOOK, clearly_behind
from timetrial.model import Benchmark, DroppedStack, RaceInfo, Run


def leaving(run: Run) -> tuple[DroppedStack, ...]:
    """Return the stacks that leave after the complete rounds of a run, one record a benchmark.

    What there is of later rounds has no part in it: a run that is resumed decides as before.
    """
    suite, race_info = run.plan.suite, run.plan.suite.race_info
    if race_info is None or not race_info.drops_slower or design_of(suite) is not ONE_LOOK:
        return ()
    benchmark = next((each for each in suite.benchmarks if each.name == race_info.capacity), None)
    if benchmark is None or benchmark.mode != "alternate":  # a pilot has its own benchmarks
        return ()
    done = run.rounds_done(benchmark.name)
    if done >= run.rounds_due(benchmark.name):
        return ()
    known = replace(
        run,
        measurements=tuple(m for m in run.measurements if m.trial.round <= done),
        failures=tuple(failure for failure in run.failures if failure.round <= done),
    )
    disturbed = excluded_rounds(known, benchmark).rounds
    if done in disturbed or done - len(disturbed) < FIRST_LOOK:
        return ()
    names = _clearly_behind(known, benchmark, race_info)
    return tuple(
        DroppedStack(each.name, name, done)
        for name in names
        for each in suite.benchmarks
        if name in each.stacks
    )


def _clearly_behind(run: Run, benchmark: Benchmark, race_info: RaceInfo) -> Sequence[str]:
    dropped = dropped_from(run, benchmark)
    compared = [stack for stack in cell_analyses(run, benchmark) if stack.takes_part("throughput")]
    racing = [stack.stack for stack in compared if stack.stack not in dropped]
    faulty = {failure.stack for failure in run.failures} | _wrong(run, race_info)
    unfit = race_info.unfit()
    sound = [
        stack.stack
        for stack in compared
        if stack.stack in racing and stack.stack not in faulty and _can_be_recommended(stack)
    ]
    rivals = [name for name in sound if name not in unfit] or sound
    needed = {stack.control_of for stack in run.plan.suite.stacks}
    behind = clearly_behind(measured_in(benchmark, compared, "throughput"), racing, rivals, dropped)
    return [name for name in behind if name not in needed]


def _can_be_recommended(stack: CellAnalysis) -> bool:
    validity = stack.validity
    return not (validity.void or validity.throughput_void or validity.plateau)


def _wrong(run: Run, race_info: RaceInfo) -> set[str]:
    """Name the stacks that answer wrongly at a given rate."""
    suite = run.plan.suite
    latency = [each for each in suite.benchmarks if each.name in race_info.latency]
    return {
        stack.stack
        for each in latency
        for stack in cell_analyses(run, each)
        for finding in stack.findings
        if finding.name == ERRORS.name and finding.severity == "invalid"
    }
