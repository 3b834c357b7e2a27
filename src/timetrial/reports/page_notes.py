"""Which notes the page shows at once, and which behind a disclosure: as a terminal does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from timetrial.reports.answer import GRAVE, SAID_BY_HEADLINE
from timetrial.reports.table_view import Note
from timetrial.reports.verdict_line import MOST_NOTES


@dataclass(frozen=True, slots=True)
class PageNotes:
    first: tuple[Note, ...]
    """Those that change what a reader would do."""
    more: tuple[Note, ...]


def parted(notes: Sequence[Note]) -> PageNotes:
    """Part notes; both parts stay in their order, the gravest first."""
    first = [
        note for note in notes if note.severity in GRAVE and note.name not in SAID_BY_HEADLINE
    ][:MOST_NOTES]
    return PageNotes(tuple(first), tuple(note for note in notes if note not in first))
