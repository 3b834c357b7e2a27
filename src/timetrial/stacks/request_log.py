"""Requests by process of a stack, as counted by a wrapper inside."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

NUMBERS = struct.Struct("=qq")
"""The format of `timetrial_counting`."""


@dataclass(frozen=True, slots=True)
class Served:
    """The requests that one process has served so far."""

    pid: int
    first_ns: int
    """Time of its first request, CLOCK_MONOTONIC."""
    requests: int


def read_request_log(folder: Path) -> tuple[Served, ...]:
    """List the processes that have served a request, ordered by their first one."""
    found = []
    for file in folder.iterdir():
        numbers = file.read_bytes()
        # A new file is empty or holds zeros.
        if file.name.isdigit() and len(numbers) == NUMBERS.size:
            first_ns, requests = NUMBERS.unpack(numbers)
            if requests:
                found.append(Served(int(file.name), first_ns, requests))
    return tuple(sorted(found, key=lambda served: served.first_ns))
