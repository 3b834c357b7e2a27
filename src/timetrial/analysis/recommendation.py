"""The recommendation after a race: one server, any of several, or none, and the metric."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from timetrial.analysis.cell_analysis import with_best
from timetrial.analysis.excluded_servers import (
    Excluded,
    excluded_servers,
    is_disturbed,
    is_to_come,
)
from timetrial.analysis.per_core import (
    Contradiction,
    PerCore,
    busy_share,
    capacity_per_core,
    idle_reason,
    is_busy,
)
from timetrial.analysis.statistics.comparisons import (
    ROUNDS_FOR_VERDICT,
    is_significant,
    ratio_between,
)
from timetrial.model import METRICS, Cell, Measurement, Metric, PairedMetric, Run
from timetrial.model.summary import Comparison, Estimate, Row, Summary, Table, figure_of

Basis = Literal["throughput", "cpu_s_per_1000", "capacity_per_core"]
UNDECIDED_FROM = 0.15
"""Servers whose difference may be larger than this share are not called equal."""
WORTH_WATCHING: Mapping[Metric, float] = {
    "p99_ns": 1.25,
    "memory_bytes": 1.25,
    "cpu_s_per_1000": 1.25,
}
"""A significant ratio to the best is mentioned from this value on."""


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
    """The deciding metric: CPU time where throughput is limited by the load or the engine; capacity
    per core, a reciprocal of it, where throughput does not decide and the CPUs were busy."""
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
    per_core: tuple[PerCore, ...] = ()
    """Of all servers that kept their CPUs busy, where it decided."""
    throughput_within: float | None = None
    """Where capacity per core decided: the largest difference in throughput that is possible, as a
    share; None where the machine was disturbed."""
    contradiction: Contradiction | None = None
    """Where the first by throughput takes significantly more CPU time than one behind it."""


def recommend(summary: Summary) -> Recommendation | None:
    """Decide what to recommend; None for a run that was no race."""
    race_info = summary.run.plan.suite.race_info
    if race_info is None:
        return None
    tables = {table.benchmark.name: table for table in summary.tables}
    capacity = tables[race_info.capacity]
    latency = [tables[name] for name in race_info.latency if name in tables]
    excluded = tuple(excluded_servers(summary, capacity, latency))
    out = {server.stack for server in excluded}
    waiting = [row.stack.name for row in capacity.rows if is_to_come(row)]
    behind = {row.stack.name for row in capacity.rows if row.dropped_after_round is not None}
    not_judged = {server.stack for server in excluded if server.disturbed} - behind
    unjudged = {*waiting, *not_judged}
    judged = [row for row in capacity.rows if row.stack.name not in out.union(waiting)]
    # Who left is behind, also where rounds of before turn out to be disturbed and do not count.
    left = [r for r in judged if r.stack.name not in behind or _has_verdict(r)] or judged
    unfit = race_info.unfit()
    choice, pool = _by_figures(summary.run, capacity, left, unfit)
    if unjudged and len(pool) <= 1:
        choice = replace(choice, kind="undecided")
    if not waiting:
        disturbed = sorted(name for name in not_judged if is_disturbed(capacity, name))
        candidates = [*pool, *(name for name in disturbed if name not in unfit)]
        if disturbed:
            # Who left the race is behind one of those that stayed, whatever becomes of its figures.
            candidates = [name for name in candidates if name not in behind]
            stayed = tuple(name for name in choice.stacks if name not in behind)
            choice = replace(choice, stacks=stayed)
        choice = _where_throughput_cannot(
            summary.run, capacity, choice, candidates, some_disturbed=bool(disturbed)
        )
        if choice.basis == "capacity_per_core":
            excluded = tuple(s for s in excluded if s.stack not in candidates)
    if choice.kind in {"undecided", "none"}:
        return replace(choice, excluded=excluded)
    names = [row.stack.name for row in left] or list(choice.stacks)
    fit = [name for name in names if name not in unfit] or names
    by_core = not_judged if choice.basis == "capacity_per_core" else frozenset()
    better = {name: why for name, why in unfit.items() if name in {*names, *by_core}}
    return replace(
        choice,
        watch=tuple(_watched(choice, fit, capacity, latency)),
        excluded=excluded,
        better_unfit=_better_unfit(summary.run, capacity, choice, better),
        contradiction=_contradiction(summary.run, capacity, choice, pool),
    )


def _has_verdict(row: Row) -> bool:
    figure = row.throughput
    return isinstance(figure, Estimate) and figure.rounds >= ROUNDS_FOR_VERDICT


def _by_figures(
    run: Run, capacity: Table, left: Sequence[Row], unfit: Mapping[str, str]
) -> tuple[Recommendation, Sequence[str]]:
    """Decide between those with sound figures, and name them."""
    if not left:
        return Recommendation("none", ()), ()
    basis, pool = _pool([row for row in left if row.stack.name not in unfit] or left)
    return _decide(run, capacity, basis, pool), [row.stack.name for row in pool]


def _where_throughput_cannot(
    run: Run,
    table: Table,
    choice: Recommendation,
    candidates: Sequence[str],
    *,
    some_disturbed: bool,
) -> Recommendation:
    """Let capacity per core decide where throughput left much open, or the machine was disturbed.

    All in question have to have kept their CPUs busy. Without it nothing is decided where one that
    has no throughput could be the best.
    """
    if some_disturbed:
        undecided = Recommendation("undecided", choice.stacks, choice.basis, rounds=choice.rounds)
        return _by_core(run, table, candidates) or undecided
    within = choice.max_difference or 0.0
    if choice.kind == "any" and choice.basis == "throughput" and within > UNDECIDED_FROM:
        by_core = _by_core(run, table, choice.stacks)
        return choice if by_core is None else replace(by_core, throughput_within=within)
    return choice


def _by_core(run: Run, table: Table, names: Sequence[str]) -> Recommendation | None:
    """Decide by capacity per core; None where it does not decide, either."""
    if len(names) < 2 or not all(_is_busy(run, table, name) for name in names):  # noqa: PLR2004 - a pair
        return None
    pairs = {pair.b: pair for pair in _with_best(run, table, "cpu_s_per_1000", names)}
    if len(pairs) < len(names) - 1 or any(p.verdict == "no verdict" for p in pairs.values()):
        return None
    (best,) = {pair.a for pair in pairs.values()}
    order = sorted(pairs, key=lambda name: pairs[name].ratio.value)
    group = (best, *(name for name in order if not is_significant(pairs[name])))
    behind = next((name for name in order if name not in group), "")
    bounds = [pairs[name].max_difference or 0.0 for name in group[1:]]
    within = max(bounds, default=None)
    if len(group) == len(names) and (within or 0.0) > UNDECIDED_FROM:
        return None
    return Recommendation(
        "one" if len(group) == 1 else "any",
        group,
        "capacity_per_core",
        behind,
        # Capacity per core is the reciprocal of CPU time per request: `behind` over the best.
        pairs[behind].ratio if behind else None,
        within,
        max(pair.ratio.rounds for pair in pairs.values()),
        with_best=tuple(pairs.values()),
        per_core=tuple(_per_core(run, table)),
    )


def _per_core(run: Run, table: Table) -> Iterator[PerCore]:
    for row in table.rows:
        figure = capacity_per_core(row.cpu_s_per_1000)
        if figure is not None and _is_busy(run, table, row.stack.name):
            yield PerCore(row.stack.name, figure)


def _is_busy(run: Run, table: Table, name: str) -> bool:
    return is_busy(_measured(run, table, name), run.plan.suite.stack(name).workers)


def _measured(run: Run, table: Table, name: str) -> list[Measurement]:
    return [m for m in run.measurements if m.trial.cell == Cell(table.benchmark.name, name)]


def _contradiction(
    run: Run, table: Table, choice: Recommendation, names: Sequence[str]
) -> Contradiction | None:
    """Find the server with the least CPU time per request that is behind the first all the same."""
    if choice.basis != "throughput":
        return None
    first = choice.stacks[0]
    behind = {pair.b: pair for pair in choice.with_best if is_significant(pair)}
    for pair in _with_best(run, table, "cpu_s_per_1000", names):
        if pair.b == first and is_significant(pair) and pair.a in behind:
            own = _measured(run, table, pair.a)
            reason = idle_reason(own, run.plan.suite.stack(pair.a).workers)
            lead = behind[pair.a].ratio.inverse()
            return Contradiction(first, pair.a, lead, pair.ratio, reason, busy_share(own))
    return None


def _pool(left: Sequence[Row]) -> tuple[PairedMetric, Sequence[Row]]:
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


def _decide(run: Run, table: Table, metric: PairedMetric, pool: Sequence[Row]) -> Recommendation:
    basis: Basis = "throughput" if metric == "throughput" else "cpu_s_per_1000"
    names = tuple(row.stack.name for row in _best_first(pool, metric))
    pairs = {pair.b: pair for pair in _with_best(run, table, metric, names)}
    rounds = max((pair.ratio.rounds for pair in pairs.values()), default=0)
    if len(names) == 1:
        return Recommendation("one", names, basis, rounds=rounds)
    if all(pair.verdict == "no verdict" for pair in pairs.values()):
        return Recommendation("undecided", names, basis, rounds=rounds)
    (best,) = {pair.a for pair in pairs.values()}
    names = (best, *(name for name in names if name != best))
    apart = [name for name in names if name in pairs and is_significant(pairs[name])]
    group = tuple(name for name in names if name not in apart)
    behind = next(iter(apart), "")
    bounds = [pairs[name].max_difference for name in group if name in pairs]
    return Recommendation(
        "one" if len(group) == 1 else "any",
        group,
        basis,
        behind,
        ratio_between([pairs[behind]], best, behind) if behind else None,
        max((bound for bound in bounds if bound is not None), default=None),
        rounds,
        with_best=tuple(pairs.values()),
    )


def _with_best(
    run: Run, table: Table, metric: PairedMetric, names: Sequence[str]
) -> tuple[Comparison, ...]:
    """Compare the best of these stacks with the others: as printed, if it is the table's first."""
    shown = [pair for pair in table.with_best if pair.metric == metric]
    known = [pair for pair in shown if pair.a in names and pair.b in names]
    if known and {pair.b for pair in known} | {known[0].a} == set(names):
        return tuple(known)
    return with_best(run, table, metric, names)


def _better_unfit(
    run: Run, table: Table, choice: Recommendation, unfit: Mapping[str, str]
) -> Unfit | None:
    names = tuple(dict.fromkeys((*choice.stacks, *unfit)))
    metric: PairedMetric = "throughput" if choice.basis == "throughput" else "cpu_s_per_1000"
    for pair in _with_best(run, table, metric, names):
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
    """Return the pairs of a metric: those of the best by comparisons with it, as printed."""
    inside = set(names)
    return {
        frozenset((c.a, c.b)): c
        for c in (*table.comparisons, *table.with_best)
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
    if choice.basis == "throughput":
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
