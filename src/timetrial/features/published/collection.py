"""A published collection: its rows, and what was concluded from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from timetrial.features.published.row import PublishedRow
from timetrial.model import Cell

Relation = Literal["higher", "not higher", "times", "different"]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two cells whose throughput decides a claim."""

    one: Cell
    other: Cell
    over: Pair | None = None
    """Where leads are compared: the ratio of `one` to `other` is divided by this pair's."""

    @property
    def cells(self) -> tuple[Cell, ...]:
        return (self.one, self.other, *(self.over.cells if self.over else ()))


@dataclass(frozen=True, slots=True)
class Claim:
    """One published conclusion, in terms of throughput."""

    says: str
    """A clause, as 'gevent is ahead of every ASGI server on JSON'."""
    relation: Relation
    """Of `one` against `other`, in every pair."""
    pairs: tuple[Pair, ...]
    times: tuple[float, float] | None = None
    """For 'times': the lowest and highest ratio that support the claim."""
    server_cpus: int = 1
    """On fewer CPUs for the servers, a run of ours cannot tell: it is about work in parallel."""


@dataclass(frozen=True, slots=True)
class Collection:
    """Everything that was published on one suite."""

    suite: str
    title: str
    rows: tuple[PublishedRow, ...]
    """In the order in which they were printed, document after document."""
    claims: tuple[Claim, ...]

    def is_about(self, suite: str) -> bool:
        """Say whether a suite of that name measures the same: 'pipelining', 'pipelining-small'."""
        return suite == self.suite or suite.startswith(f"{self.suite}-")

    @property
    def documents(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(row.document for row in self.rows))
