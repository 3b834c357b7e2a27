"""Progress of a run: one line that is rewritten on a terminal, plain lines elsewhere."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from timetrial.analysis.statistics.racing import MARGIN
from timetrial.cli.output import PROGRESS
from timetrial.cli.signals import terminated_like_interrupted
from timetrial.cli.verbosity import is_verbose
from timetrial.features.gate.text import chosen_text
from timetrial.features.race.length_text import length_text
from timetrial.model import (
    METRICS,
    BaseChosen,
    BenchmarkStopped,
    ComparingAnswers,
    EnvironmentBuilding,
    Event,
    ExperimentRunning,
    Failure,
    ImportingApp,
    PilotStarted,
    ProbingConfigs,
    ProvisionalRanking,
    RaceExpected,
    RateSet,
    ReadingLog,
    RoundMeasured,
    RunStarted,
    ServerChosen,
    ServiceReady,
    ServiceStarting,
    StackDropped,
    StackFailedToServe,
    StackReady,
    StackStarting,
    TrialProgress,
    TrialStored,
    WarmingUp,
    WindowMeasured,
    counted,
    significant,
    whole_minutes,
)
from timetrial.reports.ratios import change

_Chosen = BaseChosen | ServerChosen
_Told = EnvironmentBuilding | ServiceStarting | ServiceReady | ImportingApp | RaceExpected | RateSet
_Preparing = ReadingLog | _Told
_EXPERIMENTS = {
    "stop": "starting {} and stopping it under load",
    "reload": "reloading {} under load",
    "worker": "killing a worker of {} under load",
}


class RunProgress:
    """An observer that shows the trials done, the latest figure and the time left."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, transient=True, refresh_per_second=5)
        self._trials = (0, 0)
        self._left = ""
        self._known = ""
        self._ranking = ""
        """Shown beneath the line of a terminal."""
        self._where = ""
        """What comes before 'round 1'."""

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._live.stop()

    def __call__(self, event: Event) -> None:
        match event:
            case (
                ReadingLog()
                | BaseChosen()
                | ServerChosen()
                | EnvironmentBuilding()
                | ServiceStarting()
                | ServiceReady()
                | ImportingApp()
                | RaceExpected()
                | RateSet()
            ):
                self._prepare(event)
            case PilotStarted() | RunStarted():
                self._begin(event)
            case ProbingConfigs() | ComparingAnswers() | ExperimentRunning():
                self._show_requests(event)
            case StackStarting() | StackReady() | WarmingUp():
                self._rewrite(event.round, _starting_text(event))
            case TrialProgress() | WindowMeasured():
                self._rewrite(event.round, self._rate(event))
            case TrialStored():
                self._trials = (event.done, event.total)
                if is_verbose() or not self._console.is_terminal:
                    self._say(f"{self._where}{_stored(event)}")
            case StackFailedToServe():
                self._say(f"{self._where}{_failed(event.failure)}", "red")
            case RoundMeasured() | BenchmarkStopped() | StackDropped() | ProvisionalRanking():
                self._show_precision(event)
            case _:
                pass

    def _prepare(self, event: _Chosen | _Preparing) -> None:
        if isinstance(event, _Chosen):
            self._console.print(chosen_text(event), markup=False)
        elif not isinstance(event, ReadingLog):
            self._say(_preparing(event))
        elif self._console.is_terminal:
            lines = f": {event.lines:,} lines" if event.lines else ""
            self._live.update(Spinner("dots", f"reading {event.name}{lines}"))

    def _begin(self, event: PilotStarted | RunStarted) -> None:
        self._where = "pilot, " if isinstance(event, PilotStarted) else ""
        self._trials = (0, event.trials)
        self._left = _left(event.expected_s)
        what = "pilot, to find the rates" if isinstance(event, PilotStarted) else f"run {event.run}"
        trials = f"{event.trials} trial{'s' if event.trials != 1 else ''}"
        self._say(f"{what}: {trials}, about {self._left}")

    def _show_requests(self, event: ProbingConfigs | ComparingAnswers | ExperimentRunning) -> None:
        if isinstance(event, ExperimentRunning):
            self._show_experiment(event)
            return
        what = f"asking {event.total} stack{'s' if event.total != 1 else ''} what they really are"
        if isinstance(event, ComparingAnswers):
            what = "asking all stacks the same, to compare what they answer"
        if self._console.is_terminal:
            self._live.update(Text(f"{what}  ·  {event.done} done", no_wrap=True))
        elif event.done == 0:
            self._say(what)

    def _show_experiment(self, event: ExperimentRunning) -> None:
        what = _EXPERIMENTS[event.occasion.experiment].format(event.occasion.stack)
        if not event.occasion.repeat:
            what = f"trying out {event.occasion.stack}"
        parts = (f"life cycle: {event.done} of {event.total}", f"{_left(event.remaining_s)} left")
        if self._console.is_terminal:
            line = "  ·  ".join((*parts, what))
            self._live.update(Text(line, no_wrap=True, overflow="ellipsis"))
        else:
            self._say(f"{parts[0]}, {what}")

    def _rate(self, event: TrialProgress | WindowMeasured) -> str:
        rate = f"{event.cell.stack} in {event.cell.benchmark}"
        if event.completions_per_s is not None:
            rate += f": {significant(event.completions_per_s)} requests/s"
        if isinstance(event, TrialProgress):
            return f"{rate} after {event.passed_s:.0f} s"
        self._left = _left(event.remaining_s)
        return rate

    def _show_precision(
        self, event: RoundMeasured | BenchmarkStopped | StackDropped | ProvisionalRanking
    ) -> None:
        if isinstance(event, ProvisionalRanking):
            self._show_ranking(event)
            return
        if isinstance(event, StackDropped):
            after = f"leaves after round {event.after_round}"
            self._say(f"{event.stack} {after}: it is more than {100 * MARGIN:g} % behind")
            return
        if isinstance(event, BenchmarkStopped):
            stop = event.stop
            self._say(f"{stop.benchmark} ends after round {stop.after_round}: {stop.reason}")
            return
        self._left = _left(event.remaining_s)
        self._known = _widest_text(event)
        if self._known and not self._console.is_terminal:
            left = f"; about {self._left} left" if event.remaining_s else ""
            self._say(f"after round {event.round} of {event.rounds}: {self._known}{left}")

    def _show_ranking(self, event: ProvisionalRanking) -> None:
        """Print the first ranking of a run, and all of them in a log."""
        is_first = not self._ranking
        self._ranking = f"{self._where}{_ranking_text(event)}"
        if is_first or event.round == 1 or not self._console.is_terminal:
            self._say(self._ranking)

    def _say(self, line: str, style: str = "") -> None:
        """Print a line that stays."""
        # A log has no width.
        self._console.print(Text(line, style=style), soft_wrap=not self._console.is_terminal)

    def _rewrite(self, round_: int, what: str) -> None:
        if not self._console.is_terminal:
            return
        done, total = self._trials
        left = f"{self._left} left" if self._left else ""
        # The least important part is last, where a narrow terminal cuts it off.
        # Before the first round there is nothing to count.
        where = f"{self._where}round {round_}" if round_ else ""
        counted = f"{done} of {total} trials" if round_ else ""
        parts = filter(None, (where, counted, left, self._known, what))
        shown = "  ·  ".join(parts) + (f"\n{self._ranking}" if self._ranking else "")
        self._live.update(Text(shown, no_wrap=True, overflow="ellipsis"))


