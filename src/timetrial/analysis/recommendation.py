"""The recommendation after a race: one server, any of several, or none, and the metric."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from timetrial.analysis.cell_analysis import with_best
from timetrial.analysis.checks.thresholds import DISTURBING, ERRORS, PLATEAU, voided
from timetrial.analysis.statistics.comparisons import is_significant, ratio_between
from timetrial.model import METRICS, Cell, Metric, MissingKind, Run
from timetrial.model.summary import Comparison, Estimate, Missing, Row, Summary, Table, figure_of

Basis = Literal["throughput", "cpu_s_per_1000"]
WORTH_WATCHING: Mapping[Metric, float] = {
    "p99_ns": 1.25,
    "memory_bytes": 1.25,
    "cpu_s_per_1000": 1.25,
}
"""A significant ratio to the best is mentioned from this value on."""


@dataclass(frozen=True, slots=True)
class Excluded:
    """A server that was measured or tried, and cannot be recommended."""

    stack: str
    why: str
    """A clause."""
    disturbed: bool = False
    """Whether only the machine's state prevented a judgement."""


@dataclass(frozen=True, slots=True)
class Unfit:
    """A server that is better than the recommended ones, and not fit for production."""

    stack: str
    why: str
    """A clause."""
    lead: Estimate
    """`stack` over the first of the recommended, in the deciding metric."""


@dataclass(frozen=True, slots=True)
class Shortcoming:
    """A metric in which a recommended server is worse than another one."""

    stack: str
    metric: Metric
    other: str
    """The best in this metric, of those that can be recommended."""
    ratio: Estimate
    """`stack` over `other`."""
    benchmark: str


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The outcome of a race."""

    kind: Literal["one", "any", "undecided", "none"]
    stacks: tuple[str, ...]
    """The recommended stacks, the best figure first; for 'undecided' all with a figure."""
    basis: Basis = "throughput"
    """The deciding metric: CPU time where throughput is limited by the load or the engine."""
    behind: str = ""
    """The best of those with a significant difference from the first; '' if there is none."""
    lead: Estimate | None = None
    """The first of `stacks` over `behind`, in the metric."""
    max_difference: float | None = None
    """For 'any': the largest difference between them that the intervals permit, as a share."""
    rounds: int = 0
    """Rounds behind the decision, or measured so far."""
    watch: tuple[Shortcoming, ...] = ()
    excluded: tuple[Excluded, ...] = ()
    with_best: tuple[Comparison, ...] = ()
    """The comparisons that decided: of every other candidate (`b`) with the best (`a`)."""
    better_unfit: Unfit | None = None
    """The best of all, where it is not fit for production and significantly ahead."""


def recommend(summary: Summary) -> Recommendation | None:
    """Decide what to recommend; None for a run that was no race."""
    race_info = summary.run.plan.suite.race_info
    if race_info is None:
        return None
    tables = {table.benchmark.name: table for table in summary.tables}
    capacity = tables[race_info.capacity]
    latency = [tables[name] for name in race_info.latency if name in tables]
    excluded = tuple(_excluded(summary, capacity, latency))
    out = {server.stack for server in excluded}
    waiting = [row.stack.name for row in capacity.rows if _is_to_come(row)]
    unjudged = {*waiting, *(server.stack for server in excluded if server.disturbed)}
    left = [row for row in capacity.rows if row.stack.name not in out.union(waiting)]
    if not left:
        return Recommendation("undecided" if unjudged else "none", (), excluded=excluded)
    unfit = race_info.unfit()
    basis, pool = _pool([row for row in left if row.stack.name not in unfit] or left)
    choice = _decide(summary.run, capacity, basis, pool)
    if unjudged and len(pool) == 1:
        choice = replace(choice, kind="undecided")
    if choice.kind == "undecided":
        return replace(choice, excluded=excluded)
    names = [row.stack.name for row in left]
    fit = [name for name in names if name not in unfit] or names
    watch = tuple(_watched(choice, fit, capacity, latency))
    better = _better_unfit(
        summary.run, capacity, choice, {n: unfit[n] for n in names if n in unfit}
    )
    return replace(choice, watch=watch, excluded=excluded, better_unfit=better)


def _excluded(summary: Summary, capacity: Table, latency: Sequence[Table]) -> Iterator[Excluded]:
    for row in capacity.rows:
        name = row.stack.name
        wrong = (why for table in latency if (why := _wrong(table, name)))
        fault = next(wrong, None) or _failed(summary, name)
        doubt = _doubt(capacity, row)
        why = doubt or fault
        if isinstance(row.throughput, Missing) and why is None:
            why = row.throughput.reason
        if why is not None and not _is_to_come(row):
            disturbed = not fault and _is_disturbed(capacity, name)
            blameless = not doubt and _is_blameless(summary, name)
            yield Excluded(name, why, disturbed=disturbed or blameless)


def _is_to_come(row: Row) -> bool:
    figure = row.throughput
    return isinstance(figure, Missing) and figure.kind is MissingKind.NOT_MEASURED_YET


def _is_disturbed(table: Table, stack: str) -> bool:
    """Return whether findings on the machine alone void a stack's figures."""
    cell = Cell(table.benchmark.name, stack)
    invalid = {f.name for f in table.findings if f.cell == cell and f.severity == "invalid"}
    grave = set(filter(voided, invalid))
    return bool(grave) and grave <= DISTURBING


