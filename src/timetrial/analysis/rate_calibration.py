"""Equal rates for all stacks: what they bear is found in a pilot, and a share of the least is due.

Response times of an open load compare only at one rate for all, and only where all keep up; so the
stack that bears least sets the rate. Pure: `runner.pilot` takes the measurements.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from timetrial.analysis.cell_analysis import cell_analyses
from timetrial.analysis.checks.cell_context import CellContext
from timetrial.analysis.checks.machine import SIMPLE
from timetrial.analysis.checks.validity import validity_of
from timetrial.model.errors import BadInput, StackFailed
from timetrial.model.finding import Finding
from timetrial.model.load import CapacityShareLoad, ClosedLoad, OpenLoad, ShareOfCapacity
from timetrial.model.measurement import Failure
from timetrial.model.run import Run
from timetrial.model.suite import Benchmark, DraftSuite, Suite
from timetrial.model.summary import Estimate, Missing
from timetrial.model.text import listed
from timetrial.model.units import significant

ROUNDS = 2
"""Of a pilot; a rate need not be known better than its stacks differ."""
WINDOWS = 4
_WINDOW_S = 0.25
_LEAD_IN_S = 0.1
_WAITS_IN_A_WINDOW = 20
_CONNECTIONS = 16
_MOST_CONNECTIONS = 256
_RATE_OF_WAITS_PER_S = 2_000
"""An app that waits is given as many connections as would bear that much if it did nothing else."""
_OF_THE_MACHINE = frozenset(simple.threshold.name for simple in SIMPLE)


@dataclass(frozen=True, slots=True)
class Capacities:
    """What the stacks of one benchmark bore."""

    per_s: Mapping[str, float] = field(default_factory=dict)
    """Requests a second by stack, those that have a figure."""
    at_least: frozenset[str] = frozenset()
    """Of those: whose figure is a lower bound."""
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Why the others have none."""

    def share(self, share: float, connections: int) -> ShareOfCapacity | None:
        """Say what a share of the smallest is a share of; None: there is no capacity at all."""
        if not self.per_s:
            return None
        slowest = min(self.per_s, key=lambda name: self.per_s[name])
        others = {name: per_s for name, per_s in self.per_s.items() if name != slowest}
        return ShareOfCapacity(
            share,
            slowest,
            self.per_s[slowest],
            connections,
            slowest in self.at_least,
            others,
            self.left_out,
        )


def calibration_suite(suite: DraftSuite) -> Suite | None:
    """Make the suite that a suite's rates come from; None where all of them are known.

    Each workload that benchmarks ask a share for is driven once for the same stacks, under the
    closed load of the benchmark that has both in common with them, if there is one. Raises BadInput
    for a benchmark that is not driven in whole trials.
    """
    for benchmark in _wanting(suite):
        if benchmark.mode != "whole" or benchmark.together:
            raise BadInput(
                f"benchmark {benchmark.name!r} of suite {suite.name!r}: a share of capacity is "
                f"driven in whole trials, stack by stack"
            )
    benchmarks = tuple(_closed(suite, group) for group in _groups(suite))
    if not benchmarks:
        return None
    return replace(suite, benchmarks=benchmarks, rounds=ROUNDS, control=None, stop_rule=None).at({})


def with_rates(suite: DraftSuite, pilot: Run) -> Suite:
    """Give all benchmarks of a suite their rates, by what its pilot has measured.

    Notes say which stack set each rate. A benchmark of which no stack bore anything is left out,
    and a note says so; raises StackFailed where that leaves nothing.
    """
    rates: dict[str, OpenLoad] = {}
    notes: list[str] = []
    for group in _groups(suite):
        benchmark = pilot.plan.suite.benchmark(group[0].name)
        found = capacities(pilot, benchmark)
        notes.append(_note(group, found, benchmark))
        for each in group:
            if isinstance(load := each.load, CapacityShareLoad) and (
                of := found.share(load.share, benchmark.load.connections)
            ):
                rates[each.name] = load.at(rounded(load.share * of.per_s), of)
    known = suite.at(rates, notes)
    if not known.benchmarks:
        raise _nothing_left(pilot)
    return known


def capacities(pilot: Run, benchmark: Benchmark) -> Capacities:
    """Read what each stack bore off a pilot.

    What checks void is no capacity; but what the machine withheld a stack could have had, so that
    it bears that much at least.
    """
    per_s: dict[str, float] = {}
    at_least: set[str] = set()
    left_out: dict[str, str] = {}
    for each in cell_analyses(pilot, benchmark):
        figure = each.figure("throughput")
        own = [finding for finding in each.findings if finding.name not in _OF_THE_MACHINE]
        alone = validity_of(each.context.cell, own)
        if isinstance(figure, Missing) or alone.throughput_void:
            left_out[each.stack] = _why_not(each.context, figure, own, pilot.failures)
            continue
        per_s[each.stack] = figure.value
        withheld = each.validity.throughput_void
        if withheld or alone.lower_bound or alone.bound_by_client:
            at_least.add(each.stack)
    return Capacities(per_s, frozenset(at_least), left_out)


