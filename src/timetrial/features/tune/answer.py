"""What a search says first: the settings to run, one table, at most three notes, the command."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from timetrial.analysis.statistics.comparisons import ROUNDS_FOR_VERDICT
from timetrial.features.race.terminal import command_lines
from timetrial.features.tune.choice import Choice
from timetrial.features.tune.figures import Figures
from timetrial.features.tune.outcome import OutcomeKind
from timetrial.features.tune.result import Line, Tuned
from timetrial.features.tune.terminal import outcome_style, quantile_of, short_outcome_text
from timetrial.features.tune.text import bounds, conditions, doubts, title
from timetrial.model import METRICS, MIB, Deployment, listed, size
from timetrial.reports.compact_table import Column, compact
from timetrial.reports.figures import Figure, at_least, figure
from timetrial.reports.grids import figure_cell, prose
from timetrial.reports.ratios import change_parts
from timetrial.reports.verdict_line import Headline, most, said

MOST_SETTINGS = 6
"""That have a line; the others are counted."""
_SHARED = frozenset({OutcomeKind.BEHIND, OutcomeKind.BEHIND_AND_LARGER, OutcomeKind.RECOMMENDED})
"""Outcomes that the table shows without words."""


def render_answer(
    tuned: Tuned, deployment: Deployment | None = None, *, brief: bool = False
) -> RenderableType:
    """Make the answer ready to be printed by rich; `deployment` runs what is recommended.

    `brief`: the verdict and the table alone.
    """
    return _Answer(tuned, deployment, brief)


@dataclass(frozen=True, slots=True)
class _Answer:
    tuned: Tuned
    deployment: Deployment | None
    brief: bool

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        tuned, width = self.tuned, options.max_width
        yield from said(headline_of(tuned), title(tuned), conditions(tuned), width)
        lines = shown_lines(tuned)
        if lines:
            yield compact(_columns(tuned, lines), console, options)
        if self.brief:
            return
        notes = () if tuned.choice is None else tuple(bounds(tuned, tuned.choice))
        yield from most((*notes, *doubts(tuned)), width)
        yield prose(Text(_rest(tuned, lines), "dim"), width)
        if self.deployment is not None:
            yield Text()
            yield Text("Run it", style="bold")
            yield from command_lines(self.deployment, width)


def headline_of(tuned: Tuned) -> Headline:
    """Name the recommended settings, or say why none is recommended."""
    choice = tuned.choice
    if choice is None:
        return Headline(
            "NO RECOMMENDATION", "no setting within the limits gave a figure.", failed=True
        )
    chosen = _line(tuned, choice)
    name = chosen.name if tuned.server in chosen.name else f"{tuned.server}, {chosen.name}"
    text = f"{name}: {', '.join(_figures(tuned, chosen.figures))}"
    if not choice.decided and len(choice.as_good) == 1:
        why = f"a verdict takes {ROUNDS_FOR_VERDICT} rounds: raise --budget"
        return Headline("NOT DECIDED", f"{text}. It has the best figure, but {why}.")
    if choice.could_be:
        smaller = listed([line.name for line in tuned.lines if line.candidate in choice.could_be])
        return Headline(
            "NO CLEAR WINNER",
            f"{text}. No detectable difference from the smaller {smaller}. To decide: --budget.",
        )
    others = len(choice.as_good) - 1
    smallest = ""
    if others:
        count = "one other that is" if others == 1 else f"{others} others that are"
        smallest = f". It is smaller than {count} as good"
    return Headline("RECOMMENDED", f"{text}{smallest}.", decided=True)


def shown_lines(tuned: Tuned) -> Sequence[Line]:
    """Choose the settings that have a line: those of the finals, or the furthest."""
    measured = [line for line in tuned.lines if line.figures and line.figures.rounds]
    finals = [line for line in measured if line.reached == "finals"]
    return (finals or measured)[:MOST_SETTINGS]


def _line(tuned: Tuned, choice: Choice) -> Line:
    return next(line for line in tuned.lines if line.candidate == choice.candidate)


def _figures(tuned: Tuned, figures: Figures | None) -> Iterator[str]:
    if figures is None:
        return
    yield f"{_throughput(figures).text} req/s"
    name, written = quantile_of([figures])
    time = written(figures)
    if not time.missing:
        yield f"{name} {time.text} ms"
    memory = figure(figures.memory_bytes, 1 / MIB)
    if not memory.missing:
        most_bytes = tuned.spec.memory_bytes
        yield f"{memory.text} MiB{'' if most_bytes is None else f' of {size(most_bytes)}'}"


def _throughput(figures: Figures) -> Figure:
    return (at_least if figures.at_least else figure)(figures.throughput)


def _columns(tuned: Tuned, lines: Sequence[Line]) -> Iterator[Column]:
    known = [line.figures for line in lines if line.figures is not None]
    names = (Text(line.name, outcome_style(line.outcome)) for line in lines)
    yield Column("setting", tuple(names), is_figure=False, wraps=True)
    throughputs = [_throughput(figures) for figures in known]
    yield Column("req/s", tuple(figure_cell(each, interval=False) for each in throughputs))
    intervals = tuple(Text(each.interval or "", "dim") for each in throughputs)
    yield Column("95 % CI", intervals, goes=3)
    if tuned.choice is not None and any(line.ratio for line in lines):
        metric = tuned.choice.metric
        of = "" if metric == "throughput" else f"{METRICS[metric].label}\n"
        yield Column(f"{of}vs recommended", tuple(map(_ratio_text, lines)), goes=1)
    quantile, written = quantile_of(known)
    times = tuple(figure_cell(written(figures), interval=False) for figures in known)
    yield Column(f"{quantile} ms", times, goes=2)
    memory = (figure(figures.memory_bytes, 1 / MIB) for figures in known)
    yield Column("MiB", tuple(figure_cell(each, interval=False) for each in memory), goes=4)
    outcomes = [_outcome(line) for line in lines]
    if any(outcomes):
        yield Column("", tuple(map(Text, outcomes)), is_figure=False, wraps=True, goes=5)


def _ratio_text(line: Line) -> Text:
    if line.ratio is None:
        return Text("–", "dim")
    value, interval = change_parts(line.ratio)
    return Text.assemble(value, (f" {interval}" if interval else "", "dim"))


def _outcome(line: Line) -> str:
    """Say what the figures of a line do not: that it is as good, or why it may not be used."""
    if line.outcome.kind in _SHARED:
        return ""
    if line.outcome.kind in {OutcomeKind.AS_GOOD, OutcomeKind.COULD_BE_BEST}:
        decided = line.verdict in {"higher", "lower"}
        return "as good" if decided else "no detectable difference"
    return short_outcome_text(line.outcome)


def _rest(tuned: Tuned, lines: Sequence[Line]) -> str:
    """Count the settings without a line, and say where all of them are."""
    measured = sum(bool(line.figures and line.figures.rounds) for line in tuned.lines)
    slower, skipped = measured - len(lines), len(tuned.lines) - measured
    counts = [
        *([f"{slower} more measured"] if slower else []),
        *([f"{skipped} not measured"] if skipped else []),
    ]
    rest = f"{listed(counts)}: --details. " if counts else ""
    runs = listed([str(stage.run) for stage in tuned.stages], "run ", "runs ")
    return f"{rest}Stages of the search: {runs} (timetrial report RUN)."
