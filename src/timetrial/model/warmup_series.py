"""What a warm-up looked like: load on a fresh stack, in short stretches."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WarmUpSeries:
    """One benchmark's share of a warm-up; the tuples have an entry for each stretch, in order."""

    benchmark: str
    wait_s: float
    """How long its app waits by design."""
    lengths_s: tuple[float, ...]
    completions: tuple[int, ...]
    server_cpu_s: tuple[float | None, ...]
    """CPU time of the server's process tree; None where a process went meanwhile."""

    @property
    def length_s(self) -> float:
        return sum(self.lengths_s)