def rounded(per_s: float) -> float:
    """Round a rate to two digits, or to three where the first is a one: 617 → 620, 1,234 → 1,230.

    That is by 2.5 % at most.
    """
    first = f"{per_s:e}"[0]
    return float(f"{per_s:.{3 if first == '1' else 2}g}")


def _wanting(suite: DraftSuite) -> Iterator[Benchmark]:
    return (
        benchmark for benchmark in suite.benchmarks if isinstance(benchmark.load, CapacityShareLoad)
    )


def _groups(suite: DraftSuite) -> list[list[Benchmark]]:
    """Put together the benchmarks that one pilot serves."""
    groups: list[list[Benchmark]] = []
    for benchmark in _wanting(suite):
        own = next((group for group in groups if _is_like(suite, group[0], benchmark)), None)
        if own is None:
            groups.append([benchmark])
        else:
            own.append(benchmark)
    return groups


def _is_like(suite: DraftSuite, one: Benchmark, other: Benchmark) -> bool:
    """Whether two benchmarks differ in how hard they drive alone."""
    return (
        one.workload == other.workload
        and _stacks(suite, one) == _stacks(suite, other)
        and one.load.pipeline == other.load.pipeline
        and one.load.fresh_connections == other.load.fresh_connections
    )


def _stacks(suite: DraftSuite, benchmark: Benchmark) -> tuple[str, ...]:
    """List who takes part, without a twin: it is what its stack is."""
    return tuple(name for name in benchmark.stacks if not suite.stack(name).control_of)


def _closed(suite: DraftSuite, group: Sequence[Benchmark]) -> Benchmark:
    benchmark = group[0]
    model = next(
        (
            each
            for each in suite.benchmarks
            if isinstance(each.load, ClosedLoad) and _is_like(suite, each, benchmark)
        ),
        None,
    )
    wait_s = benchmark.workload.wait_s
    closed = Benchmark(
        name=benchmark.name,
        workload=benchmark.workload,
        load=_closed_load(benchmark) if model is None else model.load,
        stacks=_stacks(suite, benchmark),
        window_s=max(_WINDOW_S, _WAITS_IN_A_WINDOW * wait_s),
        lead_in_s=max(_LEAD_IN_S, 2 * wait_s),
        windows=WINDOWS if not wait_s else WINDOWS // 2,
        control=False,
    )
    if model is None or model.mode != "alternate":
        return closed
    return replace(
        closed,
        window_s=model.window_s,
        lead_in_s=model.lead_in_s,
        windows=min(model.windows, WINDOWS),
    )


def _closed_load(benchmark: Benchmark) -> ClosedLoad:
    """Choose enough connections to keep a server busy whose app waits meanwhile."""
    load, steps = benchmark.load, benchmark.workload.steps
    waiting = round(_RATE_OF_WAITS_PER_S * benchmark.workload.wait_s / len(steps))
    connections = min(_MOST_CONNECTIONS, load.connections, max(_CONNECTIONS, waiting))
    return ClosedLoad(connections, load.timeout_s, load.pipeline, load.fresh_connections)


def _why_not(
    context: CellContext,
    figure: Estimate | Missing,
    findings: Iterable[Finding],
    failures: Iterable[Failure],
) -> str:
    for failure in failures:
        if failure.concerns(context.cell) and not context.measurements:
            return f"{failure.phase}: {failure.reason}"
    for finding in findings:
        if finding.severity == "invalid":
            return f"{finding.name}: {finding.evidence}".rstrip(".")
    return figure.reason if isinstance(figure, Missing) else "it has no figure"


def _note(group: Sequence[Benchmark], found: Capacities, benchmark: Benchmark) -> str:
    """Say what set the rates of benchmarks that differ in nothing else."""
    names, several = listed([each.name for each in group]), len(group) > 1
    missing = "; ".join(f"{name} ({why})" for name, why in found.left_out.items())
    if not found.per_s:
        return f"{names} {'are' if several else 'is'} left out, no stack has a capacity: {missing}."
    slowest, *faster = sorted(found.per_s, key=lambda name: found.per_s[name])
    others = f"; the others: {', '.join(f'{n} {_capacity_text(n, found)}' for n in faster)}"
    without = f". Without a capacity there: {missing}" if missing else ""
    return (
        f"{names} {'have their rates' if several else 'has its rate'} from a pilot of {ROUNDS} "
        f"rounds with {benchmark.load}: {slowest} bore {'the least, ' if faster else ''}"
        f"{_capacity_text(slowest, found)} requests a second{others if faster else ''}{without}."
    )


def _capacity_text(name: str, found: Capacities) -> str:
    at_least = "at least " if name in found.at_least else ""
    return f"{at_least}{significant(found.per_s[name])}"


def _nothing_left(pilot: Run) -> StackFailed:
    benchmarks = listed([benchmark.name for benchmark in pilot.plan.suite.benchmarks])
    what = f"no stack got through the pilot of {benchmarks}"
    for failed in pilot.failures:
        why = f"{what}; {failed.stack}: {failed.reason}"
        return StackFailed(failed.phase, why, failed.log_tail)
    return StackFailed("measure", what)
