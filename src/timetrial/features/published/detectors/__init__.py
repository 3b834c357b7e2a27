"""Named doubts about published rows. Pure; one a file.

A detector takes a row as it was published and returns doubts. Doubts about our own measurements
are in `analysis/checks`. Start with `client_ceiling`.
"""

from __future__ import annotations

from collections.abc import Callable

from timetrial.features.published.caveat import Caveat, JudgedRow
from timetrial.features.published.detectors import (
    client_ceiling,
    closed_batches,
    connect_stalls,
    counted_failures,
    few_samples,
    late_responses,
    littles_law,
    no_service,
    reruns_differ,
    wrong_view,
    zero_quantiles,
)
from timetrial.features.published.row import PublishedRow

Detector = Callable[[PublishedRow], Caveat | None]

DETECTORS: tuple[Detector, ...] = (
    no_service.find,
    few_samples.find,
    wrong_view.find,
    client_ceiling.find,
    counted_failures.find,
    closed_batches.find,
    late_responses.find,
    zero_quantiles.find,
    littles_law.find,
    connect_stalls.find,
)


def judge(rows: tuple[PublishedRow, ...]) -> tuple[JudgedRow, ...]:
    """Put every row of a collection to every detector, in order."""
    return tuple(JudgedRow(row, tuple(_doubts(row, rows))) for row in rows)


def _doubts(row: PublishedRow, rows: tuple[PublishedRow, ...]) -> list[Caveat]:
    found = [detector(row) for detector in DETECTORS]
    found.append(reruns_differ.find(row, rows))
    return [doubt for doubt in found if doubt is not None]
