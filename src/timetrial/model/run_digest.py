"""What is kept of a finished run for histories: its figures, without what they come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from timetrial.model.metrics import Metric
from timetrial.model.summary import Estimate

DIGEST_VERSION = 1
"""It rises when figures come to be estimated otherwise: digests of before are then made anew."""


@dataclass(frozen=True, slots=True)
class CellDigest:
    """One stack in one benchmark."""

    benchmark: str
    stack: str
    load: str
    """What was driven, so that figures of unlike loads never stand in one history."""
    version: str
    """Of what serves; '' where it is not known."""
    settings: str
    """As 'WSGI · 2 × 4, CPython 3.11.7'."""
    figures: Mapping[Metric, Estimate]
    """Those that no finding voids."""
    findings: tuple[str, ...] = ()
    """Names of what is to be doubted."""


@dataclass(frozen=True, slots=True)
class RunDigest:
    """One finished run."""

    run: int
    created_at: str
    """ISO 8601, UTC."""
    suite: str
    title: str
    machine: str
    """Processor, cores and placement: figures of unlike machines never stand in one history."""
    cells: tuple[CellDigest, ...]
    version: int = DIGEST_VERSION
