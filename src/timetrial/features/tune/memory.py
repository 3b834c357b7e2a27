"""How memory grows with workers and threads: a plane by least squares, and what it predicts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from timetrial.analysis.statistics.mean_inference import CONFIDENCE
from timetrial.analysis.statistics.t_distribution import quantile
from timetrial.features.tune.grid import Candidate
from timetrial.model import Estimate

if TYPE_CHECKING:
    Vector = Sequence[float]

_MOST_WORKERS = 1024
_SINGULAR = 1e-9


@dataclass(frozen=True, slots=True)
class MemoryFit:
    """Memory in bytes: `base + worker × workers + thread × workers × threads`."""

    base_bytes: Estimate
    """Without workers: a master process, and file pages that all share."""
    worker_bytes: Estimate
    thread_bytes: Estimate | None
    """Of each thread; None where all candidates had equally many."""
    deviation_bytes: float | None
    """Of a measured candidate from the plane; None where there are as many unknowns as points."""
    points: int
    most_workers: int
    """That were measured: beyond it everything is extrapolation."""
    inverse: tuple[tuple[float, ...], ...]
    """Of the normal equations' matrix: what the interval of a prediction is made of."""

    def predict(self, workers: int, threads: int) -> Estimate:
        """Predict the memory of a server with so many workers and threads, in bytes.

        The interval is one for a new measurement (95 %), not for the mean of many.
        """
        row = _row(workers, threads, with_threads=self.thread_bytes is not None)
        parts = (self.base_bytes, self.worker_bytes, self.thread_bytes)
        values = [part.value for part in parts if part is not None]
        value = math.fsum(x * y for x, y in zip(row, values, strict=True))
        if self.deviation_bytes is None:
            return Estimate(value, None, None, self.points)
        spread = math.sqrt(1 + _quadratic(row, self.inverse))
        t = quantile(self.points - len(row), CONFIDENCE)
        half_width = t * self.deviation_bytes * spread
        return Estimate(value, max(0.0, value - half_width), value + half_width, self.points)

    def workers_in(self, memory_bytes: float, threads: int) -> int:
        """Predict how many workers fit into so much memory."""
        workers = 0
        while workers < _MOST_WORKERS and self.predict(workers + 1, threads).value <= memory_bytes:
            workers += 1
        return workers


def fit(memory_bytes: Mapping[Candidate, float]) -> MemoryFit | None:
    """Fit a plane by least squares to the memory of one server's candidates, in bytes.

    None where too few candidates differ.
    """
    points = sorted(memory_bytes)
    most_workers = max((candidate.workers for candidate in points), default=0)
    if len({candidate.workers for candidate in points}) < 2:  # noqa: PLR2004 - a slope takes two
        return None
    with_threads = len({candidate.threads for candidate in points}) > 1 and len(points) > 2  # noqa: PLR2004
    rows = [_row(point.workers, point.threads, with_threads=with_threads) for point in points]
    values = [memory_bytes[candidate] for candidate in points]
    solved, inverse = _least_squares(rows, values)
    if solved is None:
        return None
    degrees_of_freedom = len(points) - len(solved)
    misses = [
        value - math.fsum(x * y for x, y in zip(row, solved, strict=True))
        for row, value in zip(rows, values, strict=True)
    ]
    deviation = (
        math.sqrt(math.fsum(m * m for m in misses) / degrees_of_freedom)
        if degrees_of_freedom > 0
        else None
    )
    found = [
        _estimate(value, deviation, inverse[place][place], degrees_of_freedom, len(points))
        for place, value in enumerate(solved)
    ]
    return MemoryFit(
        base_bytes=found[0],
        worker_bytes=found[1],
        thread_bytes=found[2] if with_threads else None,
        deviation_bytes=deviation,
        points=len(points),
        most_workers=most_workers,
        inverse=inverse,
    )


def _row(workers: int, threads: int, *, with_threads: bool) -> tuple[float, ...]:
    return (1.0, float(workers), *((float(workers * threads),) if with_threads else ()))


def _estimate(
    value: float, deviation: float | None, variance: float, degrees_of_freedom: int, points: int
) -> Estimate:
    if deviation is None:
        return Estimate(value, None, None, points)
    half_width = quantile(degrees_of_freedom, CONFIDENCE) * deviation * math.sqrt(variance)
    return Estimate(value, value - half_width, value + half_width, points)


def _least_squares(
    rows: Sequence[Vector], values: Vector
) -> tuple[list[float] | None, tuple[tuple[float, ...], ...]]:
    """Return coefficients and the inverse of the normal matrix; None where that is singular."""
    # NumPy comes with SciPy; it is loaded only when it is needed, because that takes a while.
    linear = import_module("numpy.linalg")
    size = len(rows[0])
    matrix = [[math.fsum(r[i] * r[j] for r in rows) for j in range(size)] for i in range(size)]
    if len(rows) < size or abs(float(linear.det(matrix))) < _SINGULAR:
        return None, ()
    solution = linear.lstsq(rows, values, rcond=None)[0]
    inverse = linear.inv(matrix)
    return [float(x) for x in solution], tuple(tuple(float(x) for x in row) for row in inverse)


def _quadratic(row: Vector, matrix: Sequence[Vector]) -> float:
    size = range(len(row))
    return math.fsum(row[i] * matrix[i][j] * row[j] for i in size for j in size)
