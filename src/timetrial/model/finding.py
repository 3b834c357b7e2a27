"""A named doubt about a measurement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from timetrial.model.trial import Cell

Severity = Literal["note", "doubtful", "invalid"]


@dataclass(frozen=True, slots=True)
class Finding:
    """The doubted cell, the severity of the doubt, and its evidence."""

    name: str
    """Of the check, for example 'delayed-ack'."""
    severity: Severity
    cell: Cell
    evidence: str
    """One sentence with the figures behind the finding."""
