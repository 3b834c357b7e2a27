"""The page of a race for a terminal: one table, the recommendation, and what limits it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.table import Table as Grid
from rich.text import Text

from timetrial.features.race.view import Line, RacePage, race_page
from timetrial.model import Deployment, Summary
from timetrial.reports import terminal
from timetrial.reports.figures import TIMES
from timetrial.reports.grids import figure_cell, fits, prose, ruled, two_lines
from timetrial.reports.terminal import failure_group_text, note_text, server_text

_NARROW = 90
"""On a narrower terminal the memory makes room: the recommendation names it where it matters."""


def render(summary: Summary) -> RenderableType:
    """Make a run ready to be printed by rich: a race with its recommendation."""
    page = race_page(summary)
    return terminal.render(summary) if page is None else render_race(page)


def render_race(page: RacePage) -> RenderableType:
    """Make the page of a race ready to be printed by rich."""
    return _Page(page)


@dataclass(frozen=True, slots=True)
class _Page:
    page: RacePage

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        page, width = self.page, options.max_width
        roomy, tight = _grid(page, roomy=True), _grid(page, roomy=False)
        conditions = "".join(f"\n{condition}" for condition in page.conditions)
        yield Text.assemble((page.title, "bold underline"), (conditions, "dim"))
        narrow = _grid(page, roomy=False, memory=width >= _NARROW)
        yield next((grid for grid in (roomy, tight) if fits(grid, console, options)), narrow)
        for text in (*map(failure_group_text, page.failure_groups), *map(note_text, page.notes)):
            yield prose(text, width, left=1)
        yield prose(Text(" ".join(page.remarks), style="dim"), width, left=1)
        if page.excluded_servers:
            yield Text()
            yield Text("Not in this race", style="bold")
            for sentence in page.excluded_servers:
                yield prose(Text(sentence), width, left=1)
        yield Text()
        yield Text("Recommendation", style="bold underline")
        for number, paragraph in enumerate(page.advice.paragraphs):
            yield prose(Text(paragraph, style="bold" if not number else ""), width)
        for deployment in page.commands:
            yield Text()
            yield from command_lines(deployment, width, several=len(page.commands) > 1)
        for paragraph in page.limits:
            yield Text()
            yield prose(Text(paragraph, style="dim"), width)


def _grid(page: RacePage, *, roomy: bool, memory: bool = True) -> Grid:
    race_plan = ruled(roomy=roomy)
    race_plan.add_column(Text(" "), style="bold green", no_wrap=True)
    shape = f"{'interface · ' if roomy else ''}workers {TIMES} threads"
    race_plan.add_column(two_lines("server", shape), overflow="fold")
    heads = [
        ("requests/s", "95 % interval"),
        *([("vs first", "95 %")] if _any_ratio(page) else []),
        *((f"{quantile} ms", where) for quantile, where in page.latency_heads),
        *page.stream_heads,
        *([("per core", "95 % interval")] if page.by_core else []),
        *([("CPU ms/req", "95 % interval")] if _shows_cpu_time(page, roomy=roomy) else []),
        *([("memory", "MiB")] if memory else []),
        ("start", "s"),
        *([("failed", "")] if _any_failed(page) else []),
    ]
    for first, second in heads:
        race_plan.add_column(two_lines(first, second), justify="right", no_wrap=True)
    for line in page.lines:
        cells = _cells(page, line, roomy=roomy, memory=memory)
        race_plan.add_row(line.row.rank, server_text(line.row), *cells)
    return race_plan


def _any_failed(page: RacePage) -> bool:
    return any(line.failed != "0" for line in page.lines if line.row.row.requests)


def _shows_cpu_time(page: RacePage, *, roomy: bool) -> bool:
    """Capacity per core is its reciprocal, and takes its place where there is little room."""
    return roomy or not page.by_core


def _any_ratio(page: RacePage) -> bool:
    return any(not line.row.vs_first.missing for line in page.lines)


def _cells(page: RacePage, line: Line, *, roomy: bool, memory: bool) -> Iterator[Text]:
    yield figure_cell(line.row.throughput, marks=line.marks)
    if _any_ratio(page):
        yield figure_cell(line.row.vs_first)
    for latency in line.latencies_ms:
        yield figure_cell(latency, interval=roomy)
    for figure in line.row.streams:
        yield figure_cell(figure, interval=roomy)
    if page.by_core:
        yield figure_cell(line.per_core)
    if _shows_cpu_time(page, roomy=roomy):
        yield figure_cell(line.row.cpu_s_per_1000)
    if memory:
        yield figure_cell(line.row.memory_mib, interval=False)
    yield figure_cell(line.start_s, interval=False)
    if _any_failed(page):
        yield Text(line.failed, style="" if line.failed in {"0", "–"} else "bold red")


def command_lines(
    deployment: Deployment, width: int, *, several: bool = False
) -> Iterator[RenderableType]:
    """Lay out how a stack is installed and run, and its other needs."""
    stack = f"{deployment.stack}: " if several else ""
    if deployment.packages:
        install = f"pip install {' '.join(map(_quoted, deployment.packages))}"
        yield Text.assemble((stack, "bold"), install)
    # A command is copied: nothing may break its line but the terminal itself.
    yield Text(deployment.command_line, style="green", overflow="fold", no_wrap=False)
    for need in deployment.needs:
        yield prose(Text(need), width)


def _quoted(package: str) -> str:
    return f"'{package}'" if "[" in package else package
