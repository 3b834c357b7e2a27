"""How throughput and p99 go with one knob, the others as recommended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from timetrial.features.tune.figures import Figures, Stage
from timetrial.features.tune.grid import Candidate, Grid, Knob
from timetrial.features.tune.suites import TuningTarget
from timetrial.model.metrics import ComparedMetric
from timetrial.model.summary import Comparison, Estimate


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
    """Of that; '' where they never met, or it is the recommended one itself."""


@dataclass(frozen=True, slots=True)
class Curve:
    """All values of one knob that were measured."""

    knob: Knob
    points: tuple[Point, ...]


def axis(chosen: Candidate, grid: Grid, knob: Knob) -> tuple[Candidate, ...]:
    """List the candidates that differ from the chosen one in nothing but a knob.

    With more workers there may be no candidate with as many threads: then the nearest below.
    """
    if knob != "workers":
        return tuple(each for each in grid.candidates if _alike(each, chosen, knob))
    rows: dict[int, Candidate] = {}
    for candidate in grid.candidates:
        if candidate.server == chosen.server and candidate.threads <= chosen.threads:
            rows[candidate.workers] = max(candidate, rows.get(candidate.workers, candidate))
    return tuple(rows.values())


def _alike(each: Candidate, chosen: Candidate, but: Knob) -> bool:
    knobs: tuple[Knob, ...] = ("server", "workers", "threads")
    return all(getattr(each, knob) == getattr(chosen, knob) for knob in knobs if knob != but)


def beside(chosen: Candidate, grid: Grid) -> tuple[Candidate, ...]:
    """List all that lie on an axis through the chosen one, without itself."""
    found = {candidate for knob in grid.knobs for candidate in axis(chosen, grid, knob)}
    return tuple(sorted(found - {chosen}))


def curves(
    chosen: Candidate,
    target: TuningTarget,
    metric: ComparedMetric,
    figures: Mapping[Candidate, Figures],
    stages: Sequence[Stage],
) -> tuple[Curve, ...]:
    """Put together what is known along each knob, from the latest stage in which two met."""
    met = _met(chosen, target, metric, stages)
    found = []
    for knob in target.grid.knobs:
        points = tuple(
            Point(
                candidate,
                _value(candidate, chosen, knob),
                figures[candidate],
                _over(target.name(chosen), met.get(target.name(candidate))),
                _verdict(target.name(chosen), met.get(target.name(candidate))),
            )
            for candidate in axis(chosen, target.grid, knob)
            if candidate in figures and figures[candidate].rounds
        )
        if len(points) > 1:
            found.append(Curve(knob, points))
    return tuple(found)


def _value(each: Candidate, chosen: Candidate, knob: Knob) -> str:
    value = str(getattr(each, knob))
    return (
        value
        if each.threads == chosen.threads or knob != "workers"
        else f"{value} × {each.threads}"
    )


def _met(
    chosen: Candidate, target: TuningTarget, metric: ComparedMetric, stages: Sequence[Stage]
) -> Mapping[str, Comparison]:
    name = target.name(chosen)
    found: dict[str, Comparison] = {}
    for stage in sorted(stages, key=lambda each: each.kind == "finals"):
        for comparison in stage.comparisons(metric):
            if name in (comparison.a, comparison.b):
                found[comparison.b if comparison.a == name else comparison.a] = comparison
    return found


def _over(name: str, met: Comparison | None) -> Estimate | None:
    if met is None:
        return None
    return met.ratio if met.a == name else met.ratio.inverse()


def _verdict(name: str, met: Comparison | None) -> str:
    if met is None:
        return ""
    if met.a == name or met.verdict not in {"higher", "lower"}:
        return met.verdict
    return "lower" if met.verdict == "higher" else "higher"
