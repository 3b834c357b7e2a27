"""What a load tool that is not ours says of itself, and what it cannot say."""

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
    """One drive of a tool, by its own account."""

    name: DriverName
    version: str
    command: tuple[str, ...]
    """As it was started; what it wrote and read lay in a temporary folder."""
    figures: tuple[ToolFigure, ...]
    unseen: tuple[str, ...]
    """What is therefore missing from a window, in a few words each: checks that need it are
    silent."""
    blind: tuple[str, ...]
    """What the figures leave out or mean otherwise than the engine's, a sentence each."""

    def figure(self, name: str) -> float | None:
        return next((each.value for each in self.figures if each.name == name), None)
