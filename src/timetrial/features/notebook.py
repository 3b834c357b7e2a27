"""A run as a notebook shows it: the verdict, then the figures, then at most three notes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from timetrial.analysis.summarize import summarize
from timetrial.features.race.view import RacePage, race_page
from timetrial.model import Run, utc_date
from timetrial.reports.figures import Figure
from timetrial.reports.html import environment
from timetrial.reports.redaction import masked
from timetrial.reports.stream_figures import HEADS as STREAM_HEADS
from timetrial.reports.summary_text import throughput_verdict
from timetrial.reports.table_view import SEVERITIES, FailureGroup, Note, RowView, TableView, view
from timetrial.reports.terminal import failure_group_text

MOST_NOTES = 3


@dataclass(frozen=True, slots=True)
class FigureTable:
    """The figures of one benchmark, or of a race."""

    title: str
    conditions: str
    verdict: str
    heads: tuple[str, ...]
    """With units; the columns of ranks and of servers have none."""
    rows: tuple[tuple[RowView, tuple[Figure, ...]], ...]
    """The figures are in the order of the heads."""
    ranks: str
    """What ranks mean, or why there are none."""


def notebook_html(run: Run) -> str:
    """Write a run as self-contained HTML in the colours of the notebook.

    Output of servers is escaped, and passwords in URLs are masked.
    """
    summary = masked(summarize(run))
    race = race_page(summary)
    if race is None:
        shown = [view(summary, table) for table in summary.tables]
        tables = [_benchmark_table(table) for table in shown]
        notes = list(_notes(shown))
    else:
        tables = [_race_table(race)]
        notes = [*map(_failure, race.failure_groups), *map(_note, race.notes)]
    template = environment().get_template("notebook.html")
    return template.render(
        run=summary.run,
        created=utc_date(run.created_at),
        complete=summary.complete,
        tables=tables,
        notes=notes[:MOST_NOTES],
        left_out=len(notes[MOST_NOTES:]),
    )


def _race_table(race: RacePage) -> FigureTable:
    ratios = any(not line.row.vs_first.missing for line in race.lines)
    heads = (
        "requests/s",
        *(["vs first"] if ratios else []),
        *(f"{quantile} {where}, ms" for quantile, where in race.latency_heads),
        *(f"{head}, {unit}" for head, unit in race.stream_heads),
        *(["per core"] if race.by_core else []),
        "CPU ms/req",
        "memory, MiB",
        "start, s",
    )
    rows = tuple(
        (
            line.row,
            (
                line.row.throughput, *([line.row.vs_first] if ratios else []),
                *line.latencies_ms, *line.row.streams, *([line.per_core] if race.by_core else []),
                line.row.cpu_s_per_1000,
                line.row.memory_mib, line.start_s,
            ),
        )
        for line in race.lines
    )  # fmt: skip
    conditions = "; ".join(race.conditions)
    return FigureTable(race.title, conditions, race.advice.verdict, heads, rows, race.remarks[0])


def _benchmark_table(shown: TableView) -> FigureTable:
    heads = (
        "requests/s",
        *(["vs first"] if shown.has_ratios else []),
        *(f"{q}, ms" for q in shown.quantiles),
        *(f"{head}, {unit}" for head, unit in STREAM_HEADS if shown.has_streams),
        "CPU ms/req",
        "memory, MiB",
    )
    rows = tuple(
        (
            row,
            (
                row.throughput,
                *([row.vs_first] if shown.has_ratios else []),
                *row.latencies_ms,
                *row.streams,
                row.cpu_s_per_1000,
                row.memory_mib,
            ),
        )
        for row in shown.rows
    )
    verdict = " ".join(throughput_verdict(shown))
    return FigureTable(shown.title, shown.conditions, verdict, heads, rows, shown.remarks[0])


def _notes(shown: Sequence[TableView]) -> Iterator[str]:
    """List what failed, then the findings of all benchmarks, the gravest first."""
    failures = (group for table in shown for group in table.failure_groups)
    yield from dict.fromkeys(map(_failure, failures))
    noted = [(table.title, note) for table in shown for note in table.notes]
    for title, note in sorted(noted, key=lambda found: SEVERITIES.index(found[1].severity)):
        yield _note(note) if len(shown) == 1 else f"{title}: {_note(note)}"


def _failure(group: FailureGroup) -> str:
    return failure_group_text(group).plain


def _note(note: Note) -> str:
    first, *others = note.texts
    return f"{note.severity}: {note.name}. {first}{' Others likewise.' if others else ''}"
