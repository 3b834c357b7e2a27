"""Which stacks a run has ahead, benchmark by benchmark: what a list of runs shows. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from timetrial.analysis.recommendation import recommend
from timetrial.analysis.statistics.comparisons import is_significant
from timetrial.model import Comparison, Estimate, Lead, LeadKind, Row, Summary, Table

_BY_RECOMMENDATION: Mapping[str, LeadKind] = {"one": "fastest", "any": "tied"}


def leads(summary: Summary) -> tuple[Lead, ...]:
    """Name who leads in each benchmark; of a race, what it recommends."""
    race_info, choice = summary.run.plan.suite.race_info, recommend(summary)
    if race_info is None or choice is None:
        return tuple(map(lead_of, summary.tables))
    kind = _BY_RECOMMENDATION.get(choice.kind, "undecided")
    stacks = () if kind == "undecided" else choice.stacks
    return (Lead(race_info.capacity, kind, stacks),)


def lead_of(table: Table) -> Lead:
    """Name the stacks that are, or may be, the fastest of a benchmark."""
    name = table.benchmark.name
    measured = [row for row in table.rows if _has_throughput(row)]
    limited = tuple(row.stack.name for row in measured if row.validity.bound_by_client)
    if limited:
        return Lead(name, "limited", limited)
    pairs = {pair.b: pair for pair in table.with_best if pair.metric == "throughput"}
    ranked = [row.stack.name for row in measured if not row.validity.plateau]
    first = next((pair.a for pair in pairs.values() if pair.a in ranked), None)
    if first is None or not _is_decided(pairs):
        return Lead(name, "undecided", ())
    others = [stack for stack in ranked if stack in pairs]
    tied = tuple(stack for stack in others if not is_significant(pairs[stack]))
    if not others:
        return Lead(name, "undecided", ())
    return Lead(name, "tied" if tied else "fastest", (first, *tied))


def _has_throughput(row: Row) -> bool:
    return isinstance(row.throughput, Estimate) and not row.validity.throughput_void


def _is_decided(pairs: Mapping[str, Comparison]) -> bool:
    return any(pair.verdict != "no verdict" for pair in pairs.values())
