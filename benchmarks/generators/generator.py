"""What the race asks of a load generator, and what it gets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Load:
    """A closed load: each connection sends as long as fewer than `depth` requests are in flight."""

    url: str
    connections: int
    depth: int
    length_s: int
    """Whole seconds, because wrk and h2load take no others."""


@dataclass(frozen=True, slots=True)
class Responses:
    """What a generator says it got."""

    ok: int
    failed: int
    """What was merely in flight at the end is in neither."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one run of a generator did and cost."""

    ok: int
    cpu_s: float
    """User and system time of its process, from start to exit."""

    @property
    def ok_per_cpu_s(self) -> float:
        return self.ok / self.cpu_s


class Generator(Protocol):
    """An adapter."""

    @property
    def name(self) -> str:
        """Name and, where it has one, version."""

    def command(self, load: Load) -> list[str]: ...

    def responses(self, output: str) -> Responses:
        """Read standard output. Raises ValueError, LookupError or TypeError when it is not
        as expected.
        """
