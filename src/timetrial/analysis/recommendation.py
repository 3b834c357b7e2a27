"""What to recommend after a race: one server, any of several, or none, and by what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from timetrial.analysis.checks.thresholds import DISTURBING, ERRORS, voided
from timetrial.analysis.statistics.comparisons import is_significant, ratio_between
from timetrial.model.metrics import METRICS, Metric
from timetrial.model.missing import MissingKind
from timetrial.model.summary import Comparison, Estimate, Missing, Row, Summary, Table, figure_of
from timetrial.model.trial import Cell

Basis = Literal["throughput", "cpu_s_per_1000"]
WORTH_WATCHING: Mapping[Metric, float] = {
    "p99_ns": 1.25,
    "memory_bytes": 1.25,
    "cpu_s_per_1000": 1.25,
}
"""A ratio to the best that is at least that, and told apart, is mentioned."""


@dataclass(frozen=True, slots=True)
class Excluded:
    """A server that was measured, or tried, and is out of the question."""

    stack: str
    why: str
    """A clause."""
    disturbed: bool = False
    """Whether the machine kept it from being judged, by no fault of its own."""


@dataclass(frozen=True, slots=True)
class Shortcoming:
    """Something in which a recommended server is behind another one."""

    stack: str
    metric: Metric
    other: str
    """The best in it, of those that can be recommended."""
    ratio: Estimate
    """`stack` over `other`."""
    benchmark: str


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The outcome of a race."""

    kind: Literal["one", "any", "undecided", "none"]
    stacks: tuple[str, ...]
    """What is recommended, the best figure first; of 'undecided' all that have one."""
    basis: Basis = "throughput"
    """In which metric: CPU time where throughput shows the limit of something else."""
    behind: str = ""
    """The best of those that can be told apart from the first; '' if there is none."""
    lead: Estimate | None = None
    """The first of `stacks` over `behind`, in the metric."""
    max_difference: float | None = None
    """Of 'any': the largest difference that may lie between them, as a share."""
    rounds: int = 0
    """That decided, or that are there so far."""
    watch: tuple[Shortcoming, ...] = ()
    excluded: tuple[Excluded, ...] = ()


def recommend(summary: Summary) -> Recommendation | None:
    """Decide what to recommend; None for a run that was no race."""
    race_info = summary.run.plan.suite.race_info
    if race_info is None:
        return None
    tables = {table.benchmark.name: table for table in summary.tables}
    capacity = tables[race_info.capacity]
    latency = [tables[name] for name in race_info.latency if name in tables]
    excluded = tuple(_excluded(summary, capacity, latency))
    out = {each.stack for each in excluded}
    waiting = [row.stack.name for row in capacity.rows if _is_to_come(row)]
    unjudged = {*waiting, *(each.stack for each in excluded if each.disturbed)}
    left = [row for row in capacity.rows if row.stack.name not in out.union(waiting)]
    if not left:
        return Recommendation("undecided" if unjudged else "none", (), excluded=excluded)
    basis, pool = _pool(left)
    choice = _decide(capacity, basis, pool)
    if unjudged and len(pool) == 1:
        choice = replace(choice, kind="undecided")
    if choice.kind == "undecided":
        return replace(choice, excluded=excluded)
    names = [row.stack.name for row in left]
    watch = tuple(_watched(choice, names, capacity, latency))
    return replace(choice, watch=watch, excluded=excluded)


def _excluded(summary: Summary, capacity: Table, latency: Sequence[Table]) -> Iterator[Excluded]:
    for row in capacity.rows:
        name = row.stack.name
        wrong = (why for table in latency if (why := _wrong(table, name)))
        fault = next(wrong, None) or _failed(summary, name)
        why = _doubt(capacity, row) or fault
        if isinstance(row.throughput, Missing) and why is None:
            why = row.throughput.reason
        if why is not None and not _is_to_come(row):
            yield Excluded(name, why, disturbed=not fault and _is_disturbed(capacity, name))


def _is_to_come(row: Row) -> bool:
    figure = row.throughput
    return isinstance(figure, Missing) and figure.kind is MissingKind.NOT_MEASURED_YET


