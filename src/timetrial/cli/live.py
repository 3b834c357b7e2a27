"""Progress of a single drive, on one line that is rewritten."""

from __future__ import annotations

import time
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.text import Text

from timetrial.drivers.driver import Drive, Progress
from timetrial.units import significant

_REDRAWS_PER_S = 5


class LoadProgress:
    """Shows elapsed time, the present rate and failures; nothing where nobody looks."""

    def __init__(self, console: Console, drive: Drive) -> None:
        self._drive = drive
        self._live = Live(console=console, transient=True, refresh_per_second=_REDRAWS_PER_S)
        self._began_s = time.monotonic()
        self._shown_s = self._began_s
        self._completions = 0

    def __enter__(self) -> Self:
        if self._live.console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._live.stop()

    def show(self, progress: Progress) -> None:
        now_s = time.monotonic()
        if now_s - self._shown_s < 1 / _REDRAWS_PER_S:
            return
        completions = progress.completions or 0
        rate = (completions - self._completions) / (now_s - self._shown_s)
        self._shown_s, self._completions = now_s, completions
        self._live.update(Text(self._line(progress, rate, now_s - self._began_s)))

    def _line(self, progress: Progress, rate: float, elapsed_s: float) -> str:
        if self._drive.max_requests:
            done = f"{progress.completions:,} of {self._drive.max_requests:,} requests"
        else:
            done = f"{elapsed_s:.0f} of {self._drive.window_s:.0f} s"
        parts = [done, f"{significant(rate)} requests/s", f"{progress.connections} connections"]
        if progress.failures:
            parts.append(f"{progress.failures:,} failed")
        return "  ".join(parts)
