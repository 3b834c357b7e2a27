"""The verdict of a verb in one line, with what it is about above it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import RenderableType
from rich.text import Text

from timetrial.model import counted, listed
from timetrial.reports.grids import prose

MOST_NAMED = 6
"""Servers in a sentence; more of them are counted."""
MOST_NOTES = 3
"""That follow a verdict and its table; of more it is said how many there are."""


@dataclass(frozen=True, slots=True)
class Headline:
    """A verdict: a word or two in capitals, and what they mean here."""

    label: str
    text: str
    decided: bool = False
    """Whether there is a result, as the name of the fastest server."""
    failed: bool = False
    """Whether something is wrong that has to be seen to."""

    @property
    def style(self) -> str:
        if self.failed:
            return "bold red"
        return "bold green" if self.decided else "bold yellow"


def named(servers: Sequence[str]) -> str:
    """List the first servers, and count the others; a single one is named instead."""
    more = len(servers) - MOST_NAMED
    if more <= 1:
        return listed(list(servers))
    return listed([*servers[:MOST_NAMED], f"{more} more"])


def said(verdict: Headline, title: str, conditions: str, width: int) -> Iterator[RenderableType]:
    """Lay out what was measured, and the verdict on it."""
    about = f" · {conditions}" if conditions else ""
    yield prose(Text.assemble((title, "bold underline"), (about, "dim")), width)
    yield prose(Text.assemble((verdict.label, verdict.style), f"  {verdict.text}"), width)


def most(notes: tuple[str, ...], width: int) -> Iterator[RenderableType]:
    """Lay out the first notes, and count the others."""
    for note in notes[:MOST_NOTES]:
        yield prose(Text(note), width, left=1)
    more = len(notes) - MOST_NOTES
    if more > 0:
        yield prose(Text(f"{counted(more, 'more note')}: --details.", "dim"), width)
