"""How hard a workload is driven."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ClosedLoad:
    """Closed load model: so many connections, each sends when its last response has come."""

    connections: int
    timeout_s: float = 10.0
    """A response that takes longer is counted as a timeout, at its elapsed time."""

    def __str__(self) -> str:
        return f"{self.connections} connections"
