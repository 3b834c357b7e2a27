"""The names of things measured: a cell, and a cell in one round."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """A stack in a benchmark (its workload and load)."""

    benchmark: str
    stack: str


@dataclass(frozen=True, slots=True, order=True)
class Trial:
    """All windows of one cell in one round."""

    round: int
    """Counted from 1."""
    cell: Cell
