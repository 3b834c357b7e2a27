"""The end of a terminal, drawn anew with each change: the one place where progress is drawn."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Self

from rich.console import Console, Group
from rich.control import Control
from rich.live import Live
from rich.segment import ControlType
from rich.text import Text

from timetrial.cli.progress.glyphs import ASCII, BLOCKS, Glyphs, Size

MOST_DRAWINGS_PER_S = 4


class Display:
    """Lines at the end of a terminal that are drawn anew; others go above them and stay.

    It draws when it is called, in the thread that calls: nothing is drawn between two events. More
    than `MOST_DRAWINGS_PER_S` are left out, and shown with the next. The cursor is never hidden:
    a program that is killed leaves the terminal as it was.
    """

    def __init__(self, console: Console, now_s: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._now_s = now_s
        self._drawn_s = deque[float](maxlen=MOST_DRAWINGS_PER_S)
        self._widths: tuple[int, ...] = ()
        """Of the lines that are shown, the empty one where the cursor waits included."""
        self._live = self._fresh()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.clear()

    @property
    def size(self) -> Size:
        """Return the size of the terminal as it is now."""
        return Size(self._console.width, self._console.height)

    @property
    def glyphs(self) -> Glyphs:
        """Return what the terminal's encoding has."""
        return ASCII if self._console.options.ascii_only else BLOCKS

    def say(self, text: Text) -> None:
        """Print lines that stay."""
        with self._console:
            self._take_up_wrapped()
            self._console.print(text)

    def draw(self, lines: Callable[[], Sequence[Text]]) -> None:
        """Show these lines in place of the ones before, unless too many were drawn just now."""
        now_s, full = self._now_s(), len(self._drawn_s) == MOST_DRAWINGS_PER_S
        if full and now_s - self._drawn_s[0] < 1:
            return
        self._drawn_s.append(now_s)
        if not self._live.is_started:
            self._live.start()
            self._console.show_cursor(show=True)
        with self._console:
            self._take_up_wrapped()
            shown = (*lines(), Text())
            self._widths = tuple(line.cell_len for line in shown)
            self._live.update(Group(*shown), refresh=True)

    def clear(self) -> None:
        """Take the lines away; another `draw` begins anew."""
        with self._console:
            self._take_up_wrapped()
            self._live.update(Group(*[Text()] * len(self._widths)))
            self._live.stop()
        self._widths = ()
        self._live = self._fresh()

    def _fresh(self) -> Live:
        return Live(
            console=self._console, auto_refresh=False, transient=True, redirect_stdout=False
        )

    def _take_up_wrapped(self) -> None:
        """After the terminal became narrower: erase what its lines wrapped into.

        Terminals that do not wrap what they show already lose as many lines above.
        """
        width = max(1, self._console.width)
        wrapped = sum(max(0, -(-cells // width) - 1) for cells in self._widths)
        if wrapped:
            up = ((ControlType.ERASE_IN_LINE, 2), (ControlType.CURSOR_UP, 1))
            self._console.control(Control(ControlType.CARRIAGE_RETURN, *up * wrapped))
            self._widths = (0,) * len(self._widths)
