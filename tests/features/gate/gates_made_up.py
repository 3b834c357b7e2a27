"""Ratios, judgements and gates that nobody measured."""

from __future__ import annotations

from timetrial.features.gate.judge import judge
from timetrial.features.gate.judgement import Gate, GateMode, GateRule, Judgement
from timetrial.model.metrics import ComparedMetric
from timetrial.model.missing import Missing, MissingKind
from timetrial.model.summary import Estimate
from timetrial.model.trial import Cell

CELL = Cell("json_query", "uvicorn")


def a_ratio(low: float, high: float, rounds: int = 12) -> Estimate:
    return Estimate((low * high) ** 0.5, low, high, rounds)


def judged(
    low: float,
    high: float,
    metric: ComparedMetric = "throughput",
    *,
    limit: float = 0.05,
    cell: Cell = CELL,
) -> Judgement:
    return judge(cell, metric, a_ratio(low, high), limit)


def without_figure() -> Judgement:
    return Judgement(CELL, "p99_ns", "no figure", Missing(MissingKind.VOID))


def failed(detail: str) -> Judgement:
    missing = Missing(MissingKind.FAILED, phase="start", detail=detail)
    return Judgement(CELL, "p99_ns", "no figure", missing)


def a_gate(*judgements: Judgement, strict: bool = False, way: GateMode = "stored") -> Gate:
    return Gate(way, "run 1", "run 2", GateRule(strict=strict), judgements, ("So it is.",))


REGRESSION = judged(0.85, 0.90)
WITHIN = judged(0.98, 1.02, "cpu_s_per_1000")
OPEN = judged(0.90, 1.02)
