"""From a run to everything that reports say. Pure; a run that is incomplete gives what it has."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from timetrial import checks
from timetrial.checks import duet_split
from timetrial.checks.generator_saturated import cpu_share
from timetrial.checks.history import History
from timetrial.checks.standing import Standing, standing
from timetrial.finding import Finding
from timetrial.load import ClosedLoad
from timetrial.measurement import Failure, Measurement
from timetrial.parts import parts
from timetrial.run import Run
from timetrial.stats import estimates, ties
from timetrial.stats.comparisons import compare, told_apart
from timetrial.stats.control import withheld
from timetrial.stats.quantile import response_time
from timetrial.suite import Contest
from timetrial.summary import Comparison, Estimate, Missing, Row, Summary, Table
from timetrial.tool import ENGINE
from timetrial.trial import Cell

NOT_MEASURED_YET = "not measured yet"


def summarize(run: Run) -> Summary:
    """Estimate, compare and doubt all that a run has measured so far."""
    tables = tuple(_table(run, contest) for contest in run.plan.suite.contests)
    return Summary(run, tables, complete=not run.pending())


@dataclass(frozen=True, slots=True)
class _Entry:
    """One stack of a contest on its way to a row."""

    history: History
    throughput: Estimate | Missing
    cpu_s_per_1000: Estimate | Missing
    findings: tuple[Finding, ...]
    standing: Standing

    @property
    def stack(self) -> str:
        return self.history.stack


def _table(run: Run, contest: Contest) -> Table:
    everyone = sorted((_entry(run, contest, stack) for stack in contest.stacks), key=_place)
    twins = {stack.name: stack.control_of for stack in run.plan.suite.stacks if stack.control_of}
    entries = [entry for entry in everyone if entry.stack not in twins]
    control = _control(everyone, twins)
    comparisons = withheld(_compare(entries), control)
    letters = _letters(entries, comparisons)
    failures = tuple(
        failure
        for failure in run.failures
        if any(failure.concerns(entry.history.cell) for entry in everyone)
    )
    return Table(
        contest,
        tuple(_row(run, entry, letters.get(entry.stack, ""), failures) for entry in entries),
        comparisons,
        tuple(itertools.chain.from_iterable(entry.findings for entry in entries)),
        failures,
        control,
    )


def _control(entries: Sequence[_Entry], twins: Mapping[str, str]) -> tuple[Comparison, ...]:
    """Compare each twin with its stack; that is a family of its own."""
    by_name = {entry.stack: entry for entry in entries}
    pairs = [(by_name[twin], by_name[one]) for twin, one in twins.items() if twin in by_name]
    return tuple(itertools.chain.from_iterable(map(_compare, pairs)))


def _entry(run: Run, contest: Contest, stack: str) -> _Entry:
    own = [m for m in run.measurements if m.trial.cell.stack == stack]
    here = [m for m in own if m.trial.cell.contest == contest.name]
    history = History(
        contest,
        stack,
        tuple(sorted(here, key=lambda m: m.trial.round)),
        tuple(m for m in own if m.trial.cell.contest != contest.name),
        limits=run.plan.suite.stack(stack).limits,
        configuration=next((c for c in run.configurations if c.stack == stack), None),
        lives=tuple(life for life in run.lives if life.stack == stack),
        ceiling_per_s=_ceiling_per_s(run, contest),
        partners=_partners(run, contest, stack),
    )
    findings = checks.find(history)
    return _Entry(
        history,
        estimates.throughput(history.measurements),
        estimates.cpu_s_per_1000(history.measurements),
        findings,
        standing(history.cell, findings),
    )


def _ceiling_per_s(run: Run, contest: Contest) -> float | None:
    load, preflight = contest.load, run.machine.preflight
    if preflight is None or contest.driver != ENGINE or not isinstance(load, ClosedLoad):
        return None
    return (
        None if load.fresh_connections else preflight.ceiling_per_s(load.connections, load.pipeline)
    )


def _partners(run: Run, contest: Contest, stack: str) -> Mapping[str, tuple[Measurement, ...]]:
    if contest.mode != "duet":
        return {}
    cells = {other: Cell(contest.name, other) for other in contest.stacks if other != stack}
    return {
        other: tuple(m for m in run.measurements if m.trial.cell == cell)
        for other, cell in cells.items()
    }


def _place(entry: _Entry) -> tuple[int, float, str]:
    """Sort by throughput; then what has none that counts; then what was not measured at all."""
    if isinstance(entry.throughput, Estimate) and not entry.standing.void:
        return (0, -entry.throughput.value, entry.stack)
    return (1 if entry.history.measurements else 2, 0.0, entry.stack)


def _compare(entries: Sequence[_Entry]) -> tuple[Comparison, ...]:
    rounds = {e.stack: {m.trial.round: m for m in e.history.measurements} for e in entries}
    throughput = compare(
        "throughput",
        _comparable(entries),
        rounds,
        without_verdict=_equal_by_the_clients_shape(entries),
        resolutions={e.stack: resolution(e.history.contest) for e in entries},
    )
    void = _void_pairs(entries)
    return (
        *(each for each in throughput if frozenset((each.a, each.b)) not in void),
        *compare("cpu_s_per_1000", _with_cpu_time(entries), rounds),
    )


def _comparable(entries: Sequence[_Entry]) -> list[str]:
    return [
        entry.stack
        for entry in entries
        if isinstance(entry.throughput, Estimate) and entry.standing.throughput_compares
    ]


def _with_cpu_time(entries: Sequence[_Entry]) -> list[str]:
    return [
        entry.stack
        for entry in entries
        if isinstance(entry.cpu_s_per_1000, Estimate) and not entry.standing.void
    ]


def _equal_by_the_clients_shape(entries: Sequence[_Entry]) -> set[frozenset[str]]:
    bound = [entry.stack for entry in entries if entry.standing.bound_by_client]
    return {frozenset(pair) for pair in itertools.combinations(bound, 2)}


def _void_pairs(entries: Sequence[_Entry]) -> set[frozenset[str]]:
    duets = {e.stack: e.history.measurements for e in entries if e.history.contest.mode == "duet"}
    return duet_split.void_pairs(duets)


def resolution(contest: Contest) -> float:
    """How much of a window's throughput one wait of the app is.

    Where the app waits, responses come in volleys, one wait apart, and the lead-in may put the
    same volley just inside every window of one stack and just outside every window of another.
    """
    return contest.workload.wait_s / contest.window_s if contest.mode != "whole" else 0.0


def _letters(entries: Sequence[_Entry], comparisons: Sequence[Comparison]) -> Mapping[str, str]:
    """Letter the stacks by throughput, provided that any verdict was possible."""
    found = [c for c in comparisons if c.metric == "throughput"]
    decided = any(c.verdict != "no verdict" for c in found)
    if not decided or _void_pairs(entries):
        return {}
    apart = [frozenset((c.a, c.b)) for c in found if told_apart(c)]
    return ties.letters(_comparable(entries), apart)


def _row(run: Run, entry: _Entry, letters: str, failures: Sequence[Failure]) -> Row:
    measurements = entry.history.measurements
    counts = [window.counts for window in entry.history.windows()]
    stack = run.plan.suite.stack(entry.stack)
    nothing = None if measurements else _why_nothing(entry.history.cell, failures)
    return Row(
        stack=stack,
        throughput=nothing or entry.throughput,
        p50_ns=nothing or response_time(measurements, 0.50),
        p90_ns=nothing or response_time(measurements, 0.90),
        p99_ns=nothing or response_time(measurements, 0.99),
        cpu_s_per_1000=nothing or entry.cpu_s_per_1000,
        memory_bytes=nothing or estimates.memory_bytes(measurements),
        generator_cpu_share=cpu_share(entry.history),
        requests=sum(count.arrivals for count in counts),
        failed=sum(count.failed for count in counts),
        ties=letters,
        parts=parts(entry.history),
    )


def _why_nothing(cell: Cell, failures: Sequence[Failure]) -> Missing:
    for failure in failures:
        if failure.concerns(cell):
            return Missing(f"{failure.phase}: {failure.reason}")
    return Missing(NOT_MEASURED_YET)
