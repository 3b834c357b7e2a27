"""One way to set a server up."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Candidate:
    """Settings of a server; they are in order of size, the smallest first."""

    workers: int
    """Processes that serve."""
    threads: int
    """Threads a process."""
    server: str
    """Its name in the catalog: event loops and parsers are servers of their own there."""

    @property
    def slots(self) -> int:
        """Return how many requests can be worked on at once, where a thread takes one."""
        return self.workers * self.threads
