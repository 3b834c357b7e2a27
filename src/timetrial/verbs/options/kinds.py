"""Kinds of values that several options have, with their bounds."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from timetrial.machine.ports import HIGHEST_PORT
from timetrial.verbs.options.options import CommandLine, Written

SHORTEST_S, LONGEST_S = 0.001, 24 * 3600.0
SMALLEST_BYTES = 1024**2
HIGHEST_RATE_PER_S = 10_000_000

Seconds = Annotated[float, Written.DURATION, Field(ge=SHORTEST_S, le=LONGEST_S)]
Share = Annotated[float, Written.SHARE, Field(ge=0.001, le=0.5)]
Size = Annotated[int, Written.SIZE, Field(ge=SMALLEST_BYTES)]
RatePerS = Annotated[float, Written.RATE, Field(gt=0, le=HIGHEST_RATE_PER_S)]
Cpus = Annotated[tuple[int, ...], Written.CPUS]
Header = Annotated[tuple[str, str], Written.HEADER]
MetricName = Literal["throughput", "p50", "p99", "cpu", "memory"]
"""Of the metrics that are compared."""
Pattern = Annotated[str, Written.PATTERN]
FirstPort = Annotated[
    int | None,
    Field(ge=1, le=HIGHEST_PORT, description="Servers listen on N, N+1, ….  [default: free ports]"),
    CommandLine(metavar="N"),
]
