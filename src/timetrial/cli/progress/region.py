"""What a terminal shows of a run that goes on: from a state and a size to lines. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from rich.text import Text

from timetrial.analysis.statistics.comparisons import ROUNDS_FOR_VERDICT
from timetrial.cli.progress.bars import figure_bar, share_bar
from timetrial.cli.progress.glyphs import Glyphs, Size, cut
from timetrial.cli.progress.lines import doing_text, left, widest
from timetrial.cli.progress.state import BenchmarkProgress, ProgressState, StackProgress
from timetrial.model import Cell, counted, significant

_SHARE_WIDTH = 20
_NAME_AT_MOST = 28
"""On a narrow terminal; half of a wider one."""
_BAR_AT_MOST = 40
_BAR_AT_LEAST = 8
_RATE_WIDTH = len("1,230,000")
_INTERVAL_WIDTH = len("10,200–11,900")
_GAP = 2
_LONGEST_INTERVAL = 1.5
_RESERVED = 2
"""Lines: the one where the cursor waits, and one of what was there before."""


def region(state: ProgressState, size: Size, glyphs: Glyphs) -> tuple[Text, ...]:
    """Draw a state; no line is wider than the terminal, and all of them fit into it."""
    head, foot = _heading(state, size.width, glyphs), _foot(state)
    room = max(0, size.height - _RESERVED - len(head) - len(foot))
    lines = (*head, *_tables(state, size.width, room, glyphs), *foot)
    for line in lines:
        cut(line, size.width, glyphs)
    return lines[: max(1, size.height - _RESERVED)]


def _heading(state: ProgressState, width: int, glyphs: Glyphs) -> tuple[Text, ...]:
    if not state.total:
        return ()
    parts = [_what(state)]
    if state.afterwards is not None:
        of = "experiment" if state.afterwards == "experiments" else "start"
        parts.append(f"{state.done} of {counted(state.total, of)}")
    elif state.round:
        of = f" of {state.rounds}" if state.rounds else ""
        parts.append(f"round {state.round}{of}")
    parts.append(f"about {left(state.left_s)} left" if state.left_s else "")
    line = Text(glyphs.dot.join(filter(None, parts)), style="bold")
    if state.share_done is not None and len(line) + _GAP + _SHARE_WIDTH <= width:
        share = share_bar(state.share_done, _SHARE_WIDTH, glyphs)
        line.append(" " * _GAP).append(share.sure, "cyan").append(share.interval, "dim")
    if state.least_precise is None or state.afterwards is not None:
        return (line,)
    return line, Text(widest(state.least_precise))


def _what(state: ProgressState) -> str:
    if state.afterwards is not None:
        return "life cycle" if state.afterwards == "experiments" else "counting instructions"
    if state.stage is not None:
        number = f" {state.stage.number}" if state.stage.number else ""
        return f"{state.stage.kind}{number}, {counted(state.stage.candidates, 'setting')}"
    return "pilot, to find the rates" if state.pilot else f"run {state.run}"


def _foot(state: ProgressState) -> tuple[Text, ...]:
    if state.doing is None:
        return ()
    return (Text(doing_text(state.doing), style="dim" if state.total else ""),)


def _tables(state: ProgressState, width: int, room: int, glyphs: Glyphs) -> Iterator[Text]:
    """Draw all benchmarks if there is room for them; else the present one, as far as it goes."""
    if state.afterwards is not None:
        return
    known = [benchmark for benchmark in state.benchmarks if benchmark.stacks]
    # Where the load gives the rate, requests a second say nothing.
    shown = [benchmark for benchmark in known if benchmark.ranks] or known
    if sum(1 + len(benchmark.stacks) for benchmark in shown) > room:
        shown = _present(shown, state.present)
    for benchmark in shown:
        rows = len(benchmark.stacks) if len(shown) > 1 else room - 1
        yield from _table(benchmark, state.present, Size(width, rows), glyphs)


def _present(
    benchmarks: Sequence[BenchmarkProgress], present: Cell | None
) -> list[BenchmarkProgress]:
    """Choose the benchmark that is measured, or was last."""
    for benchmark in benchmarks:
        if present is not None and benchmark.name == present.benchmark:
            return [benchmark]
    measured = list(takewhile(lambda each: each.leader is not None, benchmarks))
    return [*measured, *benchmarks][max(0, len(measured) - 1) :][:1]


def _table(
    benchmark: BenchmarkProgress, present: Cell | None, size: Size, glyphs: Glyphs
) -> Iterator[Text]:
    """Draw a line for the benchmark and one for each stack; of too many, the first ones."""
    stacks = benchmark.stacks
    if len(stacks) > size.height:
        stacks = stacks[: max(1, size.height - 1)]
    names = (benchmark.name, *(stack.stack for stack in stacks))
    columns = _Columns(
        size.width,
        min(max(map(len, names)), max(_NAME_AT_MOST, size.width // 2)),
        max(map(_reach, benchmark.stacks)),
        has_intervals=any(map(_ends, stacks)),
    )
    yield _title(benchmark, columns)
    for stack in stacks:
        row = _row(stack, columns, glyphs)
        if present == Cell(benchmark.name, stack.stack):
            row.stylize("bold", 0, 1 + columns.name)
        yield row
    if len(stacks) < len(benchmark.stacks):
        yield Text(f" {glyphs.more} {len(benchmark.stacks) - len(stacks)} more", style="dim")


def _title(benchmark: BenchmarkProgress, columns: _Columns) -> Text:
    note = "provisional"
    if benchmark.ended is not None:
        note = f"ended after round {benchmark.ended.stop.after_round}"
    return (
        Text(" ")
        .append_text(columns.named(benchmark.name))
        .append(f"{'req/s':>{_RATE_WIDTH + _GAP}}{' ' * _GAP}{note}", "dim")
    )


def _reach(stack: StackProgress) -> float:
    """Return how far a bar reaches to the right: an interval takes half its figure at most."""
    per_s, ends = stack.per_s or 0.0, _ends(stack)
    return per_s if ends is None else min(ends[1], _LONGEST_INTERVAL * per_s)


@dataclass(frozen=True, slots=True)
class _Columns:
    """What a row has room for: the interval goes first, as the bar shows it, and then the bar."""

    width: int
    name: int
    most: float
    """The figure whose bar is as long as it can be."""
    has_intervals: bool

    @property
    def shows_interval(self) -> bool:
        return self.has_intervals and self._rest - _INTERVAL_WIDTH - _GAP >= _BAR_AT_LEAST

    @property
    def bar(self) -> int:
        rest = self._rest - (_INTERVAL_WIDTH + _GAP if self.shows_interval else 0)
        return min(rest, _BAR_AT_MOST) if rest >= _BAR_AT_LEAST else 0

    def named(self, name: str) -> Text:
        """Write a name as wide as all of them."""
        text = Text(name)
        text.truncate(self.name, overflow="ellipsis", pad=True)
        return text

    @property
    def _rest(self) -> int:
        return self.width - 1 - self.name - _GAP - _RATE_WIDTH - _GAP


def _row(stack: StackProgress, columns: _Columns, glyphs: Glyphs) -> Text:
    row = Text(" ").append_text(columns.named(stack.stack))
    per_s = stack.per_s
    row.append(f"{'' if per_s is None else significant(per_s):>{_RATE_WIDTH + _GAP}}")
    if stack.left_after:
        return row.append(f"{' ' * _GAP}left after round {stack.left_after}", "dim")
    if per_s is None:
        return row
    ends = _ends(stack)
    if columns.shows_interval:
        text = "" if ends is None else glyphs.range.join(map(significant, ends))
        row.append(f"{' ' * _GAP}{text:<{_INTERVAL_WIDTH}}", "dim")
    if columns.bar:
        bar = figure_bar(per_s, ends, columns.most, columns.bar - _GAP, glyphs)
        row.append(" " * _GAP).append(bar.sure, "cyan").append(bar.interval, "dim cyan")
    row.rstrip()
    return row


def _ends(stack: StackProgress) -> tuple[float, float] | None:
    """Return the interval, from as many rounds on as a verdict takes: before, it is as wide as a
    guess.
    """
    known = stack.throughput
    if known is None or known.low is None or known.high is None:
        return None
    return (known.low, known.high) if known.rounds >= ROUNDS_FOR_VERDICT else None
