"""Which load tools drove a run besides the engine, and what they do not measure."""

from __future__ import annotations

from collections.abc import Iterator

from timetrial.analysis.statistics.estimates import throughput_ratio
from timetrial.model import (
    ENGINE,
    Benchmark,
    Cell,
    DriverName,
    Measurement,
    Run,
    ToolFigures,
    listed,
)
from timetrial.model.summary import Missing


def driven_by(run: Run) -> Iterator[tuple[str, ...]]:
    """Yield, for each tool, sentences on what it drove and on what is missing therefore."""
    for name, tool in _tools(run).items():
        benchmarks = [b.name for b in run.plan.suite.benchmarks if b.driver == name]
        alone = all(benchmark.driver == name for benchmark in run.plan.suite.benchmarks)
        where = "The load" if alone else f"The load of {listed(benchmarks)}"
        yield (
            (
                f"{where} was driven by {name} {tool.version}, not by the engine, which only "
                f"warmed the stacks up."
            ),
            f"Not seen by {name}: {'; '.join(tool.unseen)}. Checks that need it stayed silent.",
            *tool.blind,
        )


def differences(run: Run) -> Iterator[str]:
    """Compare the throughput that drivers give for the same stack and the same benchmark."""
    suite = run.plan.suite
    groups: dict[str, list[Benchmark]] = {}
    for benchmark in suite.benchmarks:
        groups.setdefault(benchmark.base_name, []).append(benchmark)
    for first, *others in groups.values():
        for other in others:
            ratios = (_ratio_text(run, first, other, stack) for stack in other.stacks)
            if texts := [text for text in ratios if text is not None]:
                yield (
                    f"In {first.base_name}, {_name(other.driver)} counts as many responses a "
                    f"second as {_name(first.driver)}, times {', '.join(texts)}."
                )


def _ratio_text(run: Run, first: Benchmark, other: Benchmark, stack: str) -> str | None:
    ratio = throughput_ratio(_of(run, other, stack), _of(run, first, stack))
    if isinstance(ratio, Missing):
        return None
    has_interval = ratio.low is not None and ratio.high is not None
    interval = f" [{ratio.low:.3f}, {ratio.high:.3f}]" if has_interval else ""
    return f"{ratio.value:.3f}{interval} for {stack}"


def _of(run: Run, benchmark: Benchmark, stack: str) -> list[Measurement]:
    cell = Cell(benchmark.name, stack)
    return [measurement for measurement in run.measurements if measurement.trial.cell == cell]


def _name(driver: DriverName) -> str:
    return "the engine" if driver == ENGINE else driver


def _tools(run: Run) -> dict[str, ToolFigures]:
    """Return the last report of each tool, by its name, in the order of benchmarks."""
    reports = {
        window.tool.name: window.tool
        for measurement in run.measurements
        for window in measurement.windows
        if window.tool is not None
    }
    order = dict.fromkeys(benchmark.driver for benchmark in run.plan.suite.benchmarks)
    return {name: reports[name] for name in order if name != ENGINE and name in reports}