@contextmanager
def watched() -> Iterator[RunProgress]:
    """Show progress while a verb measures, with SIGTERM handled as Ctrl-C."""
    with terminated_like_interrupted(), RunProgress(PROGRESS) as progress:
        yield progress


def _preparing(event: _Told) -> str:
    match event:
        case EnvironmentBuilding():
            return f"installing {event.stack} ({event.number} of {event.total})"
        case ServiceStarting():
            return f"starting {event.service}"
        case ServiceReady():
            return f"{event.service} is up after {event.took_s:.2f} s ({event.version})"
        case ImportingApp():
            return f"importing {event.target} to see what it is"
        case RaceExpected():
            return length_text(event)
        case RateSet():
            return f"{event.benchmark}: {event.load}, {event.load.of_capacity}"


def _starting_text(event: StackStarting | StackReady | WarmingUp) -> str:
    match event:
        case StackStarting():
            return f"starting {event.stack}"
        case StackReady():
            return f"{event.stack} is up after {event.startup_s:.2f} s"
        case WarmingUp():
            return f"warming up {event.stack}"


def _stored(event: TrialStored) -> str:
    measurement = event.measurement
    seconds = sum(window.length_s for window in measurement.windows)
    rate = sum(window.completions for window in measurement.windows) / seconds
    cell = measurement.trial.cell
    return (
        f"{event.done} of {event.total}: round {measurement.trial.round}, {cell.stack} in "
        f"{cell.benchmark}: {significant(rate)} requests/s"
    )


def _ranking_text(event: ProvisionalRanking) -> str:
    rates = " · ".join(f"{name} {significant(per_s)}" for name, per_s in event.rates)
    after = f"after {counted(event.round, 'round')}"
    if event.windows:
        after = f"after {counted(event.windows, 'window')} each"
    return f"{after}, provisional, no verdict: {rates} requests/s"


def _widest_text(event: RoundMeasured) -> str:
    """Write the ratio with the widest interval: 'b against a in …: +0.4 % [-1.7, +2.5] …'."""
    if event.widest is None:
        return ""
    pair = f"{event.widest.b} against {event.widest.a} in {event.benchmark}"
    metric = METRICS[event.widest.metric].label
    kind = ", provisional" if event.widest.provisional else ""
    return f"{pair}: {change(event.widest.ratio)} {metric}{kind}"


def _failed(failure: Failure) -> str:
    where = f" in {failure.benchmark}" if failure.benchmark else ""
    return f"{failure.stack}{where}, round {failure.round}, {failure.phase}: {failure.reason}"


def _left(seconds: float) -> str:
    return whole_minutes(math.ceil(seconds))
