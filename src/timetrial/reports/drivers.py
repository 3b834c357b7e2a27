"""What drove a run besides the engine, and what it could not see."""

from __future__ import annotations

from collections.abc import Iterator

from timetrial.measurement import Measurement
from timetrial.reports.view import listed
from timetrial.run import Run
from timetrial.stats.drivers import throughput_ratio
from timetrial.suite import Contest
from timetrial.summary import Missing
from timetrial.tool import ENGINE, DriverName, ToolFigures
from timetrial.trial import Cell


def driven_by(run: Run) -> Iterator[str]:
    """Say which tool drove what, and what is therefore missing; nothing for the engine alone."""
    for name, tool in _tools(run).items():
        contests = [c.name for c in run.plan.suite.contests if c.driver == name]
        alone = all(contest.driver == name for contest in run.plan.suite.contests)
        where = "The load" if alone else f"The load of {listed(contests)}"
        yield (
            f"{where} was driven by {name} {tool.version}, not by the engine, which only warmed "
            f"the stacks up."
        )
        yield f"Not seen by {name}: {'; '.join(tool.unseen)}. Checks that need it stayed silent."
        yield from tool.blind


def differences(run: Run) -> Iterator[str]:
    """Compare the throughput that drivers give for the same stack and the same contest."""
    suite = run.plan.suite
    groups: dict[str, list[Contest]] = {}
    for contest in suite.contests:
        groups.setdefault(contest.asked, []).append(contest)
    for first, *others in groups.values():
        for other in others:
            compared = (_difference(run, first, other, stack) for stack in other.stacks)
            if told := [each for each in compared if each is not None]:
                yield (
                    f"In {first.asked}, {_name(other.driver)} counts {'; '.join(told)}, "
                    f"compared with {_name(first.driver)}."
                )


def _difference(run: Run, first: Contest, other: Contest, stack: str) -> str | None:
    ratio = throughput_ratio(_of(run, other, stack), _of(run, first, stack))
    if isinstance(ratio, Missing):
        return None
    span = (
        "" if ratio.low is None or ratio.high is None else f" [{ratio.low:.3f}, {ratio.high:.3f}]"
    )
    return f"{ratio.value:.3f}{span} times as many responses a second for {stack}"


def _of(run: Run, contest: Contest, stack: str) -> list[Measurement]:
    cell = Cell(contest.name, stack)
    return [measurement for measurement in run.measurements if measurement.trial.cell == cell]


def _name(driver: DriverName) -> str:
    return "the engine" if driver == ENGINE else driver


def _tools(run: Run) -> dict[str, ToolFigures]:
    """Find the last account of each tool, by its name, in the order of contests."""
    found = {
        window.tool.name: window.tool
        for measurement in run.measurements
        for window in measurement.windows
        if window.tool is not None
    }
    order = dict.fromkeys(contest.driver for contest in run.plan.suite.contests)
    return {name: found[name] for name in order if name != ENGINE and name in found}
