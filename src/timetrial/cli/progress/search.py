"""Progress of a search for a capacity: its trials, the rate that is tried, and the interval."""

from __future__ import annotations

import os
import textwrap
from dataclasses import dataclass, replace
from typing import Self

from rich.console import Console
from rich.text import Text

from timetrial.analysis.statistics.quantile import decoded
from timetrial.cli.progress.display import Display
from timetrial.cli.progress.event_json import event_line
from timetrial.cli.progress.form import shown_as
from timetrial.cli.progress.glyphs import Glyphs, Size, cut
from timetrial.cli.progress.observer import RunProgress
from timetrial.features.capacity.events import (
    CapacityEvent,
    Expected,
    Recovering,
    Starting,
    TrialBegins,
    TrialEnds,
    TrialProceeds,
)
from timetrial.features.capacity.search import Interval
from timetrial.features.capacity.text import cause_text, expected_sentence, per_s, time
from timetrial.features.capacity.trial import CapacityTrial
from timetrial.model import duration
from timetrial.verbs.capacity import CapacityVerbEvent
from timetrial.verbs.options.progress import ProgressForm

_SHOWN_AT_LEAST = 10
"""Response times that must lie beyond a percentile."""
_TAIL = 0.99
_MOST_TRIALS = 6
"""That a terminal shows."""
_AROUND_TRIALS = 4
"""Lines."""


@dataclass(frozen=True, slots=True)
class SearchState:
    """How far a search is."""

    left_s: float
    doing: CapacityEvent | None = None
    interval: Interval | None = None
    """Where the capacity lies so far."""
    trials: tuple[CapacityTrial, ...] = ()
    expected: Expected | None = None
    """Told where the budget is short."""


def after(state: SearchState, event: CapacityEvent) -> SearchState:
    """Return the state after an event."""
    match event:
        case Starting():
            return replace(state, doing=event)
        case TrialBegins():
            return replace(state, doing=event, interval=event.interval, left_s=event.left_s)
        case TrialProceeds() | Recovering():
            return replace(state, doing=event, left_s=event.left_s)
        case TrialEnds():
            trials = (*state.trials, event.trial)
            return replace(state, interval=event.interval, left_s=event.left_s, trials=trials)
        case Expected():
            return replace(state, expected=event)


def region(state: SearchState, size: Size, glyphs: Glyphs) -> tuple[Text, ...]:
    """Draw a state: the rate that is tried, the interval, and the last trials."""
    doing = "" if state.doing is None else _doing_text(state.doing)
    parts = (doing, so_far(state.interval), f"{time(state.left_s)} left")
    count = min(_MOST_TRIALS, max(0, size.height - _AROUND_TRIALS))
    lines = [Text(glyphs.dot.join(filter(None, parts)), style="bold")]
    lines += [
        Text(f" {ended(trial)}", "dim") for trial in state.trials[len(state.trials) - count :]
    ]
    if state.expected is not None:
        sentence = textwrap.wrap(expected_sentence(state.expected), size.width)
        lines += [Text(part, "dim") for part in sentence]
    for line in lines:
        cut(line, size.width, glyphs)
    return tuple(lines)


def _doing_text(event: CapacityEvent) -> str:
    match event:
        case Starting():
            return "starting" if event.block else "asking for the first answers"
        case TrialBegins() | TrialProceeds():
            return f"trying {per_s(event.ask.rate_per_s)} req/s"
        case Recovering():
            return f"waiting for recovery after {per_s(event.ask.rate_per_s)} req/s"
        case _:
            return ""


def line_of(event: CapacityEvent) -> str | None:
    """Return the line that a log gets for an event."""
    if isinstance(event, Expected):
        return expected_sentence(event)
    if isinstance(event, TrialEnds):
        parts = filter(None, (ended(event.trial), so_far(event.interval)))
        return f"{'; '.join(parts)}; {time(event.left_s)} left"
    return None


def so_far(interval: Interval | None) -> str:
    """Say where the capacity lies by now."""
    if interval is None:
        return ""
    return f"so far {per_s(interval.low_per_s)} to {per_s(interval.high_per_s)}"


def ended(trial: CapacityTrial) -> str:
    """Say how a trial ended: its verdict, with the reason or p99."""
    times = decoded([trial.response_time])
    has_p99 = times.count * (1 - _TAIL) >= _SHOWN_AT_LEAST
    p99 = f"p99 {duration(times.quantile(_TAIL))}" if has_p99 else ""
    why = ", ".join(map(cause_text, trial.causes)) or p99
    rate = per_s(trial.ask.rate_per_s)
    return f"trial {trial.number}: {rate} req/s: {trial.verdict}{f' ({why})' if why else ''}"


class CapacityProgress:
    """An observer that shows what is prepared, then the search."""

    def __init__(self, console: Console, budget_s: float, form: ProgressForm = "auto") -> None:
        self._console = console
        self._budget_s = budget_s
        self._shown = shown_as(form, console, os.environ)
        self._preparing = RunProgress(console, form)
        self._display = Display(console)
        self._state: SearchState | None = None
        """None: the search has not begun."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._preparing.__exit__()
        self._display.clear()

    def __call__(self, event: CapacityVerbEvent) -> None:
        if isinstance(event, TrialProceeds):
            return  # its load is driven: nothing is to disturb it
        if isinstance(event, Starting | TrialBegins | TrialEnds | Recovering | Expected):
            self._search(event)
        else:
            self._preparing(event)

    def _search(self, event: CapacityEvent) -> None:
        if self._shown == "events":
            self._console.print(Text(event_line(event)), soft_wrap=True)
            return
        if self._state is None:
            self._preparing.__exit__()
            self._state = SearchState(self._budget_s)
            self._say(f"search for the capacity, {time(self._budget_s)} at most")
        self._state = state = after(self._state, event)
        if (line := line_of(event)) is not None:
            self._say(line)
        if self._shown == "region":
            self._display.draw(lambda: region(state, self._display.size, self._display.glyphs))

    def _say(self, line: str) -> None:
        if self._shown == "lines":
            self._console.print(Text(line), soft_wrap=True)
