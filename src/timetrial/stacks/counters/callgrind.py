"""Counts by callgrind, which comes with Valgrind: where our own tool cannot be built. Slower."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from timetrial.model import StackFailed
from timetrial.stacks.command import run_command
from timetrial.stacks.counters.counter import ProcessCounts, Read, Reading
from timetrial.stacks.counters.valgrind import Valgrind
from timetrial.stacks.launch import Launch

_DUMPED_WITHIN_S = 120.0
_PREFIX = "vgdb"
_WAITS = re.compile(rf"{_PREFIX}-shared-mem-vgdb-(\d+)-")
_DUMP = re.compile(r"dump\.(\d+)(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class CallgrindCounter:
    """Counts by dumps of callgrind, between which lie many requests."""

    valgrind: Valgrind

    @property
    def name(self) -> str:
        return f"callgrind of Valgrind {self.valgrind.version}"

    @property
    def requests_together(self) -> int:
        return 60

    @property
    def slowdown(self) -> float:
        return 54.0

    def counted(self, launch: Launch, folder: Path) -> Launch:
        command = (
            str(self.valgrind.program),
            "--tool=callgrind",
            "--quiet",
            "--trace-children=yes",
            f"--vgdb-prefix={folder / _PREFIX}",
            "--instr-atstart=no",
            "--collect-systime=yes",
            f"--callgrind-out-file={folder / 'dump.%p'}",
            *launch.command,
        )
        return replace(launch, command=command)

    def attached(self, folder: Path, pids: Sequence[int]) -> Read:
        del pids  # each has a file
        return lambda: self._read(folder)

    def _read(self, folder: Path) -> Reading:
        """Have each process dump what it has counted since its last dump, and add up all dumps."""
        for file in list(folder.iterdir()):
            if (waits := _WAITS.match(file.name)) is not None:
                self._dump(folder, waits[1])
        return _totals(folder)

    def _dump(self, folder: Path, pid: str) -> None:
        begun = folder / f"{pid}.begun"
        orders = ["dump"] if begun.exists() else ["instrumentation on"]
        for order in orders:
            result = run_command(
                [
                    str(self.valgrind.program.with_name("vgdb")),
                    f"--pid={pid}",
                    f"--vgdb-prefix={folder / _PREFIX}",
                    *order.split(),
                ],
                env={"PATH": "/usr/bin:/bin"},
                cwd=folder,
                timeout_s=_DUMPED_WITHIN_S,
            )
            if not result.ok:
                raise StackFailed("measure", f"callgrind's dump {result.ending()}", result.tail)
        begun.touch()


def _totals(folder: Path) -> Reading:
    totals: dict[int, ProcessCounts] = {}
    for file in folder.iterdir():
        if (dump := _DUMP.fullmatch(file.name)) is not None:
            pid = int(dump[1])
            before = totals.get(pid, ProcessCounts(0, 0))
            instructions, calls = dump_totals(file.read_text("utf-8", "replace").splitlines())
            totals[pid] = ProcessCounts(
                before.instructions + instructions, before.system_calls + calls
            )
    return totals


def dump_totals(lines: Iterable[str]) -> tuple[int, int]:
    """Return the instructions and the system calls of a dump."""
    events: list[str] = []
    for line in lines:
        key, _, rest = line.partition(":")
        if key == "events":
            events = rest.split()
        elif key == "totals":  # zeros at the end are left out
            totals = dict(zip(events, map(int, rest.split()), strict=False))
            return totals.get("Ir", 0), totals.get("sysCount", 0)
    return 0, 0
