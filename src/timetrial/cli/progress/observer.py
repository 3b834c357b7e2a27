"""Observers of what goes on: they show it on standard error."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from rich.console import Console
from rich.text import Text

from timetrial.cli.output import PROGRESS
from timetrial.cli.progress.display import Display
from timetrial.cli.progress.event_json import event_line
from timetrial.cli.progress.form import shown_as
from timetrial.cli.progress.lines import Line, line_of, trial_line
from timetrial.cli.progress.region import region
from timetrial.cli.progress.state import ProgressEvent, ProgressState, after
from timetrial.cli.signals import terminated_like_interrupted
from timetrial.cli.verbosity import is_verbose
from timetrial.model import TrialProgress, TrialStored
from timetrial.verbs.options.progress import ProgressForm


class RunProgress:
    """Shows a run: how far it is, how its stacks stand, and the time left.

    With `each_trial` there is a line for each, too; None: as `--verbose` says.
    """

    def __init__(
        self, console: Console, form: ProgressForm = "auto", *, each_trial: bool | None = None
    ) -> None:
        self._console = console
        self._each_trial = is_verbose() if each_trial is None else each_trial
        self._shown = shown_as(form, console, os.environ)
        self._display = Display(console)
        self._state = ProgressState()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._display.clear()

    def __call__(self, event: ProgressEvent) -> None:
        if isinstance(event, TrialProgress):
            return  # a window is open: nothing is to disturb it
        if self._shown == "events":
            self._console.print(Text(event_line(event)), soft_wrap=True)
            return
        before, self._state = self._state, after(self._state, event)
        line = line_of(before, event, self._state)
        if isinstance(event, TrialStored) and self._each_trial:
            line = trial_line(event, self._state)
        if line is not None and (line.stays or self._shown == "lines"):
            self._say(line)
        if self._shown == "region":
            self._display.draw(
                lambda: region(self._state, self._display.size, self._display.glyphs)
            )

    def _say(self, line: Line) -> None:
        text = Text(line.text, style="red" if line.is_fault else "")
        if self._shown == "region":
            self._display.say(text)
        else:
            # A log has no width.
            self._console.print(text, soft_wrap=True)


@contextmanager
def watched(form: ProgressForm = "auto") -> Iterator[RunProgress]:
    """Show progress while a verb measures, with SIGTERM handled as Ctrl-C."""
    with terminated_like_interrupted(), RunProgress(PROGRESS, form) as progress:
        yield progress
