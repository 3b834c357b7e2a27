"""A server that crashed or hung, printed as a speed."""

from __future__ import annotations

from timetrial.features.published.caveat import Caveat
from timetrial.features.published.detectors.client_ceiling import waves
from timetrial.features.published.row import PublishedRow, WrkFigures, WrkLoad

NAME = "stopped-answering"
FITTING_AT_LEAST = 2
"""One response a connection is all there can be where only one wait fits."""


def find(row: PublishedRow) -> Caveat | None:
    if row.figures.requests == 0:
        return Caveat(NAME, ("throughput", "latency"), _nothing(row))
    load, figures = row.load, row.figures
    if not isinstance(load, WrkLoad) or figures.requests != load.connections:
        return None
    if row.wait_s and waves(load.duration_s, row.wait_s) < FITTING_AT_LEAST:
        return None
    return Caveat(
        NAME,
        ("throughput", "latency"),
        f"exactly one response came on each of {load.connections:,} connections in "
        f"{load.duration_s:g} s, and then none: the rate of {row.requests_per_s:,} a second is "
        f"that count over the time.",
    )


def _nothing(row: PublishedRow) -> str:
    figures = row.figures
    kinds = ("connect_errors", "read_errors", "write_errors")
    counts = [
        f"{getattr(figures, kind):,} {kind.replace('_', ' ')}"
        for kind in kinds
        if isinstance(figures, WrkFigures) and getattr(figures, kind)
    ]
    errors = f", beside {' and '.join(counts)}" if counts else ""
    return f"no response came at all{errors}: a failure, printed as 0 requests a second."
