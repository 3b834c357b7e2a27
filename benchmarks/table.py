"""The table of the race, a line at a time."""

from __future__ import annotations

from dataclasses import dataclass

from case import Case
from ratio import Ratio
from verdict import Judged

_FORMAT = "{:<10} {:>11} {:>6}  {:<16} {:>14}  {:<18}  {}"
HEAD = _FORMAT.format(
    "server", "connections", "depth", "generator", "requests/CPU-s", "ratio to wrk", "target"
)


@dataclass(frozen=True, slots=True)
class Row:
    case: Case
    generator: str
    ok_per_cpu_s: float | None
    """Median over rounds; None: there is none, and `reason` says why."""
    ratio: Ratio | None
    """None: this is wrk itself, or there is no wrk."""
    target: float | None
    """None: nothing is demanded of it."""
    reason: str = ""

    def __str__(self) -> str:
        case = self.case
        what = (case.server, case.connections, case.depth, self.generator)
        if self.ok_per_cpu_s is None:
            return _FORMAT.format(*what, "–", self.reason, "").rstrip()
        target = f"≥ {self.target}: {self.judged.verdict}" if self.target else ""
        figure = f"{self.ok_per_cpu_s:,.0f}"
        return _FORMAT.format(*what, figure, str(self.ratio or ""), target).rstrip()

    @property
    def judged(self) -> Judged:
        what = f"{self.generator}, on {self.case}"
        return Judged(what, self.target or 0.0, self.ratio, self.reason or "there is no wrk")
