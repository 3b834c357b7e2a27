"""A run as one self-contained HTML page, which opens from disk, without a network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from timetrial.analysis.leads import lead_of
from timetrial.model import Interface, StackLife, Summary, duration, size, utc_date, visible
from timetrial.reports.additions import NO_ADDITIONS, Additions
from timetrial.reports.anchors import Anchors
from timetrial.reports.answer import checked
from timetrial.reports.cell_detail import CloseUp, close_ups
from timetrial.reports.cells import cells
from timetrial.reports.charts import Chart, charts
from timetrial.reports.configuration import configuration_view
from timetrial.reports.counts import HEADS, WHY_UNRANKED, count_views
from timetrial.reports.files import write_page
from timetrial.reports.headline import headline
from timetrial.reports.latency_chart import LatencyChart, latency_chart
from timetrial.reports.lead_text import lead_text
from timetrial.reports.page_data import as_script, benchmark_data
from timetrial.reports.page_notes import PageNotes, parted
from timetrial.reports.parts import QUANTILES
from timetrial.reports.ratios import change
from timetrial.reports.redaction import masked
from timetrial.reports.stream_figures import HEADS as STREAM_HEADS
from timetrial.reports.summary_text import passages
from timetrial.reports.table_view import TableView, view
from timetrial.reports.verdict_line import Headline
from timetrial.reports.verdicts import ALL_PAIRS, MetricView, metric_views, verdict


@dataclass(frozen=True, slots=True)
class Section:
    """One benchmark on the page: the verdict, what it is by, then the details."""

    anchor: str
    """Its address within the page."""
    shown: TableView
    headline: Headline
    lead: str
    """Which server leads, in a few words."""
    charts: tuple[Chart, ...]
    latency: LatencyChart | None
    interfaces: tuple[Interface, ...]
    """In the order of their first rows: each has a colour."""
    notes: PageNotes
    checked: tuple[str, ...]
    """Whether requests failed, and how the A/A control came out."""
    metrics: tuple[MetricView, ...]
    close_ups: tuple[CloseUp, ...]


def as_html(summary: Summary, additions: Additions = NO_ADDITIONS) -> str:
    """Return the page, with the sections that features add, without passwords."""
    summary = masked(summary)
    run = summary.run
    sections = list(_sections(summary))
    added = {name: section(summary) for name, section in additions.sections.items()}
    data = {
        "benchmarks": [benchmark_data(s.shown.table, s.close_ups, s.metrics) for s in sections],
        "interfaces": {stack.name: stack.interface for stack in run.plan.suite.stacks},
        **{name: section.drawn for name, section in added.items()},
    }
    return (
        environment()
        .get_template("report.html")
        .render(
            all_pairs=ALL_PAIRS,
            summary=summary,
            run=run,
            suite=run.plan.suite,
            sections=sections,
            added={name: section.shown for name, section in added.items()},
            headline=next((each.headline for each in added.values() if each.headline), None),
            by_name={section.shown.table.benchmark.name: section for section in sections},
            parted=parted,
            data=as_script(data),
            libraries=_libraries(),
            with_code=with_code,
            passages=[with_code(passage) for passage in passages(summary)],
            created=utc_date(run.created_at),
            startups=_startups(run.lives),
            configuration=configuration_view(run),
            counts=count_views(summary),
            count_heads=HEADS,
            why_unranked=WHY_UNRANKED,
            verdict=verdict,
            part_quantiles=QUANTILES,
            stream_heads=STREAM_HEADS,
            change=change,
            duration=duration,
            size=size,
        )
    )


def _sections(summary: Summary) -> Iterator[Section]:
    measured = {cell.validity.cell: cell for cell in cells(summary)}
    anchors = Anchors()
    for table in summary.tables:
        shown = view(summary, table)
        anchor = anchors.of_benchmark(table.benchmark.name)
        details = close_ups(shown, measured, anchors)
        verdict_on = headline(shown)
        yield Section(
            anchor=anchor,
            shown=shown,
            headline=verdict_on,
            lead=verdict_on.label.lower() if shown.is_idle else lead_text(lead_of(table)),
            charts=charts(summary, shown),
            latency=latency_chart(details),
            interfaces=tuple(dict.fromkeys(row.row.stack.interface for row in shown.rows)),
            notes=parted(shown.notes),
            checked=tuple(checked([table])),
            metrics=metric_views(table),
            close_ups=details,
        )


def write_report(summary: Summary, folder: Path, additions: Additions = NO_ADDITIONS) -> Path:
    """Write the page into a folder, which is made if need be, whole or not at all."""
    return write_page(as_html(summary, additions), folder, f"run-{summary.run.number}.html")


@cache
def environment(*more: str) -> Environment:
    """Return the templates of reports, those of `more` packages first."""
    packages = (*more, "timetrial.reports")
    return Environment(
        loader=ChoiceLoader([PackageLoader(package) for package in packages]),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _visible(value: object) -> object:
    """Show what pages without a summary hold of others, too; markup is Timetrial's own."""
    return visible(value) if type(value) is str else value


def with_code(text: str) -> Markup:
    """Escape a text, with what is between backticks as code."""
    return Markup(re.sub(r"`([^`]*)`", r"<code>\1</code>", str(escape(visible(text)))))  # noqa: S704 - escaped first


@cache
def _libraries() -> tuple[Markup, ...]:
    """Read the libraries that draw: Observable Plot, and D3, which it is made with."""
    folder = files("timetrial.reports") / "templates" / "vendor"
    names = ("d3.min.js", "plot.umd.min.js")
    return tuple(Markup((folder / name).read_text("utf-8")) for name in names)  # noqa: S704 - as they were published


def _startups(lives: tuple[StackLife, ...]) -> dict[str, str]:
    """Write how long each stack took from its start to the first correct response."""
    times: dict[str, list[int]] = {}
    for life in lives:
        times.setdefault(life.stack, []).append(life.ready_ns - life.started_ns)
    return {
        stack: duration(min(starts))
        if len(starts) == 1
        else f"{duration(min(starts))} to {duration(max(starts))}"
        for stack, starts in times.items()
    }
