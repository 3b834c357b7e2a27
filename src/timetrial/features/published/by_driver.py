"""A run that several tools drove, seen as the run of one of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from timetrial.model.load_tool_report import DriverName
from timetrial.model.measurement import Failure
from timetrial.model.plan import Plan, Round
from timetrial.model.summary import Summary, Table
from timetrial.model.trial import Cell, Trial


def drivers(summary: Summary) -> tuple[DriverName, ...]:
    """List what drove, in the order of contests."""
    return tuple(dict.fromkeys(table.contest.driver for table in summary.tables))


def of_driver(summary: Summary, driver: DriverName) -> Summary:
    """Leave in what one tool drove, under the names that contests have when it drives alone."""
    tables = [table for table in summary.tables if table.contest.driver == driver]
    names = {table.contest.name: table.contest.asked for table in tables}
    run = summary.run
    suite = dataclasses.replace(
        run.plan.suite,
        contests=tuple(
            dataclasses.replace(contest, name=names[contest.name])
            for contest in run.plan.suite.contests
            if contest.name in names
        ),
    )
    measurements = tuple(
        dataclasses.replace(each, trial=_renamed(each.trial, names))
        for each in run.measurements
        if each.trial.cell.contest in names
    )
    failures = tuple(_failure(each, names) for each in run.failures if _concerns(each, names))
    stops = tuple(
        dataclasses.replace(each, contest=names[each.contest])
        for each in run.stops
        if each.contest in names
    )
    plan = Plan(suite, run.plan.seed, tuple(_round(each, names) for each in run.plan.rounds))
    return dataclasses.replace(
        summary,
        run=dataclasses.replace(
            run, plan=plan, measurements=measurements, failures=failures, stops=stops
        ),
        tables=tuple(_table(table, names) for table in tables),
    )


def _round(round_: Round, names: Mapping[str, str]) -> Round:
    contests = tuple(
        dataclasses.replace(planned, contest=names[planned.contest])
        for planned in round_.contests
        if planned.contest in names
    )
    return dataclasses.replace(round_, contests=contests)


def _table(table: Table, names: Mapping[str, str]) -> Table:
    name = names[table.contest.name]
    return dataclasses.replace(
        table,
        contest=dataclasses.replace(table.contest, name=name),
        findings=tuple(
            dataclasses.replace(finding, cell=Cell(name, finding.cell.stack))
            for finding in table.findings
        ),
        failures=tuple(_failure(failure, names) for failure in table.failures),
    )


def _concerns(failure: Failure, names: Mapping[str, str]) -> bool:
    return failure.contest is None or failure.contest in names


def _failure(failure: Failure, names: Mapping[str, str]) -> Failure:
    if failure.contest is None:
        return failure
    return dataclasses.replace(failure, contest=names[failure.contest])


def _renamed(trial: Trial, names: Mapping[str, str]) -> Trial:
    return Trial(trial.round, Cell(names[trial.cell.contest], trial.cell.stack))
