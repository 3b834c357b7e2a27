"""How throughput and p99 depend on one knob, the others as recommended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from timetrial.features.tune.figures import Figures, Stage
from timetrial.features.tune.grid import KNOBS, Candidate, Grid, Knob
from timetrial.features.tune.suites import TuningTarget
from timetrial.model import ComparedMetric, Comparison, Estimate


@dataclass(frozen=True, slots=True)
class Point:
    """One value of the knob."""

    candidate: Candidate
    value: str
    """As it is shown: '3', or '3 × 16' where the threads differ, too."""
    figures: Figures
    ratio: Estimate | None
    """In the objective's metric, over what is recommended, from rounds in which both took part."""
    verdict: str
    """Of that; '' where no stage had both, or it is the recommended one itself."""


@dataclass(frozen=True, slots=True)
class Curve:
    """All values of one knob that were measured."""

    knob: Knob
    points: tuple[Point, ...]


def axis(chosen: Candidate, grid: Grid, knob: Knob) -> tuple[Candidate, ...]:
    """List the candidates that differ from the chosen one in one knob only.

    With more workers there may be no candidate with as many threads: then the nearest below counts.
    """
    if knob != "workers":
        rest = [name for name in KNOBS if name != knob]
        return tuple(
            candidate
            for candidate in grid.candidates
            if all(getattr(candidate, name) == getattr(chosen, name) for name in rest)
        )
    rows: dict[int, Candidate] = {}
    for candidate in grid.candidates:
        if candidate.server == chosen.server and candidate.threads <= chosen.threads:
            rows[candidate.workers] = max(candidate, rows.get(candidate.workers, candidate))
    return tuple(rows.values())


def neighbours(chosen: Candidate, grid: Grid) -> tuple[Candidate, ...]:
    """List all candidates on an axis through the chosen one, without itself."""
    on_axes = {candidate for knob in grid.knobs for candidate in axis(chosen, grid, knob)}
    return tuple(sorted(on_axes - {chosen}))


def curves(
    chosen: Candidate,
    target: TuningTarget,
    metric: ComparedMetric,
    figures: Mapping[Candidate, Figures],
    stages: Sequence[Stage],
) -> tuple[Curve, ...]:
    """Lay out the figures along each knob; ratios are of the latest stage that had both."""
    met = against_chosen(chosen, target, metric, stages)
    curves_found = []
    for knob in target.grid.knobs:
        points = tuple(
            Point(
                candidate,
                _value(candidate, chosen, knob),
                figures[candidate],
                *met.get(target.name(candidate), (None, "")),
            )
            for candidate in axis(chosen, target.grid, knob)
            if candidate in figures and figures[candidate].rounds
        )
        if len(points) > 1:
            curves_found.append(Curve(knob, points))
    return tuple(curves_found)


def _value(candidate: Candidate, chosen: Candidate, knob: Knob) -> str:
    value = str(getattr(candidate, knob))
    if knob != "workers" or candidate.threads == chosen.threads:
        return value
    return f"{value} × {candidate.threads}"


def against_chosen(
    chosen: Candidate, target: TuningTarget, metric: ComparedMetric, stages: Sequence[Stage]
) -> Mapping[str, tuple[Estimate, str]]:
    """Return the ratio of each setting over the chosen one, and its verdict, by name."""
    name = target.name(chosen)
    met: dict[str, tuple[Estimate, str]] = {}
    for stage in sorted(stages, key=lambda stage: stage.kind == "finals"):
        for comparison in stage.comparisons(metric):
            if name in (comparison.a, comparison.b):
                other = comparison.b if comparison.a == name else comparison.a
                met[other] = _over(name, comparison)
    return met


def _over(name: str, met: Comparison) -> tuple[Estimate, str]:
    """Return the ratio over the stack of that name, and its verdict."""
    if met.a == name:
        return met.ratio, met.verdict
    opposite = {"higher": "lower", "lower": "higher"}
    return met.ratio.inverse(), opposite.get(met.verdict, met.verdict)
