"""Two runs side by side, for a terminal: configuration first, then figures, then words."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text

from timetrial.compare import METRICS
from timetrial.reports.figures import NONE
from timetrial.reports.ratios import change
from timetrial.reports.terminal import RULED
from timetrial.reports.view import listed
from timetrial.stats.comparisons import ROUNDS_FOR_VERDICT
from timetrial.summary import Estimate, Missing

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult

    from timetrial.run_comparison import (
        Area,
        CellComparison,
        Change,
        Difference,
        RunComparison,
    )
    from timetrial.summary import Metric

_READABLE = 100
_LONGEST_VALUE = 60
_HEADS: Mapping[Metric, tuple[str, str]] = {
    "throughput": ("requests/s", "more is better"),
    "p50_ns": ("p50", "less is better"),
    "p99_ns": ("p99", "less is better"),
    "cpu_s_per_1000": ("CPU s/1,000", "less is better"),
    "memory_bytes": ("memory", "less is better"),
}
_CHANGED: Mapping[Metric, str] = {
    "throughput": "requests a second",
    "p50_ns": "median response time",
    "p99_ns": "p99 of response time",
    "cpu_s_per_1000": "CPU time per request",
    "memory_bytes": "memory",
}
_AREAS: Mapping[Area, str] = {
    "machine": "machine",
    "timetrial": "Timetrial",
    "suite": "suite",
    "load": "load",
    "stack": "stack",
}


def render_comparison(comparison: RunComparison) -> RenderableType:
    """Make everything that a comparison says ready to be printed by rich."""
    return _Report(comparison)


def refusal(comparison: RunComparison) -> str | None:
    """Say in one sentence why figures of these runs cannot be compared; None if they can."""
    barred = [_named(each) for each in comparison.barriers]
    if not barred:
        return None
    return (
        f"runs {comparison.a} and {comparison.b} cannot be compared: {'; '.join(barred)}; "
        f"--anyway compares them nevertheless"
    )


def words(comparison: RunComparison) -> tuple[str, ...]:
    """Say in plain English what the figures say, and what they cannot."""
    return tuple(_words(comparison))


@dataclass(frozen=True, slots=True)
class _Report:
    comparison: RunComparison

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        comparison, margin = self.comparison, max(0, options.max_width - _READABLE)
        if comparison.barriers:
            yield Padding(_warning(comparison), (0, margin, 1, 0))
        yield Text("Configuration", style="bold underline")
        yield from _configuration(comparison)
        yield Text()
        for contest in dict.fromkeys(each.cell.contest for each in comparison.cells):
            cells = [each for each in comparison.cells if each.cell.contest == contest]
            yield Text.assemble(
                (contest, "bold underline"),
                (f"\nrun {comparison.b} against run {comparison.a}", "dim"),
            )
            yield _figures(cells)
            yield Text()
        for passage in words(comparison):
            yield Padding(Text(passage), (0, margin, 1, 0))


def _warning(comparison: RunComparison) -> Text:
    return Text(
        "Compared although figures of these runs are not comparable: "
        f"{'; '.join(map(_named, comparison.barriers))}.",
        style="bold red",
    )


def _named(difference: Difference) -> str:
    where = f" of {listed(difference.subjects)}" if difference.subjects else ""
    area = "" if difference.area == "load" else f"{_AREAS[difference.area]}: "
    return f"{area}{difference.what}{where} {difference.a!r} against {difference.b!r}"


def _configuration(comparison: RunComparison) -> Iterator[RenderableType]:
    if comparison.differences:
        grid = _grid()
        for head in ("of", "what differs", f"run {comparison.a}", f"run {comparison.b}"):
            grid.add_column(Text(head, style="bold"), overflow="fold")
        for each in comparison.differences:
            subject = listed(each.subjects) or _AREAS[each.area]
            style = "bold red" if each.bars else ""
            values = (Text(_shortened(value), style=style) for value in (each.a, each.b))
            grid.add_row(Text(subject, style="bold"), each.what, *values)
        yield grid
    else:
        yield Text("Nothing differs in what is recorded of machine, load and stacks.")
    if comparison.not_recorded:
        unknown = f"Not recorded, and so not compared: {'; '.join(comparison.not_recorded)}."
        yield Text(unknown, style="dim")


def _shortened(value: str) -> str:
    return textwrap.shorten(value, _LONGEST_VALUE, placeholder=" …")


def _figures(cells: Sequence[CellComparison]) -> Grid:
    grid = _grid()
    grid.add_column(Text.assemble(("server", "bold"), "\n"), overflow="fold")
    for metric in METRICS:
        first, second = _HEADS[metric]
        grid.add_column(
            Text.assemble((first, "bold"), (f"\n{second}", "dim")), justify="right", no_wrap=True
        )
    for each in cells:
        name = Text(each.cell.stack, style="bold")
        grid.add_row(name, *(_ratio(change_) for change_ in each.changes))
    return grid


def _grid() -> Grid:
    return Grid(
        box=RULED,
        padding=(0, 1),
        collapse_padding=True,
        pad_edge=False,
        border_style="dim",
        header_style="none",
    )


def _ratio(changed: Change) -> Text:
    if isinstance(changed.ratio, Missing):
        return Text(NONE, style="dim")
    value, space, interval = change(changed.ratio).partition(" [")
    text = Text(value, style=_style(changed))
    return text.append(f"\n[{interval}", style="dim") if space else text


def _style(changed: Change) -> str:
    if changed.verdict not in {"higher", "lower"}:
        return ""
    better = (changed.verdict == "higher") == (changed.metric == "throughput")
    return "bold green" if better else "bold red"


def _words(comparison: RunComparison) -> Iterator[str]:
    if not comparison.cells:
        return
    decided = [
        sentence for each in comparison.cells for sentence in _sentences(each, comparison)
    ]  # fmt: skip
    yield " ".join(decided) or _nothing_found(comparison)
    yield " ".join(_limits(comparison))


def _sentences(each: CellComparison, comparison: RunComparison) -> Iterator[str]:
    proven = [
        f"{_CHANGED[found.metric]} {found.verdict} by {_by(found.ratio)}"
        for found in each.changes
        if found.verdict in {"higher", "lower"} and isinstance(found.ratio, Estimate)
    ]
    if proven:
        cell = each.cell
        yield f"In {cell.contest}, {cell.stack} has in run {comparison.b} {listed(proven)}."


def _by(ratio: Estimate) -> str:
    value, space, interval = change(ratio).partition(" [")
    shown = value.lstrip("+-")
    return f"{shown} [{interval}" if space else shown


def _nothing_found(comparison: RunComparison) -> str:
    if _undecided(comparison):
        return "Nothing is decided."
    return "No difference between the two runs is proven."


def _undecided(comparison: RunComparison) -> bool:
    return all(found.p_adjusted is None for each in comparison.cells for found in each.changes)


def _limits(comparison: RunComparison) -> Iterator[str]:
    rounds = min(
        (f.ratio.rounds for c in comparison.cells for f in c.changes
         if isinstance(f.ratio, Estimate)),
        default=0,
    )  # fmt: skip
    if rounds < ROUNDS_FOR_VERDICT:
        yield (
            f"A verdict takes {ROUNDS_FOR_VERDICT} rounds in each run; the one that has fewer "
            f"has {rounds}."
        )
    yield (
        "Rounds of different runs are not paired: what the machine did in the time between them "
        "counts as a difference, and no interval holds it. Measured in turn in one run, the same "
        "stacks are told apart more finely and more surely."
    )
    for number, cells in (
        (comparison.a, comparison.only_in_a),
        (comparison.b, comparison.only_in_b),
    ):
        if cells:
            named = listed([f"{cell.stack} in {cell.contest}" for cell in cells])
            yield f"Only run {number} has {named}."
