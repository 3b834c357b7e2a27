"""Two runs side by side, for a terminal: configuration first, then figures, then words."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.table import Table as Grid
from rich.text import Text

from timetrial.analysis.statistics.comparisons import ROUNDS_FOR_VERDICT
from timetrial.model import (
    COMPARED,
    METRICS,
    Area,
    CellComparison,
    Change,
    Difference,
    Metric,
    RunComparison,
    listed,
)
from timetrial.model.summary import Estimate, Missing
from timetrial.reports.figures import NONE
from timetrial.reports.grids import fits, prose, ruled, two_lines
from timetrial.reports.ratios import change_parts

_LONGEST_VALUE = 60
_STYLES = {"better": "bold green", "worse": "bold red", "": ""}
_AREAS: Mapping[Area, str] = {
    "machine": "machine",
    "timetrial": "Timetrial",
    "suite": "suite",
    "load": "load",
    "stack": "stack",
}


def render_comparison(comparison: RunComparison) -> RenderableType:
    """Lay out a comparison, for rich to print."""
    return _Report(comparison)


def heads(metric: Metric) -> tuple[str, str]:
    """Return the head of a metric's column: its name, and which way is better."""
    return METRICS[metric].column, METRICS[metric].arrow


def change_text(changed: Change) -> tuple[str, str, str]:
    """Write a ratio, its interval, and 'better', 'worse' or '' by the verdict."""
    if isinstance(changed.ratio, Missing):
        return NONE, "", ""
    value, interval = change_parts(changed.ratio)
    if changed.verdict not in {"higher", "lower"}:
        kind = ""
    elif (changed.verdict == "higher") == METRICS[changed.metric].higher_is_better:
        kind = "better"
    else:
        kind = "worse"
    return value, interval, kind


def refusal(comparison: RunComparison) -> str | None:
    """Return one sentence on why figures of these runs cannot be compared; None if they can."""
    barred = barriers(comparison)
    if not barred:
        return None
    return (
        f"runs {comparison.a} and {comparison.b} cannot be compared: {barred}; "
        f"--anyway compares them nevertheless"
    )


def barriers(comparison: RunComparison) -> str:
    """List the differences that make figures of these runs incomparable; '' for none."""
    return "; ".join(map(named, comparison.barriers))


def words(comparison: RunComparison) -> tuple[str, ...]:
    """Return what the figures say and what they cannot say, in paragraphs."""
    if not comparison.cells:
        return ()
    decided = changes(comparison)
    undecided = all(c.p_adjusted is None for cell in comparison.cells for c in cell.changes)
    none = "Nothing is decided." if undecided else "No difference between the two runs is proven."
    return " ".join(decided) or none, " ".join(limits(comparison))


def changes(comparison: RunComparison) -> tuple[str, ...]:
    """Return a sentence for each stack that differs significantly."""
    with_benchmark = len({compared.cell.benchmark for compared in comparison.cells}) > 1
    return tuple(
        sentence
        for compared in comparison.cells
        for sentence in _sentences(compared, comparison.b, with_benchmark=with_benchmark)
    )


@dataclass(frozen=True, slots=True)
class _Report:
    comparison: RunComparison

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        comparison, width = self.comparison, options.max_width
        if comparison.barriers:
            warning = f"figures of these runs are not comparable: {barriers(comparison)}."
            yield prose(Text(f"Compared although {warning}", style="bold red"), width, below=1)
        yield Text(title(comparison), style="bold")
        yield Text("\nConfiguration", style="bold underline")
        yield from _configuration(comparison)
        yield Text()
        for benchmark in dict.fromkeys(compared.cell.benchmark for compared in comparison.cells):
            cells = [
                compared for compared in comparison.cells if compared.cell.benchmark == benchmark
            ]
            yield Text(benchmark, style="bold underline")
            wide = _side_by_side(cells)
            yield wide if fits(wide, console, options) else _one_by_one(cells)
            yield Text()
        for passage in words(comparison):
            yield prose(Text(passage), width, below=1)


def title(comparison: RunComparison) -> str:
    """Name both runs, with their dates."""
    before, after = (when.replace("T", " ").partition("+")[0] for when in comparison.created_at)
    return f"Run {comparison.b} ({after} UTC) against run {comparison.a} ({before} UTC)"


def named(difference: Difference) -> str:
    """Write what differs: 'machine: cores 2 against 4', 'django 4.2 against 5.2 (uvicorn)'."""
    if difference.area == "stack":
        values = f"{difference.a!r} against {difference.b!r}"
        return f"{difference.what} {values} ({listed(difference.subjects)})"
    where = f" of {listed(difference.subjects)}" if difference.subjects else ""
    area = "" if difference.area == "load" else f"{_AREAS[difference.area]}: "
    return f"{area}{difference.what}{where} {difference.a!r} against {difference.b!r}"


