"""The result of a search: records only."""

from __future__ import annotations

from dataclasses import dataclass

from timetrial.features.tune.choice import Choice
from timetrial.features.tune.figures import Figures, StageKind
from timetrial.features.tune.grid import Candidate, Knob
from timetrial.features.tune.memory import MemoryFit
from timetrial.features.tune.objective import TuningSpec
from timetrial.features.tune.outcome import SettingOutcome
from timetrial.features.tune.sensitivity import Curve
from timetrial.model import Estimate, Workload


@dataclass(frozen=True, slots=True)
class Line:
    """One candidate, its outcome and its figures."""

    candidate: Candidate
    name: str
    reached: str
    """The last stage in which it was measured: 'rung 2', 'finals'; '' for none."""
    outcome: SettingOutcome
    figures: Figures | None
    ratio: Estimate | None = None
    """In the metric that decides, over the recommended one, from rounds in which both took part."""
    verdict: str = ""
    """Of that; '' where no stage had both."""


@dataclass(frozen=True, slots=True)
class StageLine:
    """One stage, for people."""

    name: str
    run: int
    candidates: int
    rounds: int
    took_s: float


@dataclass(frozen=True, slots=True)
class StageBegun:
    """A part of the search begins."""

    kind: StageKind
    number: int
    """Of a rung, counted from 1; 0 for others."""
    candidates: int
    rounds: int
    left_s: float
    """Of the budget."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """The predicted memory of more workers than were measured."""

    workers: int
    threads: int
    memory_bytes: Estimate


@dataclass(frozen=True, slots=True)
class Tuned:
    """The outcome of a search."""

    server: str
    app: str
    spec: TuningSpec
    workload: Workload
    rate_per_s: float | None
    """At which p99 was compared; None: at saturation."""
    knobs: tuple[Knob, ...]
    stages: tuple[StageLine, ...]
    lines: tuple[Line, ...]
    """The recommended one first, then by how far they came and by their figures."""
    choice: Choice | None
    curves: tuple[Curve, ...]
    memory: MemoryFit | None
    predictions: tuple[Prediction, ...]
    workers_in_memory: int | None
    """How many workers are predicted to fit into the memory; None: no bound."""
    notes: tuple[str, ...]
    """Default decisions, and limits of the result, a sentence each."""
    took_s: float
