"""Published figures compared with a run of ours: for a terminal, and as data."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text

from timetrial.features.published.claims import JudgedClaim
from timetrial.features.published.comparison import ComparedRow, PublishedComparison
from timetrial.features.published.row import Caveat
from timetrial.features.published.text import ONLY_RATIOS, claim, directions, driven, order
from timetrial.features.published.tool_comparison import ToolFigureComparison
from timetrial.model import NS_PER_MS, Summary, listed, significant
from timetrial.model.summary import Missing
from timetrial.reports.figures import DASH, figure
from timetrial.reports.grids import figure_cell, prose, ruled, superscripts, two_lines

_ADAPTER: TypeAdapter[PublishedComparison] = TypeAdapter(PublishedComparison)
_WIDE = 100
"""From so many columns on, latencies have room."""
_STYLES = {"holds": "green", "holds in part": "green", "does not hold": "bold red"}


def render_published(comparison: PublishedComparison, summary: Summary) -> RenderableType:
    """Make the comparison ready to be printed by rich."""
    return _Report(comparison, summary)


def as_json_with(report: str, found: Sequence[PublishedComparison]) -> str:
    """Write a run's report, which is JSON, with one more key, `published`.

    With several load generators it is of the first, and `published_by` has all by name.
    """
    document: dict[str, Any] = json.loads(report)
    by_driver = {
        comparison.driver: _ADAPTER.dump_python(comparison, mode="json") for comparison in found
    }
    document["published"] = next(iter(by_driver.values()))
    if len(by_driver) > 1:
        document["published_by"] = by_driver
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def shown_lines(comparison: PublishedComparison, summary: Summary) -> tuple[ComparedRow, ...]:
    """Choose the lines whose benchmark is part of the run."""
    benchmarks = {table.benchmark.name for table in summary.tables}
    return tuple(line for line in comparison.lines if line.row.cell.benchmark in benchmarks)


def kinds_of_doubt(lines: Sequence[ComparedRow]) -> dict[str, list[tuple[ComparedRow, Caveat]]]:
    """Group the caveats on some lines by name, in the order of their first appearance."""
    found: dict[str, list[tuple[ComparedRow, Caveat]]] = {}
    for line in lines:
        for caveat in line.doubts:
            found.setdefault(caveat.name, []).append((line, caveat))
    return found


@dataclass(frozen=True, slots=True)
class _Report:
    comparison: PublishedComparison
    summary: Summary

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        comparison, width = self.comparison, options.max_width
        lines = shown_lines(comparison, self.summary)
        kinds = kinds_of_doubt(lines)
        run = f"run {self.summary.run.number}{driven(comparison)}"
        title = f"Published figures beside {run}: {comparison.title}"
        yield Text(title, style="bold underline")
        yield _prose([ONLY_RATIOS], width, style="dim")
        for document in dict.fromkeys(line.row.document for line in lines):
            here = [line for line in lines if line.row.document == document]
            yield Text(document, style="bold")
            yield _grid(here, list(kinds), wide=width >= _WIDE)
        yield from _footnotes(comparison, lines, kinds, width)
        yield from tool_grids(lines)
        yield _prose([*order(comparison), *directions(comparison)], width)
        yield Text("What was concluded", style="bold")
        yield _conclusions(comparison.claims)
        for judged in comparison.claims:
            yield _prose([claim(judged)], width)


def _grid(lines: Sequence[ComparedRow], numbers: Sequence[str], *, wide: bool) -> Grid:
    grid = ruled()
    grid.add_column(two_lines("server", "benchmark"), overflow="fold")
    for first, second in _figure_heads(wide=wide):
        grid.add_column(two_lines(first, second), justify="right", no_wrap=True)
    for line in lines:
        name = two_lines(line.row.cell.stack, line.row.cell.benchmark)
        grid.add_row(name, *_line_cells(line, numbers, wide=wide))
    return grid


def _figure_heads(*, wide: bool) -> Iterator[tuple[str, str]]:
    yield "published", "requests/s"
    if wide:
        yield "mean", "ms"
    yield "here", "requests/s"
    if wide:
        yield "p50", "ms"
    yield "published", "ratio"
    yield "here", "ratio"


def _line_cells(line: ComparedRow, numbers: Sequence[str], *, wide: bool) -> Iterator[Text]:
    yield _published_throughput(line, numbers)
    if wide:
        yield _published_figure(line, "latency", line.row.latency_mean_us / 1e3)
    yield figure_cell(figure(line.throughput))
    if wide:
        yield figure_cell(figure(line.p50_ns, 1 / NS_PER_MS))
    yield _ratio(line.their_ratio)
    yield _ratio(line.our_ratio)


def _published_throughput(line: ComparedRow, numbers: Sequence[str]) -> Text:
    marks = sorted({numbers.index(caveat.name) + 1 for caveat in line.doubts})
    text = Text(superscripts(marks), style="cyan")
    return text.append(" " if marks else "").append_text(
        _published_figure(line, "throughput", line.row.requests_per_s)
    )


def _published_figure(line: ComparedRow, what: str, value: float) -> Text:
    """Put void figures into brackets: they are shown because they were printed."""
    if any(what in caveat.voids for caveat in line.doubts):
        return Text(f"({significant(value)})", style="dim")
    return Text(significant(value))


def _ratio(ratio: float | None) -> Text:
    return Text(DASH, style="dim") if ratio is None else Text(f"{ratio:.3g}")


def _footnotes(
    comparison: PublishedComparison,
    lines: Sequence[ComparedRow],
    kinds: dict[str, list[tuple[ComparedRow, Caveat]]],
    width: int,
) -> Iterator[RenderableType]:
    for number, (name, found) in enumerate(kinds.items(), start=1):
        line, caveat = max(found, key=lambda each: len(each[1].voids))
        severities = listed(list(dict.fromkeys(caveat.severity for _, caveat in found)))
        rows = f"{len(found)} rows, as " if len(found) > 1 else ""
        mark = superscripts((number,))
        text = f"{mark} {severities}: {name}  {rows}{line.row.name}: {caveat.evidence}"
        yield prose(Text(text), width, left=1)
    for reason, names in _not_measured(lines).items():
        text = f"not measured: {listed(names)} ({reason})"
        yield prose(Text(text, style="dim"), width, left=1)
    left_out = len(comparison.lines) - len(lines)
    if left_out:
        text = f"{left_out} published rows of benchmarks that are no part of this run are left out."
        yield prose(Text(text, style="dim"), width, left=1)
    yield Text()


def _not_measured(lines: Sequence[ComparedRow]) -> dict[str, list[str]]:
    reasons: dict[str, list[str]] = {}
    for line in lines:
        if isinstance(line.throughput, Missing):
            reasons.setdefault(line.throughput.reason, []).append(line.row.name)
    return {reason: list(dict.fromkeys(names)) for reason, names in reasons.items()}


def _conclusions(claims: Sequence[JudgedClaim]) -> Grid:
    grid = ruled(header_style="bold")
    grid.add_column("claim", overflow="fold")
    grid.add_column("by its own figures", no_wrap=True)
    grid.add_column("here", no_wrap=True)
    for judged in claims:
        here = Text(judged.here, style=_STYLES.get(judged.here, "dim"))
        grid.add_row(judged.claim.says, judged.published, here)
    return grid


def _prose(sentences: Sequence[str], width: int, style: str = "") -> Padding:
    return prose(Text("\n".join(sentences), style=style), width, below=1)


CHOSEN: Mapping[str, Sequence[str]] = {
    "wrk": (
        "latency stdev", "transfer/s", "connect errors", "read errors", "write errors",
        "non-2xx or 3xx",
    ),
    "k6": (
        "blocked p(95)", "sending p(95)", "waiting p(95)", "receiving p(95)", "iteration med",
        "iteration p(95)",
    ),
}  # fmt: skip
"""What a terminal has room for; the page and the JSON have all."""


def tool_figure(value: float | None) -> str:
    """Write one figure of a tool, or a dash."""
    return DASH if value is None else significant(value)


def tool_grids(lines: Sequence[ComparedRow]) -> Iterator[Grid]:
    """Lay out a table for each load generator with rows of its own: two lines a row."""
    for tool, names in CHOSEN.items():
        lines_of_tool = [line for line in lines if line.tool and line.row.figures.tool == tool]
        if lines_of_tool:
            yield _tool_grid(tool, names, lines_of_tool)


def _tool_grid(tool: str, names: Sequence[str], lines: Sequence[ComparedRow]) -> Grid:
    grid = ruled(header_style="bold")
    grid.title = f"{tool}'s own figures: published, and below them here"
    grid.title_justify = "left"
    grid.add_column("server\nbenchmark", overflow="fold")
    for head in _chosen_figures(lines[0], names):
        unit = head.unit or "count"
        grid.add_column(f"{head.name.replace(' ', chr(10), 1)}\n{unit}", justify="right")
    for line in lines:
        name = two_lines(line.row.cell.stack, line.row.cell.benchmark)
        grid.add_row(name, *map(_published_and_here, _chosen_figures(line, names)))
    return grid


def _chosen_figures(line: ComparedRow, names: Sequence[str]) -> list[ToolFigureComparison]:
    by_name = {compared.name: compared for compared in line.tool}
    return [by_name[name] for name in names if name in by_name]


def _published_and_here(compared: ToolFigureComparison) -> Text:
    here = "\n" + tool_figure(compared.here)
    return Text.assemble((tool_figure(compared.published), "dim"), here)
