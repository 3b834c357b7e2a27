"""One rate for all stacks: a share of the smallest capacity, which a pilot measures.

Response times under an open load are comparable only at one rate for all stacks, and only if all
stacks keep up. So the smallest capacity sets the rate. Pure: `runner.pilot` measures.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from timetrial.analysis.cell_analysis import cell_analyses
from timetrial.analysis.checks.cell_context import CellContext
from timetrial.analysis.checks.machine import SIMPLE
from timetrial.analysis.checks.validity import validity_of
from timetrial.model import (
    BadInput,
    Benchmark,
    CapacityShareLoad,
    ClosedLoad,
    DraftSuite,
    Failure,
    Finding,
    OpenLoad,
    Run,
    ShareOfCapacity,
    StackFailed,
    Suite,
    WarmUp,
    counted,
    listed,
    significant,
)
from timetrial.model.summary import Estimate, Missing

ROUNDS, ROUNDS_OF_RACE = 2, 1
"""Of a pilot: a rate need not be more precise than the differences between its stacks. In a race
a person waits for it, and its rate is half of a capacity."""
WINDOWS, FEWEST_WINDOWS = 4, 2
_WINDOWS_S = 10.0
"""In a race, a pilot of more windows than take so long has the fewest."""
_RACE_WARM_UP = 0.3
"""The share of the warm-up of a round that the pilot of a race has: its servers have answered
already, and half of their capacity is not needed to the percent."""
_HALVED_UNTIL_S = 1.5
"""In a race, windows up to this length are half as long in the pilot. They have six response times
each; of longer ones is known only that they have one."""
_WINDOW_S = 0.25
_LEAD_IN_S = 0.1
_WAITS_IN_A_WINDOW = 20
_CONNECTIONS = 16
_MOST_CONNECTIONS = 256
_RATE_OF_WAITS_PER_S = 2_000
"""An app that waits gets the connections for this rate, as if it only waited."""
_MACHINE_FINDINGS = frozenset(simple.threshold.name for simple in SIMPLE)


@dataclass(frozen=True, slots=True)
class Capacities:
    """The capacities of the stacks of one benchmark."""

    per_s: Mapping[str, float] = field(default_factory=dict)
    """Requests a second by stack, of the stacks with a figure."""
    at_least: frozenset[str] = frozenset()
    """Stacks whose figure is a lower bound."""
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Reasons of the stacks without a figure."""

    def share(self, share: float, connections: int) -> ShareOfCapacity | None:
        """Describe a share (0 to 1) of the smallest capacity; None: no stack has a capacity."""
        if not self.per_s:
            return None
        slowest = min(self.per_s, key=self.per_s.__getitem__)
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
    """Make the suite that measures a suite's rates; None where all rates are known.

    Each workload of benchmarks with a share of capacity is driven once for the same stacks, under
    the closed load of a benchmark with that workload and those stacks, if there is one. Raises
    BadInput for a benchmark that is not driven in whole trials.
    """
    for benchmark in _without_rate(suite):
        if benchmark.mode != "whole" or benchmark.together:
            raise BadInput(
                f"benchmark {benchmark.name!r} of suite {suite.name!r}: a share of capacity is "
                f"driven in whole trials, stack by stack"
            )
    benchmarks = tuple(_closed(suite, group) for group in _groups(suite))
    if not benchmarks:
        return None
    pilot = replace(suite, rounds=ROUNDS, control=None, stop_rule=None)
    if suite.race_info is not None:
        pilot = replace(pilot, rounds=ROUNDS_OF_RACE, warm_up=_shortened(suite.warm_up))
        benchmarks = tuple(map(_soon_over, benchmarks))
    return replace(pilot, benchmarks=benchmarks).at({})


def with_rates(suite: DraftSuite, pilot: Run) -> Suite:
    """Set the rates of a suite's benchmarks from the measurements of its pilot.

    Notes name the stack that set each rate. A benchmark without any capacity is left out, with a
    note. Raises StackFailed where no benchmark remains.
    """
    rates: dict[str, OpenLoad] = {}
    notes: list[str] = []
    for group in _groups(suite):
        benchmark = pilot.plan.suite.benchmark(group[0].name)
        measured = capacities(pilot, benchmark)
        notes.append(_note(group, measured, benchmark, pilot.plan.suite.rounds))
        for open_benchmark in group:
            if isinstance(load := open_benchmark.load, CapacityShareLoad) and (
                of := measured.share(load.share, benchmark.load.connections)
            ):
                rates[open_benchmark.name] = load.at(rounded(load.share * of.per_s), of)
    resolved = suite.at(rates, notes)
    if not resolved.benchmarks:
        raise _nothing_left(pilot)
    return resolved


def capacities(pilot: Run, benchmark: Benchmark) -> Capacities:
    """Read each stack's capacity from a pilot.

    Findings on the stack void its capacity. Findings on the machine make it a lower bound, because
    the stack could have had the CPU time that the machine withheld.
    """
    per_s: dict[str, float] = {}
    at_least: set[str] = set()
    left_out: dict[str, str] = {}
    for analysed in cell_analyses(pilot, benchmark):
        figure = analysed.figure("throughput")
        of_stack = [f for f in analysed.findings if f.name not in _MACHINE_FINDINGS]
        validity = validity_of(analysed.context.cell, of_stack)
        if isinstance(figure, Missing) or validity.throughput_void:
            left_out[analysed.stack] = _why_not(analysed.context, figure, of_stack, pilot.failures)
            continue
        per_s[analysed.stack] = figure.value
        withheld = analysed.validity.throughput_void
        if withheld or validity.lower_bound or validity.bound_by_client:
            at_least.add(analysed.stack)
    return Capacities(per_s, frozenset(at_least), left_out)


