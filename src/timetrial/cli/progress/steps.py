"""The step that a verb is at, where it has no run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.text import Text

from timetrial.cli.progress.display import Display
from timetrial.cli.progress.form import shown_as


@contextmanager
def steps(console: Console, *, alike: bool = False) -> Iterator[Callable[[str], None]]:
    """Show which step is being done: on a terminal for as long as it takes, else as a line.

    Of steps that are `alike`, only the first is a line.
    """
    if shown_as("auto", console, os.environ) == "lines":
        yield _printed_on(console, only_first=alike)
        return
    with Display(console) as display:
        yield lambda step: display.draw(lambda: (Text(step, no_wrap=True),))


def _printed_on(console: Console, *, only_first: bool) -> Callable[[str], None]:
    is_first = True

    def tell(step: str) -> None:
        nonlocal is_first
        if is_first or not only_first:
            console.print(Text(step), soft_wrap=True)
        is_first = False

    return tell
