"""Which process of a stack has served how many requests, as a wrapper inside counts them."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

NUMBERS = struct.Struct("=qq")
"""As `timetrial_counting` writes them."""


@dataclass(frozen=True, slots=True)
class Served:
    """What one process has served so far."""

    pid: int
    first_ns: int
    """When its first request came, CLOCK_MONOTONIC."""
    requests: int


def read_request_log(folder: Path) -> tuple[Served, ...]:
    """List the processes that have served a request, ordered by when they first did."""
    found = []
    for file in folder.iterdir():
        numbers = file.read_bytes()
        # A file that has just been made is empty, or holds zeros.
        if file.name.isdigit() and len(numbers) == NUMBERS.size:
            first_ns, requests = NUMBERS.unpack(numbers)
            if requests:
                found.append(Served(int(file.name), first_ns, requests))
    return tuple(sorted(found, key=lambda served: served.first_ns))
