"""Whether a cell really had the connections and workers that it was to have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from timetrial.model.load import RateLoad
from timetrial.model.measurement import Measurement
from timetrial.model.suite import Contest, Stack


@dataclass(frozen=True, slots=True)
class Reached:
    """What was asked for, and the least of it that was there in any window."""

    connections: int | None
    """That were asked for; None for an open load, which opens what it needs."""
    connections_least: int | None
    """The fewest at once, at a window's best moment; None where the driver does not tell."""
    workers: int
    """Processes that were to serve."""
    processes_least: int
    """The fewest in the server's process tree, before or after any contest: workers, and with many
    servers a master or helpers."""

    @property
    def shortfall(self) -> str:
        """Say in a clause what was not reached; '' if all that is known was."""
        parts = []
        asked, least = self.connections, self.connections_least
        if asked is not None and least is not None and least < asked:
            parts.append(f"{least:,} of {asked:,} connections")
        if self.processes_least < self.workers:
            parts.append(f"{self.processes_least} of {self.workers} worker processes")
        return f"{' and '.join(parts)} at worst" if parts else ""

    @property
    def unseen(self) -> bool:
        """Say whether connections were asked for, and nobody counted them."""
        return self.connections is not None and self.connections_least is None


def reached(contest: Contest, stack: Stack, measurements: Sequence[Measurement]) -> Reached:
    """Look through all windows of a cell; there must be at least one measurement."""
    windows = [window for measurement in measurements for window in measurement.windows]
    counted = [w.connections_reached for w in windows if w.connections_reached is not None]
    return Reached(
        connections=None if isinstance(contest.load, RateLoad) else contest.load.connections,
        connections_least=min(counted) if counted and len(counted) == len(windows) else None,
        workers=stack.workers,
        processes_least=min(
            len(tree) for m in measurements for tree in (m.processes_before, m.processes_after)
        ),
    )
