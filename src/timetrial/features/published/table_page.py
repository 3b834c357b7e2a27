"""The table of published rows and their status, as an HTML page and as Markdown, in files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from timetrial.features.published.rows import CollectionRows
from timetrial.features.published.status import STATUSES
from timetrial.features.published.table import rows_as_json
from timetrial.features.published.table_view import (
    HOW_TO_READ,
    MEANINGS,
    NO_LOG,
    TITLE,
    Broken,
    RowLine,
    about_run,
    broken,
    how_counted,
    line,
    summary,
)
from timetrial.features.published.text import claim
from timetrial.reports.files import write_page
from timetrial.reports.html import environment, with_code
from timetrial.reports.markdown import table

NAME = "published-rows"


def write_rows(collections: Sequence[CollectionRows], folder: Path) -> tuple[Path, ...]:
    """Write published-rows.json, .html and .md into a folder, which is made if need be."""
    return (
        write_page(rows_as_html(collections), folder, f"{NAME}.html"),
        write_page(rows_as_markdown(collections), folder, f"{NAME}.md"),
        write_page(rows_as_json(collections), folder, f"{NAME}.json"),
    )


def rows_as_html(collections: Sequence[CollectionRows]) -> str:
    return (
        environment()
        .get_template("rows.html")
        .render(
            title=TITLE,
            how_to_read=HOW_TO_READ,
            found=collections,
            statuses=STATUSES,
            meanings=MEANINGS,
            no_log=NO_LOG,
            summary=tuple(summary(collections)),
            how_counted=how_counted,
            about_run=about_run,
            broken=broken,
            line=line,
            claim=lambda judged: with_code(claim(judged)),
            with_code=with_code,
        )
    )


def rows_as_markdown(collections: Sequence[CollectionRows]) -> str:
    return "\n".join(_markdown(collections)) + "\n"


def _markdown(collections: Sequence[CollectionRows]) -> Iterator[str]:
    yield from (f"# {TITLE}", "", HOW_TO_READ, "")
    heads = ("document", *STATUSES, "rows")
    lines = [
        (summary_line.name, *map(str, summary_line.counts), str(summary_line.rows))
        for summary_line in summary(collections)
    ]
    yield from table(heads, [[*map(_in_cell, cells)] for cells in lines], left=1)
    for status in STATUSES:
        yield f"- *{status}*: {MEANINGS[status]}."
    yield ""
    for collection in collections:
        yield f"- {how_counted(collection)}"
        notes = (
            "" if collection.run is None else "".join(f" {note}" for note in collection.run.notes)
        )
        yield f"- {about_run(collection.run, collection.suite)}{notes}"
    for collection in collections:
        yield from ("", f"## {collection.title}", "")
        yield from (f"- {claim(judged)}" for judged in collection.claims)
        for document in collection.documents:
            yield from ("", f"### {document.name}", "")
            heads = (
                "no.",
                "server",
                "benchmark",
                "published",
                "here",
                "95 % interval",
                "status",
                "why",
            )
            rows = [[*map(_in_cell, _cells(line(row)))] for row in document.rows]
            yield from table(heads, rows, left=len(heads))
        for trouble in broken(collection):
            yield from _trouble(trouble)


def _cells(shown: RowLine) -> tuple[str, ...]:
    published = f"~~{shown.published}~~" if shown.void else shown.published
    return (
        str(shown.number), shown.stack, shown.benchmark, published, shown.here.text,
        shown.here.interval or "", shown.status, shown.remark,
    )  # fmt: skip


def _in_cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def _trouble(trouble: Broken) -> Iterator[str]:
    when = f" in {trouble.when}" if trouble.when else ""
    yield from ("", f"**{trouble.row}**: {trouble.status}{when}, {trouble.phase}: {trouble.reason}")
    yield from ("", "```console", f"$ {trouble.command}", *trouble.log_tail.splitlines(), "```")
    if not trouble.log_tail:
        yield from ("", NO_LOG)
