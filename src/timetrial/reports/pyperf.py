"""A run as JSON of pyperf (format 1.0): `pyperf compare_to` sets two such files side by side.

Each stack in a benchmark is a benchmark of seconds for a request, and a second one of CPU seconds.
A run of pyperf is a round, with one value: windows of a round are no independent samples. What
findings void, and what is no more than a bound, is left out, and named in the metadata.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime

from timetrial.analysis.checks.cell_context import span_s
from timetrial.analysis.config_labels import version
from timetrial.analysis.statistics.estimates import window_cpu_s_per_1000, window_throughput
from timetrial.model import Cell, Run, StackFacts, Summary
from timetrial.reports.cells import MeasuredCell, cells
from timetrial.reports.redaction import masked

FORMAT = "1.0"
_Metadata = Mapping[str, str | int | float]
_Values = Mapping[int, float]
"""In seconds, by the number of the round."""


def as_pyperf(summary: Summary) -> str:
    """Write every cell of which there is a figure; pyperf itself refuses a file without any."""
    summary = masked(summary)
    measured = list(cells(summary))
    facts = {fact.stack: fact for fact in summary.run.facts}
    document = {
        "version": FORMAT,
        "metadata": _written({**_of_run(summary.run), "timetrial_left_out": _left_out(measured)}),
        "benchmarks": [
            benchmark
            for cell in measured
            for benchmark in _benchmarks(cell, facts.get(cell.stack.name))
        ],
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def name_of(cell: Cell) -> str:
    return f"{cell.benchmark}/{cell.stack}"


def cpu_name_of(cell: Cell) -> str:
    return f"{name_of(cell)} CPU"


def _of_run(run: Run) -> _Metadata:
    machine = run.machine
    return {
        "timetrial_version": run.timetrial_version,
        "timetrial_run": run.number,
        "suite": run.plan.suite.name,
        "date": _date(run.created_at),
        "cpu_model_name": machine.cpu_model,
        "cpu_count": machine.cores,
        "cpu_affinity": ",".join(map(str, machine.server_cpus)),
        "platform": machine.kernel,
        "unit": "second",
    }


def _benchmarks(cell: MeasuredCell, facts: StackFacts | None) -> Iterator[Mapping[str, object]]:
    about = _of_cell(cell, facts)
    if times := _seconds(cell):
        yield _benchmark({"name": name_of(cell.validity.cell), **about}, times, cell)
    if times := _cpu_seconds(cell):
        yield _benchmark({"name": cpu_name_of(cell.validity.cell), **about}, times, cell)


def _benchmark(about: _Metadata, values: _Values, cell: MeasuredCell) -> Mapping[str, object]:
    lengths_s = {
        measurement.trial.round: round(sum(map(span_s, measurement.windows)), 6)
        for measurement in cell.measurements
    }
    runs = [
        {"metadata": {"timetrial_round": number, "duration": lengths_s[number]}, "values": [value]}
        for number, value in values.items()
    ]
    return {"metadata": _written(about), "runs": runs}


def _of_cell(cell: MeasuredCell, facts: StackFacts | None) -> _Metadata:
    implementation, _, python = (facts.python if facts else "").partition(" ")
    benchmark, stack = cell.table.benchmark, cell.stack
    return {
        "python_implementation": implementation.lower(),
        "python_version": python,
        "server": stack.server,
        "server_version": version(stack, facts),
        "app": stack.app,
        "workers": stack.workers,
        "threads": stack.threads,
        "load": benchmark.load_text,
        "driver": benchmark.driver,
        "mode": benchmark.mode,
        "findings": ", ".join(cell.validity.findings),
    }


def _seconds(cell: MeasuredCell) -> _Values:
    if cell.validity.throughput_void_by or cell.validity.lower_bound_by:
        return {}
    rates = {
        measurement.trial.round: window_throughput(measurement.windows)
        for measurement in cell.counted()
    }
    return {number: 1 / rate for number, rate in rates.items() if rate}


def _cpu_seconds(cell: MeasuredCell) -> _Values:
    if cell.validity.cpu_time_void_by:
        return {}
    costs = {
        measurement.trial.round: window_cpu_s_per_1000(measurement.windows)
        for measurement in cell.counted()
    }
    return {number: cost / 1_000 for number, cost in costs.items() if cost}


def _left_out(measured: list[MeasuredCell]) -> str:
    reasons = {
        name_of(cell.validity.cell): ", ".join(
            dict.fromkeys((*cell.validity.void_by, *cell.validity.lower_bound_by))
        )
        if cell.measurements
        else "not measured"
        for cell in measured
    }
    return "; ".join(f"{name} ({reason})" for name, reason in reasons.items() if reason)


def _date(created_at: str) -> str:
    """Write a moment as pyperf does."""
    try:
        return f"{datetime.fromisoformat(created_at):%Y-%m-%d %H:%M:%S}"
    except ValueError:
        return created_at


def _written(about: _Metadata) -> _Metadata:
    """Leave out line breaks and empty values: pyperf takes neither."""
    return {
        key: one_line
        for key, value in about.items()
        if (one_line := " ".join(value.split()) if isinstance(value, str) else value) != ""
    }
