"""A named doubt about what was measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from timetrial.model.trial import Cell

Severity = Literal["note", "doubtful", "invalid"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What is to be doubted, how much, and on what evidence."""

    name: str
    """Of the check, as 'delayed-ack'."""
    severity: Severity
    cell: Cell
    evidence: str
    """One sentence with the figures that gave rise to it."""
