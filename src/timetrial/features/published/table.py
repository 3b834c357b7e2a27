"""The table of published rows and their status: for a terminal, as Markdown and as data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import TypeAdapter
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text

from timetrial.features.published.rows import CollectionRows, DocumentRows
from timetrial.features.published.status import STATUSES, Status
from timetrial.features.published.table_view import (
    HOW_TO_READ,
    TITLE,
    Broken,
    RowLine,
    SummaryLine,
    about_run,
    broken,
    how_counted,
    line,
    summary,
)
from timetrial.features.published.text import claim
from timetrial.reports.grids import figure_cell, prose, ruled, two_lines

_STYLES: dict[Status, str] = {
    "measured": "green", "doubtful": "yellow", "bound": "cyan", "failed": "bold red",
    "not reached": "bold red", "not in this run": "dim",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class RowsDocument:
    """The outermost object of the JSON file."""

    suites: tuple[CollectionRows, ...]
    statuses: tuple[Status, ...]
    summary: tuple[SummaryLine, ...]
    """Counts in the order of `statuses`."""
    format: Literal["timetrial-published-rows"] = "timetrial-published-rows"
    version: int = 1


_ADAPTER: TypeAdapter[RowsDocument] = TypeAdapter(RowsDocument)


def render_rows(collections: Sequence[CollectionRows]) -> RenderableType:
    """Make the table ready to be printed by rich."""
    return _Report(tuple(collections))


def rows_as_json(collections: Sequence[CollectionRows]) -> str:
    """Write everything: rows as printed, caveats, figures, findings, failures and commands."""
    document = RowsDocument(tuple(collections), STATUSES, tuple(summary(collections)))
    return _ADAPTER.dump_json(document, indent=1).decode() + "\n"


@dataclass(frozen=True, slots=True)
class _Report:
    collections: tuple[CollectionRows, ...]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = options.max_width
        yield Text(TITLE, style="bold underline")
        yield _prose([HOW_TO_READ], width, "dim")
        for collection in self.collections:
            for document in collection.documents:
                yield Text(document.name, style="bold")
                yield _grid(document)
            yield from _troubles(broken(collection), width)
        yield Text("What was concluded", style="bold")
        for collection in self.collections:
            yield _prose([f"{collection.title}:", *_conclusions(collection)], width)
        yield Text("Summary", style="bold")
        yield _summary(self.collections)
        yield _prose([how_counted(collection) for collection in self.collections], width)
        yield _prose(
            [about_run(collection.run, collection.suite) for collection in self.collections], width
        )


def _conclusions(collection: CollectionRows) -> Iterator[str]:
    if collection.run is None:
        yield "no run was given."
    for judged in collection.claims:
        yield claim(judged)


def _grid(document: DocumentRows) -> Grid:
    grid = ruled(header_style="bold")
    grid.add_column("server\nbenchmark", overflow="fold")
    for head in ("published\nrequests/s", "here\nrequests/s"):
        grid.add_column(head, justify="right", no_wrap=True)
    grid.add_column("status\nwhy", overflow="fold")
    for row in document.rows:
        shown = line(row)
        grid.add_row(
            two_lines(shown.stack, shown.benchmark),
            Text(f"({shown.published})", style="dim") if shown.void else Text(shown.published),
            figure_cell(shown.here),
            _status(shown),
        )
    return grid


def _status(shown: RowLine) -> Text:
    text = Text(shown.status, style=_STYLES[shown.status])
    return text.append(f"\n{shown.remark}", "dim") if shown.remark else text


def _summary(collections: Sequence[CollectionRows]) -> Grid:
    grid = ruled(header_style="bold")
    grid.add_column("document", overflow="fold")
    for status in STATUSES:
        grid.add_column(status, justify="right")
    grid.add_column("rows", justify="right")
    for shown in summary(collections):
        style = "bold" if shown.is_total else ""
        grid.add_row(shown.name, *map(str, shown.counts), str(shown.rows), style=style)
    return grid


def _troubles(troubles: Sequence[Broken], width: int) -> Iterator[RenderableType]:
    for trouble in troubles:
        when = f" in {trouble.when}" if trouble.when else ""
        text = Text.assemble(
            (f"✗ {trouble.row}: {trouble.status}", "bold red"),
            f"{when}, {trouble.phase}: {trouble.reason}\n",
            ("  again: ", "dim"), trouble.command,
        )  # fmt: skip
        if trouble.log_tail:
            indented = "\n".join(f"  {logged}" for logged in trouble.log_tail.splitlines()[-5:])
            text.append(f"\n{indented}", "dim")
        yield prose(text, width, left=1, below=1)


def _prose(sentences: Sequence[str], width: int, style: str = "") -> Padding:
    return prose(Text("\n".join(sentences), style=style), width, below=1)
