"""The table of life cycles, decided once for the terminal and for Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from timetrial.features.lifecycle.judge import remarks
from timetrial.features.lifecycle.stack_summary import summarize_stack
from timetrial.model import (
    MIB,
    Experiment,
    Life,
    ReloadFigures,
    Run,
    Spread,
    StackSummary,
    StopFigures,
    WorkerFigures,
    alternatives,
    significant,
)
from timetrial.reports.figures import DASH

ARROW = "\N{RIGHTWARDS ARROW}"
DOUBTFUL = "*"
"""Stands behind a figure."""
_HUNDREDTH = 0.01
HEADS = (
    ("server", "workers"),
    ("start", "s"),
    ("MiB a worker", f"at rest {ARROW} loaded"),
    ("SIGTERM", "exit; requests lost"),
    ("reload", "took; requests lost"),
    ("killed worker", "back; requests lost"),
    ("busiest worker", "of requests"),
)


@dataclass(frozen=True, slots=True)
class Cell:
    """Two lines: the figure, and what belongs to it."""

    first: str
    second: str = ""
    grave: bool = False
    is_range: bool = False
    """Whether what belongs to it is how far repeats lie apart."""


@dataclass(frozen=True, slots=True)
class LifeRow:
    stack: str
    workers: str
    cells: tuple[Cell, ...]
    """In the order of `HEADS`, without the first."""


@dataclass(frozen=True, slots=True)
class LifeView:
    rows: tuple[LifeRow, ...]
    standing_out: tuple[tuple[str, str], ...]
    """A stack, and a remark on it."""
    conditions: str


def lives_of(run: Run) -> tuple[Life, ...]:
    """Summarize all stacks with experiments, in the order of the suite."""
    tried = {experiment.occasion.stack for experiment in run.experiments}
    summaries = (
        summarize_stack(stack.name, stack.workers, run.experiments)
        for stack in run.plan.suite.stacks
        if stack.name in tried
    )
    return tuple(Life(summary, remarks(summary)) for summary in summaries)


def life_view(run: Run) -> LifeView:
    lives = lives_of(run)
    return LifeView(
        rows=tuple(_row(life.portrait) for life in lives),
        standing_out=tuple(
            (life.portrait.stack, remark) for life in lives for remark in life.remarks
        ),
        conditions=_conditions(lives, run.experiments),
    )


def _row(summary: StackSummary) -> LifeRow:
    rest, loaded = summary.rest_bytes, summary.loaded_bytes
    memory = Cell(DASH)
    if rest is not None and loaded is not None:
        memory = Cell(
            f"{_mib(rest.median)} {ARROW} {_mib(loaded.median)}", _mib_range(loaded), is_range=True
        )
    doubtful = {doubt.figures for doubt in summary.doubts if not doubt.left_out}
    return LifeRow(
        summary.stack,
        f"{summary.workers}",
        (
            _marked(_spread_cell(summary.startup_s), "start" in doubtful),
            memory,
            _marked(_stop(summary.stop), "stop" in doubtful),
            _marked(_reload(summary.reload), "reload" in doubtful),
            _marked(_worker(summary.worker), "worker" in doubtful),
            _busiest(summary.worker),
        ),
    )


def _marked(cell: Cell, doubtful: bool) -> Cell:  # noqa: FBT001 - a mark is there or not
    return replace(cell, first=cell.first + DOUBTFUL) if doubtful else cell


def _stop(stop: StopFigures | None) -> Cell:
    if stop is None:
        return Cell(DASH)
    if stop.exit_s is None:
        return Cell("does not end", _lost(stop.lost), grave=True)
    return Cell(f"{_s(stop.exit_s)}", _lost(stop.lost), grave=stop.lost.high > 0 or stop.killed > 0)


def _reload(reload: ReloadFigures | None) -> Cell:
    if reload is None:
        return Cell("none")
    if reload.ended == reload.repeats:
        return Cell("server ends", grave=True)
    if reload.unchanged == reload.repeats:
        return Cell("nothing new", _lost(reload.lost), grave=True)
    took = _s(reload.took_s) if reload.took_s is not None else "longer than watched"
    grave = reload.lost.high > 0 or reload.ended > 0 or reload.unchanged > 0
    return Cell(took, _lost(reload.lost), grave=grave)


def _worker(worker: WorkerFigures | None) -> Cell:
    if worker is None:
        return Cell(DASH)
    if worker.alone:
        return Cell("one process")
    if worker.ended == worker.repeats:
        return Cell("server ends", grave=True)
    lost = _lost(worker.lost) if worker.lost is not None else ""
    if worker.back_s is None:
        return Cell("not back", lost, grave=True)
    return Cell(_s(worker.back_s), lost, grave=worker.back < worker.repeats)


def _busiest(worker: WorkerFigures | None) -> Cell:
    if worker is None or worker.busiest is None:
        return Cell(DASH)
    share = worker.busiest
    ends = f"({100 * share.low:.0f}{DASH}{100 * share.high:.0f})" if share.repeats > 1 else ""
    of = "" if worker.busiest_by == "requests" else f" of {worker.busiest_by}"
    return Cell(f"{100 * share.median:.0f} %{of}", ends, is_range=True)


def _spread_cell(spread: Spread | None) -> Cell:
    if spread is None:
        return Cell(DASH)
    first = _seconds(spread.median)
    if spread.repeats == 1:
        return Cell(first)
    return Cell(first, f"({_seconds(spread.low)}{DASH}{_seconds(spread.high)})", is_range=True)


def _seconds(value: float) -> str:
    """Write at most hundredths where they matter: starts are polled every 10 ms."""
    hundredths = _HUNDREDTH <= value < 10 * _HUNDREDTH
    return f"{value:.2f}" if hundredths else significant(value, 2)


def _s(spread: Spread) -> str:
    cell = _spread_cell(spread)
    return " ".join(filter(None, (f"{cell.first} s", cell.second)))


def _lost(spread: Spread) -> str:
    if spread.low == spread.high:
        return f"{spread.median:.0f} lost"
    return f"{spread.median:.0f} ({spread.low:.0f}{DASH}{spread.high:.0f}) lost"


def _mib(size_bytes: float) -> str:
    return significant(size_bytes / MIB)


def _mib_range(spread: Spread) -> str:
    return f"({_mib(spread.low)}{DASH}{_mib(spread.high)})" if spread.repeats > 1 else ""


def _conditions(lives: tuple[Life, ...], experiments: tuple[Experiment, ...]) -> str:
    return " ".join(_said(lives, experiments))


def _said(lives: tuple[Life, ...], experiments: tuple[Experiment, ...]) -> Iterator[str]:
    repeats = max((experiment.occasion.repeat for experiment in experiments), default=0)
    if repeats > 1:
        yield (
            f"Medians of {repeats} repeats, each on a fresh start, in random order over the "
            "stacks; in parentheses the least and the most."
        )
    else:
        yield "Each figure is of a single start: how much it varies is not known."
    yield (
        "Starts count until the first correct response, with a warm file cache. Memory is that of "
        "the whole process tree, divided by the workers."
    )
    rates = sorted({r for life in lives if (r := life.portrait.rate_per_s) is not None})
    if rates:
        stops = [stop for life in lives if (stop := life.portrait.stop) is not None]
        in_flight = [stop.in_flight for stop in stops if stop.in_flight is not None]
        offered = alternatives(f"{rate:g}" for rate in rates)
        at_most = significant(max(in_flight), 2) if in_flight else ""
        so_many = f", of which at most {at_most} are in flight at a time" if at_most else ""
        yield f"Signals come while {offered} requests a second arrive{so_many}."
    if any(not doubt.left_out for life in lives for doubt in life.portrait.doubts):
        yield f"What is marked with {DOUBTFUL} is doubtful: the machine was disturbed."
    yield (
        "Lost is what was sent and got no correct response; for reloads and killed workers what "
        "was refused a connection, too."
    )
