"""Why a table has no figure for a quantile of response times, in sentences."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

from timetrial.analysis.statistics.quantile import TAIL_RESPONSES, TAIL_ROUNDS
from timetrial.model import clause, listed
from timetrial.model.summary import Estimate, Missing, Row, Table

QUANTILES = ("p50", "p90", "p99")


def quantile_of(row: Row, name: str) -> Estimate | Missing:
    return {"p50": row.p50_ns, "p90": row.p90_ns, "p99": row.p99_ns}[name]


def why_quantiles_are_missing(table: Table, shown: Sequence[str]) -> Iterator[str]:
    """Say of each quantile of a table that is not `shown`, or not for all, why that is."""
    scarce: dict[str, list[Row]] = {}
    for q in QUANTILES:
        for why, rows in _rows_without(table, q).items():
            if why.needs_more_responses:
                scarce.setdefault(q, []).extend(rows)
            else:
                yield f"{q} is not given: it {clause(why)} ({_counts(rows)})."
    if scarce:
        yield _too_few_responses(scarce, shown)


def _too_few_responses(scarce: Mapping[str, Sequence[Row]], shown: Sequence[str]) -> str:
    """Write once, for all quantiles of a table, how many responses they need."""
    left_out = [q for q in scarce if q not in shown]
    missing = [*left_out, "the figures with a dash"] if len(left_out) < len(scarce) else left_out
    counts = sorted(row.requests for rows in scarce.values() for row in rows)
    span = f"{counts[0]:,}" if counts[0] == counts[-1] else f"{counts[0]:,} to {counts[-1]:,}"
    return (
        f"Too few responses for {listed(missing)} (n = {span}): a quantile needs at least "
        f"{TAIL_RESPONSES} slower responses, in at least {TAIL_ROUNDS} rounds. Measure for longer."
    )


def _rows_without(table: Table, q: str) -> Mapping[Missing, Sequence[Row]]:
    """Group measured rows by the reason why they lack a quantile, not by their responses."""
    rows: dict[Missing, list[Row]] = {}
    for row in table.rows:
        estimate = quantile_of(row, q)
        void = row.validity.response_time_void
        if isinstance(estimate, Missing) and row.requests and not void:
            rows.setdefault(dataclasses.replace(estimate, count=0), []).append(row)
    return rows


def _counts(rows: Sequence[Row]) -> str:
    """Write 'granian and uvicorn: n = 1,570; uwsgi: n = 780'."""
    by_count: dict[int, list[str]] = {}
    for row in rows:
        by_count.setdefault(row.requests, []).append(row.stack.name)
    return "; ".join(f"{listed(stacks)}: n = {n:,}" for n, stacks in by_count.items())
