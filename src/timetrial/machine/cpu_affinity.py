"""Keeps the measuring process off the CPUs that are measured."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager


@contextmanager
def confined_to(cpus: Sequence[int]) -> Iterator[None]:
    """Restrict the calling thread, and processes that it starts, to these CPUs."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cpus)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
