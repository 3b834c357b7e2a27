"""Published figures compared with a run of ours, as an HTML page."""

from __future__ import annotations

from pathlib import Path

from timetrial.features.published.comparison import PublishedComparison
from timetrial.features.published.terminal import kinds_of_doubt, tool_figure
from timetrial.features.published.text import ONLY_RATIOS, claim, directions, driven, order
from timetrial.model import NS_PER_MS, Summary, significant
from timetrial.reports.figures import DASH, figure
from timetrial.reports.files import write_page
from timetrial.reports.html import environment, with_code


def published_as_html(comparison: PublishedComparison, summary: Summary) -> str:
    """Write the page with all rows, also those of benchmarks that are not in the run."""
    kinds = kinds_of_doubt(comparison.lines)
    return (
        environment()
        .get_template("published.html")
        .render(
            beside=comparison,
            run=summary.run,
            documents=tuple(dict.fromkeys(line.row.document for line in comparison.lines)),
            kinds=kinds,
            numbers={name: number for number, name in enumerate(kinds, start=1)},
            only_ratios=ONLY_RATIOS,
            order=tuple(order(comparison)),
            directions=tuple(directions(comparison)),
            claim=lambda judged: with_code(claim(judged)),
            with_code=with_code,
            figure=figure,
            ms_per_ns=1 / NS_PER_MS,
            ratio=lambda value: DASH if value is None else f"{value:.3g}",
            significant=significant,
            driven=driven(comparison),
            tool_figure=tool_figure,
        )
    )


def write_published(
    comparison: PublishedComparison, summary: Summary, folder: Path, *, first: bool = True
) -> Path:
    """Write the page into a folder, which is made if need be, whole or not at all.

    With several load generators, the pages of all but the `first` are named after them.
    """
    suffix = "" if first else f"-{comparison.driver}"
    name = f"run-{summary.run.number}-published{suffix}.html"
    return write_page(published_as_html(comparison, summary), folder, name)