def rounded(per_s: float) -> float:
    """Round a rate to two digits, or to three where the first is a one: 617 → 620, 1,234 → 1,230.

    The change is 2.5 % at most.
    """
    first = f"{per_s:e}"[0]
    return float(f"{per_s:.{3 if first == '1' else 2}g}")


def _without_rate(suite: DraftSuite) -> Iterator[Benchmark]:
    return (
        benchmark for benchmark in suite.benchmarks if isinstance(benchmark.load, CapacityShareLoad)
    )


def _groups(suite: DraftSuite) -> list[list[Benchmark]]:
    """Group the benchmarks that share one benchmark of the pilot."""
    groups: list[list[Benchmark]] = []
    for benchmark in _without_rate(suite):
        alike = (group for group in groups if _is_like(suite, group[0], benchmark))
        group = next(alike, None)
        if group is None:
            groups.append([benchmark])
        else:
            group.append(benchmark)
    return groups


def _is_like(suite: DraftSuite, a: Benchmark, b: Benchmark) -> bool:
    """Return whether two benchmarks differ in their rate or connections alone."""
    return (
        a.workload == b.workload
        and _stacks(suite, a) == _stacks(suite, b)
        and a.load.pipeline == b.load.pipeline
        and a.load.fresh_connections == b.load.fresh_connections
        and a.transport == b.transport
    )


def _stacks(suite: DraftSuite, benchmark: Benchmark) -> tuple[str, ...]:
    """List the stacks without an A/A control, which has the same capacity."""
    return tuple(name for name in benchmark.stacks if not suite.stack(name).control_of)


def _closed(suite: DraftSuite, group: Sequence[Benchmark]) -> Benchmark:
    benchmark = group[0]
    model = next(
        (
            closed
            for closed in suite.benchmarks
            if isinstance(closed.load, ClosedLoad) and _is_like(suite, closed, benchmark)
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
        transport=benchmark.transport,
    )
    if model is None or model.mode != "alternate":
        return closed
    return replace(
        closed,
        window_s=model.window_s,
        lead_in_s=model.lead_in_s,
        windows=min(model.windows, WINDOWS),
    )


def _shortened(warm_up: WarmUp) -> WarmUp:
    return replace(
        warm_up,
        at_most_s=_RACE_WARM_UP * warm_up.at_most_s,
        at_least_s=_RACE_WARM_UP * warm_up.at_least_s,
    )


def _soon_over(benchmark: Benchmark) -> Benchmark:
    """Shorten a benchmark of the pilot of a race, for which a person waits."""
    window_s = benchmark.window_s
    if window_s <= _HALVED_UNTIL_S:
        window_s = max(min(_WINDOW_S, window_s), window_s / 2)
    all_s = len(benchmark.stacks) * benchmark.windows * (window_s + benchmark.lead_in_s)
    windows = FEWEST_WINDOWS if all_s > _WINDOWS_S else benchmark.windows
    return replace(benchmark, window_s=window_s, windows=windows)


def _closed_load(benchmark: Benchmark) -> ClosedLoad:
    """Choose enough connections to keep a server busy while its app waits."""
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


def _note(
    group: Sequence[Benchmark], measured: Capacities, benchmark: Benchmark, rounds: int
) -> str:
    """Describe the origin of the rates of benchmarks that differ in nothing else."""
    names, several = listed([benchmark.name for benchmark in group]), len(group) > 1
    missing = "; ".join(f"{name} ({why})" for name, why in measured.left_out.items())
    if not measured.per_s:
        return f"{names} {'are' if several else 'is'} left out, no stack has a capacity: {missing}."
    slowest, *faster = sorted(measured.per_s, key=measured.per_s.__getitem__)
    others = f"; the others: {', '.join(f'{n} {_capacity_text(n, measured)}' for n in faster)}"
    without = f". Without a capacity there: {missing}" if missing else ""
    return (
        f"{names} {'have their rates' if several else 'has its rate'} from a pilot of "
        f"{counted(rounds, 'round')} with {benchmark.load_text}: {slowest} had "
        f"the {'lowest ' if faster else ''}capacity, {_capacity_text(slowest, measured)} requests "
        f"a second"
        f"{others if faster else ''}{without}."
    )


def _capacity_text(name: str, measured: Capacities) -> str:
    at_least = "at least " if name in measured.at_least else ""
    return f"{at_least}{significant(measured.per_s[name])}"


def _nothing_left(pilot: Run) -> StackFailed:
    benchmarks = listed([benchmark.name for benchmark in pilot.plan.suite.benchmarks])
    what = f"no stack got through the pilot of {benchmarks}"
    for failed in pilot.failures:
        why = f"{what}; {failed.stack}: {failed.reason}"
        return StackFailed(failed.phase, why, failed.log_tail)
    return StackFailed("measure", what)
