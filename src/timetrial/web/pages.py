"""What the pages show, from the store to HTML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from timetrial.analysis.trends import History, Point, histories
from timetrial.model.metrics import COMPARED, METRICS, Metric
from timetrial.model.run_comparison import RunComparison
from timetrial.model.run_digest import RunDigest
from timetrial.model.units import significant
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
        """Say whether all words of a search are somewhere in it."""
        said = f"{self.line.number} {self.line.suite} {self.line.created_at} {self.title} "
        text = (said + " ".join(self.stacks)).lower()
        return all(word in text for word in words.lower().split())


def runs_page(store: Store, asked: str) -> str:
    """List the runs that a search finds, the newest first."""
    digests = {each.run: each for each in up_to_date_digests(store)}
    listed = [_run_in_list(line, digests.get(line.number)) for line in store.list_runs()]
    found = [each for each in listed if each.fits(asked)]
    return _set("runs.html", runs=found, total=len(listed), asked=asked)


def comparison_page(comparison: RunComparison, *, anyway: bool) -> str:
    """Show two runs side by side, configuration first; refuse what cannot be compared."""
    return _set(
        "compare.html",
        comparison=comparison,
        refused=None if anyway else refusal(comparison),
        barriers=[named(each) for each in comparison.barriers],
        heads=[heads(metric) for metric in COMPARED],
        change_text=change_text,
        words=[with_code(passage) for passage in words(comparison)],
        benchmarks=tuple(dict.fromkeys(each.cell.benchmark for each in comparison.cells)),
    )


def history_page(store: Store, wanted: Mapping[str, str]) -> str:
    """Show how stacks did over the runs, with their changes of level."""
    digests = up_to_date_digests(store)
    metric = _metric(wanted.get("metric", ""))
    every = histories(digests, metric)
    found = [each for each in every if _fits(each, wanted)]
    lines: list[tuple[History, Line, tuple[str, ...]]] = [
        (each, line_of(each), judged(each)) for each in found
    ]
    return _set(
        "history.html",
        lines=lines,
        metrics={metric: METRICS[metric].label for metric in COMPARED},
        metric=metric,
        wanted=wanted,
        choices={
            what: sorted({getattr(each, what) for each in every})
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
"""The axis is that much longer than its largest value."""


@dataclass(frozen=True, slots=True)
class Dot:
    """One run."""

    x: float
    y: float
    low: float | None
    """Of the interval, from the top, as `y`."""
    high: float | None
    point: Point
    text: str
    """Its figure with its interval."""
    begins_level: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A history as a chart; zero is its lower edge, so that heights may be compared."""

    dots: tuple[Dot, ...]
    top: str
    """What its upper edge stands for."""
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
