"""A run with several load generators, reduced to one of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from timetrial.model import Cell, DriverName, Failure, Plan, Round, Summary, Table, Trial


def drivers(summary: Summary) -> tuple[DriverName, ...]:
    """List the load generators, in the order of benchmarks."""
    return tuple(dict.fromkeys(table.benchmark.driver for table in summary.tables))


def of_driver(summary: Summary, driver: DriverName) -> Summary:
    """Select the benchmarks of one load generator, under their names without the others."""
    tables = [table for table in summary.tables if table.benchmark.driver == driver]
    names = {table.benchmark.name: table.benchmark.base_name for table in tables}
    run = summary.run
    suite = dataclasses.replace(
        run.plan.suite,
        benchmarks=tuple(
            dataclasses.replace(benchmark, name=names[benchmark.name])
            for benchmark in run.plan.suite.benchmarks
            if benchmark.name in names
        ),
    )
    measurements = tuple(
        dataclasses.replace(
            measurement,
            trial=Trial(measurement.trial.round, Cell(names[cell.benchmark], cell.stack)),
        )
        for measurement in run.measurements
        if (cell := measurement.trial.cell).benchmark in names
    )
    failures = tuple(
        _failure(failure, names)
        for failure in run.failures
        if failure.benchmark is None or failure.benchmark in names
    )
    stops = tuple(
        dataclasses.replace(stop, benchmark=names[stop.benchmark])
        for stop in run.stops
        if stop.benchmark in names
    )
    plan = Plan(suite, run.plan.seed, tuple(_round(round_, names) for round_ in run.plan.rounds))
    return dataclasses.replace(
        summary,
        run=dataclasses.replace(
            run, plan=plan, measurements=measurements, failures=failures, stops=stops
        ),
        tables=tuple(_table(table, names) for table in tables),
    )


def _round(round_: Round, names: Mapping[str, str]) -> Round:
    benchmarks = tuple(
        dataclasses.replace(planned, benchmark=names[planned.benchmark])
        for planned in round_.benchmarks
        if planned.benchmark in names
    )
    return dataclasses.replace(round_, benchmarks=benchmarks)


def _table(table: Table, names: Mapping[str, str]) -> Table:
    name = names[table.benchmark.name]
    return dataclasses.replace(
        table,
        benchmark=dataclasses.replace(table.benchmark, name=name),
        findings=tuple(
            dataclasses.replace(finding, cell=Cell(name, finding.cell.stack))
            for finding in table.findings
        ),
        failures=tuple(_failure(failure, names) for failure in table.failures),
    )


def _failure(failure: Failure, names: Mapping[str, str]) -> Failure:
    if failure.benchmark is None:
        return failure
    return dataclasses.replace(failure, benchmark=names[failure.benchmark])