def _is_blameless(summary: Summary, stack: str) -> bool:
    """Whether something outside caused all failures of a stack."""
    failures = [failure for failure in summary.run.failures if failure.stack == stack]
    return bool(failures) and all(failure.blameless for failure in failures)


def _failed(summary: Summary, stack: str) -> str | None:
    """Describe a stack's last failure, with the number of failed rounds."""
    failures = [failure for failure in summary.run.failures if failure.stack == stack]
    if not failures:
        return None
    rounds, due = len({failure.round for failure in failures}), summary.run.rounds_due()
    when = "in every round" if rounds >= due else f"in {rounds} of {due} rounds"
    return f"it failed {when} ({failures[-1].phase}: {failures[-1].reason.rstrip('.')})"


def _doubt(table: Table, row: Row) -> str | None:
    """Return the gravest finding that voids a stack's figures, as a clause."""
    validity, cell = row.validity, Cell(table.benchmark.name, row.stack.name)
    findings = [finding for finding in table.findings if finding.cell == cell]
    if validity.void or validity.throughput_void:
        grave = [finding for finding in findings if finding.severity == "invalid"]
        return f"{grave[0].name} in {table.benchmark.name}: {grave[0].evidence.rstrip('.')}"
    if validity.plateau:
        stall = next(finding for finding in findings if finding.name == PLATEAU.name)
        return f"{stall.name} in {table.benchmark.name}: {stall.evidence.rstrip('.')}"
    return None


def _wrong(table: Table, stack: str) -> str | None:
    """Return the errors of a stack at a given rate, as a clause; only errors exclude it there."""
    cell = Cell(table.benchmark.name, stack)
    errors = (f for f in table.findings if f.cell == cell and f.name == ERRORS.name)
    grave = next((finding for finding in errors if finding.severity == "invalid"), None)
    if grave is None:
        return None
    return f"{grave.name} in {table.benchmark.name}: {grave.evidence.rstrip('.')}"


def _pool(left: Sequence[Row]) -> tuple[Basis, Sequence[Row]]:
    """Choose the deciding metric, and the stacks that it decides between.

    Stacks with a throughput that the load or the engine limits rank before all slower ones; CPU
    time alone decides between them.
    """
    bound = [row for row in left if _is_bound(row)]
    best = max(left, key=lambda row: _value(row, "throughput"))
    if not bound or best not in bound:
        return "throughput", [row for row in left if row not in bound]
    return "cpu_s_per_1000", bound


def _is_bound(row: Row) -> bool:
    validity = row.validity
    return validity.bound_by_client or (validity.lower_bound and not validity.throughput_compares)


