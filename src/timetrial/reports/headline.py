"""The verdict on a benchmark in one line: which servers are the fastest, and by how much."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from timetrial.analysis.checks.thresholds import BEHIND, NOT_HELD
from timetrial.analysis.statistics.comparisons import ROUNDS_FOR_VERDICT, is_significant
from timetrial.analysis.statistics.design import LOOKS
from timetrial.model import Comparison, OpenLoad, listed
from timetrial.reports.figures import DASH
from timetrial.reports.ranking import ratio_figure, with_first
from timetrial.reports.table_view import RowView, TableView
from timetrial.reports.verdict_line import Headline, named
from timetrial.reports.verdicts import percent


def headline(shown: TableView) -> Headline:
    """Return the verdict on throughput; of connections that were held, who held them all."""
    return _held(shown) if shown.is_idle else _fastest(shown)


def _fastest(shown: TableView) -> Headline:
    """Judge by the intervals of the column 'vs first'."""
    measured = [row for row in shown.rows if not row.throughput.missing]
    limited = [row for row in measured if row.validity.bound_by_client]
    pairs = with_first(shown.table)
    ranked = [row for row in measured if row.rank and not row.validity.plateau]
    if not measured:
        return Headline("NO FIGURES", "no server was measured: the notes say why.")
    if limited:
        return _limited(shown, limited, [row for row in ranked if row not in limited])
    top = next((row for row in ranked if row.name not in pairs), None)
    others = [row for row in ranked if row is not top]
    if top is None or not others:
        return _undecided(shown, measured)
    tied = [row for row in others if not is_significant(pairs[row.name])]
    behind = [row for row in others if row not in tied]
    if not behind:
        return Headline("NO CLEAR WINNER", f"{_alike([top, *tied], tied, pairs)}.")
    ahead = f"{top.name} serves {_margins([behind[0], behind[-1]], pairs)}."
    if not tied:
        return Headline("FASTEST", ahead, decided=True)
    return Headline("FASTEST", f"{_alike([top, *tied], tied, pairs)}. {ahead}", decided=True)


def _held(shown: TableView) -> Headline:
    wanted = f"{shown.table.benchmark.load.connections:,} connections"
    measured = [row for row in shown.rows if row.row.requests]
    if not measured:
        return Headline("NO FIGURES", "no server was measured: the notes say why.")
    short_of = {f.cell.stack for f in shown.table.findings if f.name == NOT_HELD.name}
    held = [row for row in measured if row.name not in short_of]
    short = [row for row in measured if row not in held]
    fewer = "; ".join(f"{row.name} {row.held.text}" for row in short)
    if not held:
        return Headline("NOT ALL HELD", f"of {wanted} were open at the end: {fewer}.", failed=True)
    memory = [row for row in held if not row.connection_kib.missing]
    ends = [memory[0], memory[-1]] if len(memory) > 1 else memory
    amounts = " to ".join(f"{row.connection_kib.text} KiB ({row.name})" for row in ends)
    each = f", for {amounts} each" if amounts else ""
    who = "all servers" if not short and len(held) > 1 else named([row.name for row in held])
    text = f"{who} held all {wanted}{each}."
    return Headline("HELD", f"{text} Fewer: {fewer}." if fewer else text, decided=True)


def _alike(
    group: Sequence[RowView], tied: Sequence[RowView], pairs: Mapping[str, Comparison]
) -> str:
    of_tied = [pairs[row.name] for row in tied]
    names = named([row.name for row in group])
    if all(pair.verdict == "equivalent" for pair in of_tied):
        within = max(pair.equivalent_within or 0.0 for pair in of_tied)
        return f"{names}: equal within {100 * within:g} %"
    differences = [pair.max_difference for pair in of_tied]
    most = max((each for each in differences if each is not None), default=None)
    at_most = "" if most is None else f" (at most {percent(most)})"
    return f"{names}: no detectable difference{at_most}"


def _margins(rows: Sequence[RowView], pairs: Mapping[str, Comparison]) -> str:
    texts: list[str] = []
    for row in dict.fromkeys(row.name for row in rows):
        pair = pairs[row]
        ratio = ratio_figure(dataclasses.replace(pair, ratio=pair.ratio.inverse()))
        interval = f" [{ratio.interval.replace(DASH, ', ')}]" if ratio.interval else ""
        as_many = "" if texts else " as many requests as"
        texts.append(f"{ratio.text}x{interval}{as_many} {row}")
    return listed(texts)


def _limited(shown: TableView, limited: Sequence[RowView], rest: Sequence[RowView]) -> Headline:
    load = shown.table.benchmark.load
    late = [row for row in limited if _fell_behind(shown, row)]
    in_time = [row for row in limited if row not in late]
    sentences = []
    if in_time:
        names = named([row.name for row in in_time])
        reached = f"reached the limit of {load}"
        if isinstance(load, OpenLoad):
            reached = f"answered all of {load.rate_per_s:,g} requests a second"
        sentences.append(f"{names} {reached}: the maximum was not measured.")
    if late:
        sentences.append(f"{named([row.name for row in late])} fell behind.")
    if rest and in_time:
        behind = named([row.name for row in rest])
        sentences.append(f"{behind} did not reach that.")
    return Headline("LOAD WAS THE LIMIT" if in_time else "FELL BEHIND", " ".join(sentences))


def _fell_behind(shown: TableView, row: RowView) -> bool:
    return any(
        finding.name == BEHIND.name and finding.cell.stack == row.row.stack.name
        for finding in shown.table.findings
    )


def _undecided(shown: TableView, measured: Sequence[RowView]) -> Headline:
    top, *others = measured
    interval = f" [{top.throughput.interval}]" if top.throughput.interval else ""
    highest = f"{top.name} {top.throughput.text}{interval} requests a second"
    if not others:
        return Headline("ONE FIGURE", f"{highest}: there is no other to compare it with.")
    rounds = max((pair.ratio.rounds for pair in shown.table.comparisons), default=0)
    if rounds < ROUNDS_FOR_VERDICT:
        sound = f"{rounds} {'was' if rounds == 1 else 'were'} sound"
        why = f"a verdict takes {ROUNDS_FOR_VERDICT} rounds, {sound}"
    elif any(pair.provisional for pair in shown.table.comparisons):
        look = next((look for look in LOOKS if look > rounds), LOOKS[-1])
        why = f"the next look comes after {look} rounds, {rounds} are there"
    else:
        why = "the notes say why"
    return Headline("NOT DECIDED", f"{why}. Highest so far: {highest}.")
