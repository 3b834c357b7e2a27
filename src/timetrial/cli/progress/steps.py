"""The step that a verb is at, where it has no run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

from rich.console import Console
from rich.text import Text

from timetrial.cli.progress.display import Display
from timetrial.cli.progress.form import shown_as

Logged = Literal["all", "first", "none"]
"""Which steps are lines where there is no terminal."""


@contextmanager
def steps(console: Console, logged: Logged = "all") -> Iterator[Callable[[str], None]]:
    """Show which step is being done: on a terminal for as long as it takes, else as a line."""
    if shown_as("auto", console, os.environ) == "lines":
        yield _logged_on(console, logged)
        return
    with Display(console) as display:
        yield lambda step: display.draw(lambda: (Text(step, no_wrap=True),))


def _logged_on(console: Console, logged: Logged) -> Callable[[str], None]:
    told = 0

    def tell(step: str) -> None:
        nonlocal told
        if logged == "all" or (logged == "first" and not told):
            console.print(Text(step), soft_wrap=True)
        told += 1

    return tell
