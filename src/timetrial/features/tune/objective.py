"""What a search optimizes, and the resources that it may use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Objective = Literal["throughput", "p99", "cpu"]
"""Correct responses a second at saturation; p99 of response time at one rate for all; or CPU time
a request at saturation."""
CONNECTIONS = 64
"""The default: with fewer, settings of many threads could not show what they are for."""


@dataclass(frozen=True, slots=True)
class TuningSpec:
    """The request of a user."""

    objective: Objective = "throughput"
    cpus: int = 1
    """That the server may use."""
    memory_bytes: int | None = None
    """The most that the server's processes may take together; None: no bound."""
    budget_s: float = 300.0
    """For everything but installing."""
    connections: int = CONNECTIONS
    rate_per_s: float | None = None
    """For the objective p99; None: half of what the best candidate of the pilot carries."""
    shares_cpus: bool = False
    """Whether server and load engine have to share a CPU, because there are too few."""