def _configuration(comparison: RunComparison) -> Iterator[RenderableType]:
    if comparison.differences:
        grid = ruled()
        for head in ("of", "what differs", f"run {comparison.a}", f"run {comparison.b}"):
            grid.add_column(Text(head, style="bold"), overflow="fold")
        for difference in comparison.differences:
            subject = listed(difference.subjects) or _AREAS[difference.area]
            style = "bold red" if difference.bars else ""
            values = (
                Text(textwrap.shorten(value, _LONGEST_VALUE, placeholder=" …"), style=style)
                for value in (difference.a, difference.b)
            )
            grid.add_row(Text(subject, style="bold"), difference.what, *values)
        yield grid
    else:
        yield Text("Nothing differs in what is recorded of machine, load and stacks.")
    if comparison.not_recorded:
        unknown = f"Not recorded, and so not compared: {'; '.join(comparison.not_recorded)}."
        yield Text(unknown, style="dim")


def _side_by_side(cells: Sequence[CellComparison]) -> Grid:
    grid = ruled()
    grid.add_column(two_lines("server", ""), no_wrap=True)
    for metric in COMPARED:
        first, second = heads(metric)
        grid.add_column(two_lines(first, second), justify="right", no_wrap=True)
    for compared in cells:
        name = Text(compared.cell.stack, style="bold")
        grid.add_row(name, *(_ratio(change_) for change_ in compared.changes))
    return grid


def _one_by_one(cells: Sequence[CellComparison]) -> Grid:
    """Lay out a line for each metric, where there is no room for columns."""
    grid = ruled()
    for head in ("server", ""):
        grid.add_column(Text(head, style="bold"), overflow="fold")
    for head in ("change", "interval"):
        grid.add_column(Text(head, style="bold"), justify="right", no_wrap=True)
    for compared in cells:
        for number, changed in enumerate(compared.changes):
            name = Text("" if number else compared.cell.stack, style="bold")
            value, interval = _parted(changed)
            grid.add_row(name, ", ".join(heads(changed.metric)), value, interval)
    return grid


def _ratio(changed: Change) -> Text:
    value, interval = _parted(changed)
    return Text.assemble(value, "\n", interval) if interval else value


def _parted(changed: Change) -> tuple[Text, Text]:
    """Write a ratio and its interval."""
    value, interval, kind = change_text(changed)
    style = "dim" if isinstance(changed.ratio, Missing) else _STYLES[kind]
    return Text(value, style=style), Text(interval, style="dim")


def _sentences(compared: CellComparison, run: int, *, with_benchmark: bool) -> Iterator[str]:
    amounts: dict[str, list[str]] = {}
    for changed in compared.changes:
        if changed.verdict in {"higher", "lower"} and isinstance(changed.ratio, Estimate):
            phrase = METRICS[changed.metric].phrase
            amount = f"{_amount(changed.ratio, phrase.less)} {phrase.amount}"
            amounts.setdefault(phrase.does, []).append(amount)
    if amounts:
        clauses = listed([f"{verb} {listed(parts)}" for verb, parts in amounts.items()])
        cell = compared.cell
        where = f"In {cell.benchmark}, " if with_benchmark else ""
        yield f"{where}{cell.stack} {clauses} in run {run}."


def _amount(ratio: Estimate, less: str) -> str:
    """Write '3.2 % [2.1, 4.3] more'."""
    sign = 1 if ratio.value >= 1 else -1
    value, *ends = (
        None if end is None else f"{sign * (end - 1) * 100:.1f}"
        for end in (ratio.value, ratio.low, ratio.high)
    )
    interval = "" if None in ends else f" [{', '.join(map(str, ends[::sign]))}]"
    return f"{value} %{interval} {'more' if sign > 0 else less}"


def limits(comparison: RunComparison) -> Iterator[str]:
    """Say what the figures cannot say."""
    rounds = max(
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
        "stacks are compared more precisely."
    )
    for number in comparison.incomplete:
        yield f"Run {number} was interrupted: what is compared is what there is of it."
    if any(isinstance(f.ratio, Missing) for compared in comparison.cells for f in compared.changes):
        yield (
            "A dash stands where a run has no figure, or only a bound: `timetrial report RUN` "
            "says why."
        )
    for number, cells in (
        (comparison.a, comparison.only_in_a),
        (comparison.b, comparison.only_in_b),
    ):
        if cells:
            named = listed([f"{cell.stack} in {cell.benchmark}" for cell in cells])
            yield f"Only run {number} has {named}."
