"""The pages as HTML, from what is in the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from timetrial.analysis.trends import History, Point, histories
from timetrial.model import COMPARED, METRICS, Metric, RunComparison, RunDigest, significant
from timetrial.reports.compare import change_text, heads, named, refusal, words
from timetrial.reports.figures import figure
from timetrial.reports.history import judged
from timetrial.reports.html import environment, with_code
from timetrial.runner.digests import up_to_date_digests
from timetrial.store.store import RunLine, Store


@dataclass(frozen=True, slots=True)
class ListedRun:
    """One row of the list."""

    line: RunLine
    title: str
    stacks: tuple[str, ...]

    def fits(self, words: str) -> bool:
        """Whether all words of a search are in it."""
        line = self.line
        fields = (str(line.number), line.suite, line.created_at, self.title, *self.stacks)
        text = " ".join(fields).lower()
        return all(word in text for word in words.lower().split())


def runs_page(store: Store, asked: str) -> str:
    """List the runs that a search finds, the newest first."""
    digests = {digest.run: digest for digest in up_to_date_digests(store)}
    listed = [_run_in_list(line, digests.get(line.number)) for line in store.list_runs()]
    runs = [run for run in listed if run.fits(asked)]
    return _set("runs.html", runs=runs, total=len(listed), asked=asked)


def comparison_page(comparison: RunComparison, *, anyway: bool) -> str:
    """Show two runs side by side, configuration first; refuse what cannot be compared."""
    return _set(
        "compare.html",
        comparison=comparison,
        refused=None if anyway else refusal(comparison),
        barriers=list(map(named, comparison.barriers)),
        heads=[heads(metric) for metric in COMPARED],
        change_text=change_text,
        words=[with_code(passage) for passage in words(comparison)],
        benchmarks=tuple(dict.fromkeys(cell.cell.benchmark for cell in comparison.cells)),
    )


def history_page(store: Store, wanted: Mapping[str, str]) -> str:
    """Show how stacks did over the runs, with their changes of level."""
    metric = _metric(wanted.get("metric", ""))
    every = histories(up_to_date_digests(store), metric)
    return _set(
        "history.html",
        lines=[
            (history, line_of(history), judged(history))
            for history in every
            if _fits(history, wanted)
        ],
        metrics={metric: METRICS[metric].label for metric in COMPARED},
        metric=metric,
        wanted=wanted,
        choices={
            what: sorted({getattr(history, what) for history in every})
            for what in ("suite", "benchmark", "stack")
        },
    )


def message_page(text: str) -> str:
    return _set("message.html", text=text)


def _run_in_list(line: RunLine, digest: RunDigest | None) -> ListedRun:
    if digest is None:
        return ListedRun(line, "", ())
    stacks = (f"{cell.stack} {cell.version}".strip() for cell in digest.cells)
    return ListedRun(line, digest.title, tuple(dict.fromkeys(stacks)))


def _metric(name: str) -> Metric:
    return next((metric for metric in COMPARED if metric == name), "throughput")


def _fits(history: History, wanted: Mapping[str, str]) -> bool:
    return all(
        not wanted.get(what) or getattr(history, what) == wanted[what]
        for what in ("suite", "benchmark", "stack")
    )


def _set(template: str, **values: object) -> str:
    return environment("timetrial.web").get_template(template).render(**values)


_ROOM = 1.06
"""Length of the axis, as a multiple of its largest value."""


@dataclass(frozen=True, slots=True)
class Dot:
    """One run."""

    x: float
    y: float
    low: float | None
    """An end of the interval, from the top, as `y`."""
    high: float | None
    point: Point
    text: str
    """Its figure with its interval."""
    begins_level: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A history as a chart, in percent of its size; its lower edge is zero."""

    dots: tuple[Dot, ...]
    top: str
    """The value at its upper edge, with its unit's scale."""
    unit: str


def line_of(history: History) -> Line:
    scale = METRICS[history.metric].scale
    points = history.points
    top = _ROOM * max(point.figure.high or point.figure.value for point in points)
    begin = {change.run for change in history.changes}

    def height(value: float | None) -> float | None:
        return None if value is None else 100 * (1 - value / top)

    dots = tuple(
        Dot(
            x=100 * (number + 0.5) / len(points),
            y=height(point.figure.value) or 0.0,
            low=height(point.figure.low),
            high=height(point.figure.high),
            point=point,
            text=_text(point, scale),
            begins_level=point.run in begin,
        )
        for number, point in enumerate(points)
    )
    return Line(dots, significant(top * scale), METRICS[history.metric].unit)


def _text(point: Point, scale: float) -> str:
    shown = figure(point.figure, scale)
    return f"{shown.text} ({shown.interval})" if shown.interval else shown.text
