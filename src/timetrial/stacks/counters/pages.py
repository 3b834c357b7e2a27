"""The files in which `timetrial_count`, the tool for Valgrind, keeps its counters."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from pathlib import Path

from timetrial.stacks.counters.counter import ProcessCounts

_MAGIC = int.from_bytes(b"ttcount1", "little")
_HEAD = struct.Struct("=7Q")
_PAGE_BYTES = 4096
"""Of the counters; functions follow."""
_FUNCTION = struct.Struct("=Q120s")


def read_counts(folder: Path) -> dict[int, ProcessCounts]:
    """Read the counters of each process that has a file there."""
    found = {}
    for file in _files(folder):
        with file.open("rb", buffering=0) as opened:
            head = opened.read(_HEAD.size)
        if len(head) == _HEAD.size:  # a process that has just begun has an empty file
            magic, instructions, calls, sequence, probing, has_probing, _ = _HEAD.unpack(head)
            if magic == _MAGIC:
                known = probing if has_probing else None
                found[int(file.name)] = ProcessCounts(instructions, calls, sequence, known)
    return found


def read_functions(folder: Path) -> Mapping[str, int]:
    """Return the instructions of each function, of all processes: those of its own code alone."""
    totals: dict[str, int] = {}
    for file in _files(folder):
        data = file.read_bytes()
        if len(data) < _PAGE_BYTES:
            continue
        for number in range(_HEAD.unpack_from(data)[6]):
            instructions, name = _FUNCTION.unpack_from(data, _PAGE_BYTES + number * _FUNCTION.size)
            text = name.partition(b"\0")[0].decode(errors="replace")
            totals[text] = totals.get(text, 0) + instructions
    return totals


def _files(folder: Path) -> Iterator[Path]:
    return (file for file in folder.iterdir() if file.name.isdigit())
