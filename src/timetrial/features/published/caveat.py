"""A named doubt about a published row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from timetrial.features.published.row import PublishedRow

Figure = Literal["throughput", "latency"]


@dataclass(frozen=True, slots=True)
class Caveat:
    """What is to be doubted, and on what evidence."""

    name: str
    """Of the detector, as 'late-responses'."""
    voids: tuple[Figure, ...]
    """The figures that say nothing of the server; () where it is a note."""
    evidence: str
    """One sentence with the figures that gave rise to it."""

    @property
    def severity(self) -> str:
        return f"void for {' and '.join(self.voids)}" if self.voids else "note"


@dataclass(frozen=True, slots=True)
class JudgedRow:
    """A row with all that was found against it."""

    row: PublishedRow
    doubts: tuple[Caveat, ...]

    def is_void(self, figure: Figure) -> bool:
        return bool(self.against(figure))

    def against(self, figure: Figure) -> tuple[str, ...]:
        """Name the doubts that void a figure."""
        return tuple(doubt.name for doubt in self.doubts if figure in doubt.voids)
