"""Limits of open files: a connection is one, at the server and at the load generator."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterable

from timetrial.model import BadInput

BESIDE = 200
"""Files that a process has open beside connections, with room to spare."""


def require_files(connections: int, what: str) -> None:
    """Raise BadInput where this process may not open that many; `what` opens them."""
    allowed = _limit(os.getpid())
    if allowed is not None and connections + BESIDE > allowed:
        needed = connections + BESIDE
        raise BadInput(
            f"{what} opens {connections:,} connections, and a process may open {allowed:,} files "
            f"here: hold fewer, or raise the hard limit (ulimit -Hn {needed}, as root)"
        )


def files_left(pids: Iterable[int]) -> int | None:
    """Return how many files the process that is closest to its limit can still open."""
    left = [number for pid in pids if (number := _left(pid)) is not None]
    return min(left, default=None)


def _left(pid: int) -> int | None:
    try:
        limit, used = _limit(pid), len(os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208 - a number is enough
    except OSError:  # it ended, or belongs to another user
        return None
    return None if limit is None else max(0, limit - used)


def _limit(pid: int) -> int | None:
    soft, _ = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else soft