def _decide(run: Run, table: Table, basis: Basis, pool: Sequence[Row]) -> Recommendation:
    names = tuple(row.stack.name for row in _best_first(pool, basis))
    pairs = {pair.b: pair for pair in with_best(run, table, basis, names)}
    rounds = max((pair.ratio.rounds for pair in pairs.values()), default=0)
    if len(names) == 1:
        return Recommendation("one", names, basis, rounds=rounds)
    if all(pair.verdict == "no verdict" for pair in pairs.values()):
        return Recommendation("undecided", names, basis, rounds=rounds)
    (best,) = {pair.a for pair in pairs.values()}
    names = (best, *(name for name in names if name != best))
    apart = [name for name in names if name in pairs and is_significant(pairs[name])]
    group = tuple(name for name in names if name not in apart)
    # Which of several has the best figure is by chance: its lead is a matter of all pairs.
    ratios = pairs if len(group) == 1 else _pairs_with(table, basis, best, apart)
    behind = next((name for name in apart if name in ratios), "")
    bounds = [pairs[name].max_difference for name in group if name in pairs]
    return Recommendation(
        "one" if len(group) == 1 else "any",
        group,
        basis,
        behind,
        ratio_between([ratios[behind]], best, behind) if behind else None,
        max((bound for bound in bounds if bound is not None), default=None),
        rounds,
        with_best=tuple(pairs.values()),
    )


def _pairs_with(
    table: Table, metric: Metric, best: str, others: Sequence[str]
) -> Mapping[str, Comparison]:
    """Return the significant ones of the best stack's pairs, by the other stack."""
    pairs = _pairs(table, metric, (best, *others))
    return {name: pairs[frozenset((best, name))] for name in others if _apart(pairs, best, name)}


def _better_unfit(
    run: Run, table: Table, choice: Recommendation, unfit: Mapping[str, str]
) -> Unfit | None:
    names = tuple(dict.fromkeys((*choice.stacks, *unfit)))
    for pair in with_best(run, table, choice.basis, names):
        if pair.a in unfit and pair.b == choice.stacks[0] and is_significant(pair):
            return Unfit(pair.a, unfit[pair.a], pair.ratio.inverse())
    return None


def _best_first(rows: Sequence[Row], metric: Metric) -> list[Row]:
    known = [row for row in rows if isinstance(figure_of(row, metric), Estimate)]
    direction = METRICS[metric].direction
    return sorted(known or rows, key=lambda row: -direction * _value(row, metric))


def _value(row: Row, metric: Metric) -> float:
    figure = figure_of(row, metric)
    return figure.value if isinstance(figure, Estimate) else 0.0


def _pairs(
    table: Table, metric: Metric, names: Iterable[str]
) -> Mapping[frozenset[str], Comparison]:
    inside = set(names)
    return {
        frozenset((c.a, c.b)): c
        for c in table.comparisons
        if c.metric == metric and {c.a, c.b} <= inside
    }


def _apart(pairs: Mapping[frozenset[str], Comparison], one: str, other: str) -> bool:
    pair = pairs.get(frozenset((one, other)))
    return pair is not None and is_significant(pair)


def _watched(
    choice: Recommendation, names: Sequence[str], capacity: Table, latency: Sequence[Table]
) -> Iterator[Shortcoming]:
    """List the metrics in which a recommended stack is far behind the best."""
    places: list[tuple[Metric, Table]] = [("p99_ns", table) for table in latency]
    places += [("memory_bytes", capacity)]
    if choice.basis != "cpu_s_per_1000":
        places += [("cpu_s_per_1000", capacity)]
    for metric, table in places:
        rows = [row for row in table.rows if row.stack.name in names]
        known = [row for row in rows if isinstance(figure_of(row, metric), Estimate)]
        pairs = _pairs(table, metric, names)
        for stack in choice.stacks:
            for best in _best_first(known, metric)[:1]:
                other = best.stack.name
                ratio = ratio_between(pairs.values(), stack, other)
                if (
                    ratio is not None
                    and _apart(pairs, stack, other)
                    and ratio.value >= WORTH_WATCHING[metric]
                ):
                    yield Shortcoming(stack, metric, other, ratio, table.benchmark.name)
