"""What trends keep of a finished run: its figures, without their measurements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from timetrial.model.metrics import Metric
from timetrial.model.summary import Estimate

DIGEST_VERSION = 3
"""Increased when what a digest holds changes: older digests are then recomputed."""
LeadKind = Literal["fastest", "tied", "limited", "undecided"]
"""One stack alone; several that may be the fastest; the load limited the first; no verdict."""


@dataclass(frozen=True, slots=True)
class CellDigest:
    """One stack in one benchmark."""

    benchmark: str
    stack: str
    load: str
    """The load: figures of different loads never share a history."""
    version: str
    """Version of the server; '' where it is unknown."""
    settings: str
    """For example 'WSGI · 2 × 4, CPython 3.11.7'."""
    figures: Mapping[Metric, Estimate]
    """The figures that no finding voids."""
    findings: tuple[str, ...] = ()
    """Names of the findings that doubt the figures."""


@dataclass(frozen=True, slots=True)
class Lead:
    """The stacks that are ahead in one benchmark."""

    benchmark: str
    kind: LeadKind
    stacks: tuple[str, ...]
    """The first one first; empty for 'undecided'."""


@dataclass(frozen=True, slots=True)
class RunDigest:
    """One finished run."""

    run: int
    created_at: str
    """ISO 8601, UTC."""
    suite: str
    title: str
    machine: str
    """Processor, cores and placement: figures of different machines never share a history."""
    cells: tuple[CellDigest, ...]
    leads: tuple[Lead, ...] = ()
    """Of each benchmark; of a race what it recommends."""
    version: int = DIGEST_VERSION
