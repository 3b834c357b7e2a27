"""What a comparison of two runs says first: what changed, a table, and how the runs differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from timetrial.analysis.statistics.comparisons import ROUNDS_FOR_VERDICT
from timetrial.model import (
    COMPARED,
    METRICS,
    CellComparison,
    Change,
    Metric,
    RunComparison,
    listed,
)
from timetrial.model.summary import Estimate, Missing
from timetrial.reports.compact_table import Column, compact
from timetrial.reports.compare import barriers, change_text, changes, heads, named, title
from timetrial.reports.grids import prose
from timetrial.reports.verdict_line import MOST_NOTES, Headline, most, said

_STYLES = {"better": "bold green", "worse": "bold red", "": ""}
_GOES: dict[Metric, int] = {"p99_ns": 1, "cpu_s_per_1000": 2, "p50_ns": 3, "memory_bytes": 4}
"""Metrics that make room on a narrow terminal, those with the highest number first."""
_MOST_REASONS = 2


def render_answer(comparison: RunComparison, *, brief: bool = False) -> RenderableType:
    """Make the answer ready to be printed by rich; `brief`: the verdict and the table alone."""
    return _Answer(comparison, brief)


@dataclass(frozen=True, slots=True)
class _Answer:
    comparison: RunComparison
    brief: bool

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        comparison, width = self.comparison, options.max_width
        benchmarks = dict.fromkeys(compared.cell.benchmark for compared in comparison.cells)
        only = "".join(benchmarks) if len(benchmarks) == 1 else ""
        yield from said(headline_of(comparison), title(comparison), only, width)
        for benchmark in benchmarks:
            cells = [each for each in comparison.cells if each.cell.benchmark == benchmark]
            if len(benchmarks) > 1:
                yield Text(benchmark, style="bold")
            yield compact(_columns(cells), console, options)
        if self.brief:
            return
        yield from most(tuple(_notes(comparison)), width)
        details = f"timetrial compare {comparison.a} {comparison.b} --details"
        yield prose(Text(f"Details: {details}", style="dim"), width)


def headline_of(comparison: RunComparison) -> Headline:
    """Say whether the second run differs from the first, and in what."""
    if comparison.barriers:
        return Headline("NOT COMPARABLE", f"{barriers(comparison)}.", failed=True)
    if not comparison.cells:
        return Headline("NOTHING IN COMMON", "no server is in both runs.", failed=True)
    if not _compared(comparison):
        return Headline("NOT COMPARED", f"{_why_nothing(comparison)}.", failed=True)
    decided = changes(comparison)
    if decided:
        more = len(decided) - MOST_NOTES
        rest = [f"{more} more in the table."] if more > 0 else []
        return Headline("CHANGED", " ".join([*decided[:MOST_NOTES], *rest]), decided=True)
    if all(change.p_adjusted is None for cell in comparison.cells for change in cell.changes):
        why = f"a verdict takes {ROUNDS_FOR_VERDICT} rounds in each run"
        rounds = _rounds(comparison)
        there = f"{rounds} {'is' if rounds == 1 else 'are'} there"
        return Headline("NOT DECIDED", f"{why}, {there}.")
    widest = _widest(comparison)
    at_most = f" in requests a second (interval {widest})" if widest else ""
    return Headline("NO DETECTABLE DIFFERENCE", f"between the two runs{at_most}.", decided=True)


def _compared(comparison: RunComparison) -> bool:
    """Return whether both runs have a figure in common."""
    return any(
        isinstance(change.ratio, Estimate) for cell in comparison.cells for change in cell.changes
    )


def _why_nothing(comparison: RunComparison) -> str:
    """Say why no figure is in both runs: the two reasons that stand there most often."""
    reasons = Counter(
        change.ratio.reason
        for cell in comparison.cells
        for change in cell.changes
        if isinstance(change.ratio, Missing)
    )
    most_frequent = "; ".join(reason for reason, _ in reasons.most_common(_MOST_REASONS))
    return f"no figure of both runs can be compared ({most_frequent})"


def _rounds(comparison: RunComparison) -> int:
    ratios = (change.ratio for cell in comparison.cells for change in cell.changes)
    return max((ratio.rounds for ratio in ratios if isinstance(ratio, Estimate)), default=0)


def _widest(comparison: RunComparison) -> str:
    """Write the widest interval in throughput: '[-1.7, +2.5]'."""
    ratios = [
        change.ratio
        for cell in comparison.cells
        for change in cell.changes
        if change.metric == "throughput" and isinstance(change.ratio, Estimate)
    ]
    bounded = [(each.low, each.high) for each in ratios if each.low and each.high]
    if not bounded:
        return ""
    low, high = max(bounded, key=lambda ends: ends[1] / ends[0])
    return f"[{100 * (low - 1):+.1f}, {100 * (high - 1):+.1f}] %"


def _columns(cells: Sequence[CellComparison]) -> Iterator[Column]:
    names = (Text(compared.cell.stack, "bold") for compared in cells)
    yield Column("server", tuple(names), is_figure=False, wraps=True)
    for place, metric in enumerate(COMPARED):
        of_metric = [compared.changes[place] for compared in cells]
        if _is_missing(of_metric):
            continue
        head = "\n".join(heads(metric))
        yield Column(head, tuple(map(_change, of_metric)), goes=_GOES.get(metric, 0))


def _is_missing(of_metric: Sequence[Change]) -> bool:
    return all(isinstance(change.ratio, Missing) for change in of_metric)


def _change(change: Change) -> Text:
    value, interval, kind = change_text(change)
    style = "dim" if isinstance(change.ratio, Missing) else _STYLES[kind]
    return Text.assemble((value, style), (f" {interval}" if interval else "", "dim"))


def _notes(comparison: RunComparison) -> Iterator[str]:
    """Name what differs beside the figures; details say what else limits the comparison."""
    differences = [each for each in comparison.differences if not each.bars]
    if differences:
        shown = "; ".join(map(named, differences[:MOST_NOTES]))
        more = len(differences) - MOST_NOTES
        rest = f"; {more} more: --details" if more > 0 else ""
        yield f"Configuration differs: {shown}{rest}."
    else:
        yield "Configuration: no difference recorded."
    absent = [
        METRICS[metric].label
        for place, metric in enumerate(COMPARED)
        if _is_missing([compared.changes[place] for compared in comparison.cells])
    ]
    if absent and _compared(comparison):
        yield (
            f"Not compared: {listed(absent)}. One of the runs has no such figure, or only a bound: "
            "`timetrial report RUN` says why."
        )
    for number in comparison.incomplete:
        yield f"Run {number} was interrupted."
    for number, cells in (
        (comparison.a, comparison.only_in_a),
        (comparison.b, comparison.only_in_b),
    ):
        if cells:
            stacks = ", ".join(dict.fromkeys(cell.stack for cell in cells))
            yield f"Only run {number} has {stacks}."
    yield (
        "The runs were not measured side by side: a change of the machine between them counts as "
        "a difference."
    )
