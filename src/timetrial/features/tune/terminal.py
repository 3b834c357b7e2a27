"""The result of a search for a terminal, and as data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.table import Table as Grid
from rich.text import Text

from timetrial.features.race.terminal import command_lines
from timetrial.features.tune.figures import Figures
from timetrial.features.tune.outcome import OutcomeKind, SettingOutcome
from timetrial.features.tune.result import Line, Tuned
from timetrial.features.tune.sensitivity import Curve, Point
from timetrial.features.tune.text import (
    conditions,
    doubts,
    limits,
    memory_sentences,
    recommendation,
    title,
    unmeasured,
)
from timetrial.model import MIB, NS_PER_MS, Deployment, significant, size
from timetrial.model.summary import Estimate, Missing
from timetrial.reports.figures import Figure, at_least, figure
from timetrial.reports.grids import bare, blocks, figure_cell, prose, ruled, two_lines

_STYLES = {OutcomeKind.RECOMMENDED: "bold green", OutcomeKind.AS_GOOD: "green"}
_WORDS = {
    OutcomeKind.RECOMMENDED: "recommended",
    OutcomeKind.AS_GOOD: "as good",
    OutcomeKind.COULD_BE_BEST: "no detectable difference from the best",
    OutcomeKind.SILENT: "it gave no figure",
    OutcomeKind.TIME_WAS_OVER: "not measured: the time was up",
    OutcomeKind.FOR_THE_CURVE: "for the curve",
    OutcomeKind.NO_FIGURE_THAT_COUNTS: "no figure that counts",
    OutcomeKind.NO_PLACE_IN_FINALS: "no place in the finals",
    OutcomeKind.NO_FIGURE: "no figure",
}
_CLAUSES: dict[OutcomeKind, Callable[[SettingOutcome], str]] = {
    OutcomeKind.TOOK_TOO_MUCH_MEMORY: (
        lambda outcome: f"{_over(outcome)}: it took {size(outcome.memory_bytes)}"
    ),
    OutcomeKind.PREDICTED_TOO_MUCH_MEMORY: (
        lambda outcome: f"{_over(outcome)}: {size(outcome.memory_bytes)} are predicted"
    ),
    OutcomeKind.CANNOT_REACH_BEST: (
        lambda outcome: f"{_at_best(outcome)}, where {outcome.best} did {_least(outcome)}"
    ),
    OutcomeKind.CANNOT_REACH_RATE: (
        lambda outcome: f"{_at_best(outcome)}, where {_least(outcome)} are asked for"
    ),
    OutcomeKind.BEHIND: lambda outcome: f"{_behind(outcome)} the best",
    OutcomeKind.BEHIND_AND_LARGER: (
        lambda outcome: f"{_behind(outcome)} the best, and larger than others that may be as good"
    ),
    OutcomeKind.FAILED: lambda outcome: f"failed: {outcome.phase}: {outcome.detail}",
}
"""Of the kinds that have numbers, or texts of a server."""


def outcome_text(outcome: SettingOutcome) -> str:
    """Say all of it in a clause."""
    made = _CLAUSES.get(outcome.kind)
    return _WORDS[outcome.kind] if made is None else made(outcome)


def short_outcome_text(outcome: SettingOutcome) -> str:
    """Say it in as few words as a column has; the data have all of them."""
    if outcome.cannot_win:
        return "could not win"
    if outcome.is_over_memory:
        return _over(outcome)
    match outcome.kind:
        case OutcomeKind.BEHIND | OutcomeKind.BEHIND_AND_LARGER:
            return _behind(outcome)
        case OutcomeKind.COULD_BE_BEST:
            return "no difference"
        case OutcomeKind.FAILED:
            # What a server said may be long: as far as its first comma.
            return f"failed: {outcome.phase}: {outcome.detail.partition(',')[0]}"
        case _:
            return _WORDS[outcome.kind]


def outcome_style(outcome: SettingOutcome, otherwise: str = "") -> str:
    """Choose how rich shows it."""
    return _STYLES.get(outcome.kind, otherwise)


def _over(outcome: SettingOutcome) -> str:
    return f"over {size(outcome.memory_limit_bytes)}"


def _at_best(outcome: SettingOutcome) -> str:
    return f"at best {significant(outcome.most_per_s, 2)} requests/s, by the pilot"


def _least(outcome: SettingOutcome) -> str:
    return significant(outcome.least_per_s, 2)


def _behind(outcome: SettingOutcome) -> str:
    return f"{100 * outcome.behind:.0f} % behind"


_BAR = 28
_OUTCOME = 14


def render(tuned: Tuned, deployment: Deployment | None = None) -> RenderableType:
    """Make a search ready to be printed by rich; `deployment` runs what is recommended."""
    return _Report(tuned, deployment)


def as_data(tuned: Tuned, deployment: Deployment | None = None) -> dict[str, Any]:
    """Return the whole result as a dict: times in ns, memory in bytes."""
    return {
        "format": "timetrial-tuning",
        "version": 1,
        "recommendation": recommendation(tuned),
        "deployment": None if deployment is None else asdict(deployment),
        "memory_words": list(memory_sentences(tuned)),
        "doubts": list(doubts(tuned)),
        "limits": list(limits(tuned)),
        **asdict(tuned),
        "lines": list(map(_line_as_data, tuned.lines)),
    }


def _line_as_data(line: Line) -> dict[str, Any]:
    """Add the outcome's text to its code and numbers."""
    return {
        **asdict(line),
        "outcome": outcome_text(line.outcome),
        "outcome_code": asdict(line.outcome),
    }


