"""All measurements and facts of one cell: the input of a check."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from timetrial.model import (
    ENGINE,
    Benchmark,
    Cell,
    Finding,
    Measurement,
    ServerLimit,
    Severity,
    StackConfiguration,
    StackLife,
    Window,
    seconds,
)

_EXACT_BELOW = 0.095


@dataclass(frozen=True, slots=True)
class CellContext:
    """The measurements of one cell over all rounds."""

    benchmark: Benchmark
    stack: str
    measurements: tuple[Measurement, ...]
    elsewhere: tuple[Measurement, ...] = field(default=())
    """Measurements of the same stack in the other benchmarks of the run."""
    limits: tuple[ServerLimit, ...] = field(default=())
    """Known limits of the stack."""
    configuration: StackConfiguration | None = None
    """None where the stack was not inspected."""
    lives: tuple[StackLife, ...] = field(default=())
    """Lives of the stack in all rounds."""
    ceiling_per_s: float | None = None
    """Throughput of the load engine against a server that answers at once, under this load."""
    workers: int = 1
    """Declared worker processes."""
    threads: int = 0
    """Threads a worker, each of which serves one request at a time; 0: requests take no thread."""
    unqueued: tuple[Measurement, ...] = ()
    """Measurements of the same requests at a rate below the stack's capacity."""
    partners: Mapping[str, tuple[Measurement, ...]] = field(default_factory=dict)
    """In a duet: measurements of the stacks that were loaded at the same time, by name."""
    differs: str = ""
    """How the stack's answers differ from those of the others; '' where no difference is known."""
    differs_from: tuple[str, ...] = ()
    """The stacks with other answers, where no majority says which are right."""
    levels_beside: Mapping[int, float] = field(default_factory=dict)
    """Mean log throughput of the other stacks in the rounds of this one; empty without others."""
    own_app: bool = False
    """Whether the user's own app is asked, and what all servers answered is expected."""

    @property
    def cell(self) -> Cell:
        return Cell(self.benchmark.name, self.stack)

    @property
    def generator(self) -> str:
        driver = self.benchmark.driver
        return "the load engine" if driver == ENGINE else driver

    def windows(self) -> Iterator[Window]:
        for measurement in self.measurements:
            yield from measurement.windows

    def finding(self, name: str, severity: Severity, evidence: str) -> Finding:
        return Finding(name, severity, self.cell, evidence)


def span_s(window: Window) -> float:
    """Return how long a window took with its lead-in and drain, in seconds."""
    return seconds(window.drained_ns - window.started_ns)


def percent(share: float) -> str:
    """Write a share (0 to 1): 0.931 → '93 %', 0.031 → '3.1 %'."""
    return f"{100 * share:.{0 if share >= _EXACT_BELOW or not share else 1}f} %"
