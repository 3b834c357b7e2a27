"""How progress is shown: on a terminal, as lines, or as events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from rich.console import Console

from timetrial.verbs.options.progress import ProgressForm

Shown = Literal["region", "lines", "events"]


def shown_as(form: ProgressForm, console: Console, environ: Mapping[str, str]) -> Shown:
    """Choose how progress is shown: a region needs a terminal that is not told to be plain."""
    if form != "auto":
        return form
    is_plain = console.is_dumb_terminal or bool(environ.get("NO_COLOR"))
    return "region" if console.is_terminal and not is_plain else "lines"
