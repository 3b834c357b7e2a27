"""Progress of a single drive, on one line that is rewritten."""

from __future__ import annotations

import time
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.text import Text

from timetrial.drivers.driver import LoadSpec, Progress
from timetrial.model.units import significant
from timetrial.verbs.load import LoadBegins, LoadEvent

_REDRAWS_PER_S = 5


class LoadProgress:
    """An observer that shows elapsed time, rate and failures; nothing without a terminal."""

    def __init__(self, console: Console) -> None:
        self._live = Live(console=console, transient=True, refresh_per_second=_REDRAWS_PER_S)
        self._drive: LoadSpec | None = None
        self._began_s = self._shown_s = time.monotonic()
        self._completions = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._live.stop()

    def __call__(self, event: LoadEvent) -> None:
        if isinstance(event, LoadBegins):
            self._begin(event.drive)
        elif self._drive is not None:
            self._show(event, self._drive)

    def _begin(self, spec: LoadSpec) -> None:
        self._drive = spec
        self._began_s = self._shown_s = time.monotonic()
        if self._live.console.is_terminal:
            self._live.start()

    def _show(self, progress: Progress, spec: LoadSpec) -> None:
        now_s = time.monotonic()
        if now_s - self._shown_s < 1 / _REDRAWS_PER_S:
            return
        completions = progress.completions or 0
        rate = (completions - self._completions) / (now_s - self._shown_s)
        self._shown_s, self._completions = now_s, completions
        self._live.update(Text(_line(progress, spec, rate, now_s - self._began_s)))


def _line(progress: Progress, spec: LoadSpec, rate: float, elapsed_s: float) -> str:
    if spec.max_requests:
        done = f"{progress.completions:,} of {spec.max_requests:,} requests"
    else:
        done = f"{elapsed_s:.0f} of {spec.window_s:.0f} s"
    parts = [done, f"{significant(rate)} requests/s", f"{progress.connections} connections"]
    if progress.failures:
        parts.append(f"{progress.failures:,} failed")
    return "  ".join(parts)
