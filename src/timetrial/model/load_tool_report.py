"""What a third-party load tool reports, and what it cannot report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

DriverName = Literal["engine", "wrk", "k6"]
ENGINE: DriverName = "engine"
CONNECTS = "how many connections were opened"
"""One of `ToolFigures.unseen`."""


@dataclass(frozen=True, slots=True)
class ToolFigure:
    """One figure in the tool's own words."""

    name: str
    value: float
    unit: str
    """'' for plain counts."""


@dataclass(frozen=True, slots=True)
class ToolFigures:
    """One run of a tool, by its own report."""

    name: DriverName
    version: str
    command: tuple[str, ...]
    """As it was started; its files were in a temporary folder."""
    figures: tuple[ToolFigure, ...]
    unseen: tuple[str, ...]
    """What is therefore missing from a window, in a few words each: checks that need it report
    nothing."""
    blind: tuple[str, ...]
    """What the figures leave out or mean otherwise than the engine's, a sentence each."""

    def figure(self, name: str) -> float | None:
        return next((figure.value for figure in self.figures if figure.name == name), None)