def _is_disturbed(table: Table, stack: str) -> bool:
    """Say whether it is the machine alone that leaves no figure of a stack."""
    cell = Cell(table.benchmark.name, stack)
    own = (each for each in table.findings if each.cell == cell and each.severity == "invalid")
    grave = {each.name for each in own if voided(each.name)}
    return bool(grave) and grave <= DISTURBING


def _failed(summary: Summary, stack: str) -> str | None:
    """Say how a stack failed, in as many rounds as it did."""
    own = [each for each in summary.run.failures if each.stack == stack]
    if not own:
        return None
    rounds, due = len({each.round for each in own}), summary.run.rounds_due()
    when = "in every round" if rounds >= due else f"in {rounds} of {due} rounds"
    return f"it failed {when} ({own[-1].phase}: {own[-1].reason.rstrip('.')})"


def _doubt(table: Table, row: Row) -> str | None:
    """Say what voids a stack's figures, by the gravest finding."""
    stands, cell = row.validity, Cell(table.benchmark.name, row.stack.name)
    own = [each for each in table.findings if each.cell == cell]
    if stands.void or stands.throughput_void:
        grave = [each for each in own if each.severity == "invalid"]
        return f"{grave[0].name} in {table.benchmark.name}: {grave[0].evidence.rstrip('.')}"
    if stands.plateau:
        stall = next(each for each in own if each.name == "delayed-ack")
        return f"{stall.name} in {table.benchmark.name}: {stall.evidence.rstrip('.')}"
    return None


def _wrong(table: Table, stack: str) -> str | None:
    """Say how a stack answered wrongly at a given rate; all else that is void there is no fault."""
    cell = Cell(table.benchmark.name, stack)
    errors = (each for each in table.findings if each.cell == cell and each.name == ERRORS.name)
    grave = next((each for each in errors if each.severity == "invalid"), None)
    if grave is None:
        return None
    return f"{grave.name} in {table.benchmark.name}: {grave.evidence.rstrip('.')}"


def _pool(left: Sequence[Row]) -> tuple[Basis, Sequence[Row]]:
    """Choose the metric that decides, and between whom.

    Those whose throughput is bound by something else than themselves come before all that are
    slower; what lies between them, CPU time alone tells.
    """
    bound = [row for row in left if _is_bound(row)]
    best = max(left, key=lambda row: _value(row, "throughput"))
    if not bound or best not in bound:
        return "throughput", [row for row in left if row not in bound]
    return "cpu_s_per_1000", bound


def _is_bound(row: Row) -> bool:
    stands = row.validity
    return stands.bound_by_client or (stands.lower_bound and not stands.throughput_compares)


def _decide(table: Table, basis: Basis, pool: Sequence[Row]) -> Recommendation:
    ordered = _best_first(pool, basis)
    names = tuple(row.stack.name for row in ordered)
    pairs = _pairs(table, basis, names)
    rounds = max((each.ratio.rounds for each in pairs.values()), default=0)
    if len(names) == 1:
        return Recommendation("one", names, basis, rounds=rounds)
    if all(each.verdict == "no verdict" for each in pairs.values()):
        return Recommendation("undecided", names, basis, rounds=rounds)
    best = names[0]
    apart = [name for name in names[1:] if _apart(pairs, best, name)]
    group = tuple(name for name in names if name not in apart)
    behind = apart[0] if apart else ""
    between = [each for names_of, each in pairs.items() if names_of <= set(group)]
    return Recommendation(
        "one" if len(group) == 1 else "any",
        group,
        basis,
        behind,
        ratio_between(pairs.values(), best, behind) if behind else None,
        max(
            (each.max_difference for each in between if each.max_difference is not None),
            default=None,
        ),
        rounds,
    )


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
        frozenset((each.a, each.b)): each
        for each in table.comparisons
        if each.metric == metric and {each.a, each.b} <= inside
    }


def _apart(pairs: Mapping[frozenset[str], Comparison], one: str, other: str) -> bool:
    pair = pairs.get(frozenset((one, other)))
    return pair is not None and is_significant(pair)


def _watched(
    choice: Recommendation, names: Sequence[str], capacity: Table, latency: Sequence[Table]
) -> Iterator[Shortcoming]:
    """Find in what the recommended are well behind the best of those that could have been."""
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