@dataclass(frozen=True, slots=True)
class _Report:
    tuned: Tuned
    deployment: Deployment | None

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        del console
        width = options.max_width
        head = (title(self.tuned), "bold underline"), ("\n" + conditions(self.tuned), "dim")
        yield Text.assemble(*head)
        yield _lines([line for line in self.tuned.lines if _is_shown(line)])
        for sentence in unmeasured(self.tuned):
            yield prose(Text(sentence, "dim"), width, left=1)
        yield Text()
        for curve in self.tuned.curves:
            yield _curve(self.tuned, curve)
            yield Text()
        if self.tuned.memory is not None:
            yield Text("Memory", "bold underline")
            for sentence in memory_sentences(self.tuned):
                yield prose(Text(sentence), width)
            yield Text()
        yield Text("Recommendation", "bold underline")
        yield prose(Text(recommendation(self.tuned), "bold"), width)
        if self.deployment is not None:
            yield Text()
            yield from command_lines(self.deployment, width)
            yield Text()
        for sentence in (*doubts(self.tuned), *limits(self.tuned)):
            yield prose(Text(sentence, "dim"), width)


def _lines(lines: Sequence[Line]) -> Grid:
    grid = ruled()
    thorough = [line.figures for line in lines if line.figures and line.reached == "finals"]
    quantile, written = quantile_of(thorough)
    grid.add_column(two_lines("settings", ""), overflow="fold")
    for first, second in (
        ("requests/s", "95 % interval"),
        (quantile, "ms"),
        ("CPU ms/req", ""),
        ("memory", "MiB"),
        ("rounds", ""),
    ):
        grid.add_column(two_lines(first, second), justify="right", no_wrap=True)
    grid.add_column(two_lines("came to", ""), no_wrap=True)
    grid.add_column(two_lines("", ""), overflow="fold", min_width=_OUTCOME)
    for line in lines:
        grid.add_row(Text(line.name, outcome_style(line.outcome)), *_cells(line, written))
    return grid


def _is_shown(line: Line) -> bool:
    """Whether it was tried; the others are named in a sentence."""
    return bool(line.figures and line.figures.rounds) or line.outcome.kind is OutcomeKind.FAILED


def _cells(line: Line, quantile: Callable[[Figures], Figure]) -> Iterator[Text]:
    known = line.figures
    if known is None or not known.rounds:
        yield from (Text("–", "dim") for _ in range(6))
        yield Text(outcome_text(line.outcome), "dim")
        return
    yield figure_cell((at_least if known.at_least else figure)(known.throughput))
    yield figure_cell(quantile(known), interval=False)
    yield figure_cell(figure(known.cpu_s_per_1000), interval=False)
    yield figure_cell(figure(known.memory_bytes, 1 / MIB), interval=False)
    yield Text(str(known.rounds))
    yield Text(line.reached)
    yield Text(short_outcome_text(line.outcome), outcome_style(line.outcome, "dim"))


def _mostly(known: Sequence[Figures], read: Callable[[Figures], Estimate | Missing]) -> bool:
    return 2 * sum(isinstance(read(figures), Estimate) for figures in known) > len(known)


def quantile_of(known: Sequence[Figures]) -> tuple[str, Callable[[Figures], Figure]]:
    """Choose the highest quantile that most of the figures have, and how it is written."""
    options: tuple[tuple[str, Callable[[Figures], Estimate | Missing]], ...] = (
        ("p99", lambda figures: figures.p99_ns),
        ("p90", lambda figures: figures.p90_ns),
        ("p50", lambda figures: figures.p50_ns),
    )
    name, read = next((option for option in options if _mostly(known, option[1])), options[0])
    return name, lambda each: figure(read(each), 1 / NS_PER_MS)


def _curve(tuned: Tuned, curve: Curve) -> RenderableType:
    grid = bare()
    grid.add_column(Text(curve.knob, "bold"), justify="right", no_wrap=True)
    quantile, written = quantile_of([point.figures for point in curve.points])
    for head in ("", "requests/s", "against recommended", f"{quantile} ms"):
        grid.add_column(Text(head, "bold"), justify="left" if not head else "right", no_wrap=True)
    throughputs = [point.figures.throughput for point in curve.points]
    values = [t.value if isinstance(t, Estimate) else 0.0 for t in throughputs]
    highest = max(values, default=0.0)
    for point, value in zip(curve.points, values, strict=True):
        chosen = tuned.choice is not None and point.candidate == tuned.choice.candidate
        grid.add_row(
            Text(point.value, "bold green" if chosen else ""),
            Text(bar(value / highest if highest else 0.0), "green" if chosen else "cyan"),
            figure_cell(figure(point.figures.throughput), interval=False),
            Text("recommended" if chosen else _against(point)),
            figure_cell(written(point.figures), interval=False),
        )
    return grid


def bar(share: float, width: int = _BAR) -> str:
    """Draw a share of 1 in eighths of a character."""
    return blocks(round(max(0.0, min(1.0, share)) * width * 8))


def _against(point: Point) -> str:
    ratio = point.ratio
    if ratio is None:
        return ""
    if ratio.low is None or ratio.high is None:
        return f"{ratio.value - 1:+.1%}"
    return f"{ratio.value - 1:+.1%} [{ratio.low - 1:+.1%}, {ratio.high - 1:+.1%}]"
