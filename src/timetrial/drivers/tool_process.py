"""A load tool as a process: pinned to CPUs, with a time limit and readings of its CPU time."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import psutil

from timetrial.drivers import pinned
from timetrial.drivers.driver import OnProgress, Progress
from timetrial.model import NS_PER_S, ToolFailed, seconds

_LOOK_EVERY_S = 0.025
_UNKNOWN = Progress(completions=None, failures=None, bytes_received=None, connections=None)


@dataclass(frozen=True, slots=True)
class CpuTrace:
    """Readings (CLOCK_MONOTONIC in ns, CPU time in ns); at least two, in order."""

    readings: tuple[tuple[int, int], ...]

    def between_s(self, opened_ns: int, closed_ns: int) -> float:
        """Return the CPU time in s between two moments, by linear interpolation."""
        return seconds(max(0.0, self._at(closed_ns) - self._at(opened_ns)))

    def _at(self, moment_ns: int) -> float:
        spans = list(pairwise(self.readings))
        (from_ns, low), (to_ns, high) = next(
            (span for span in spans if moment_ns <= span[1][0]), spans[-1]
        )
        if to_ns == from_ns:
            return float(high)
        return low + (high - low) * (moment_ns - from_ns) / (to_ns - from_ns)


@dataclass(frozen=True, slots=True)
class ToolRun:
    """A run of a tool that ended with success."""

    output: str
    started_ns: int
    """Start of the tool; CLOCK_MONOTONIC, as `ended_ns`."""
    ended_ns: int
    cpu: CpuTrace


def run_tool(  # noqa: PLR0913 - the parts of a process
    command: Sequence[str],
    *,
    cpus: Sequence[int],
    folder: Path,
    at_most_s: float,
    on_progress: OnProgress | None,
    fine: Sequence[int] = (0,),
    env: Mapping[str, str] | None = None,
) -> ToolRun:
    """Run a tool to its end in a folder. Of our environment it inherits only PATH.

    `fine` are the exit codes of success. Raises ToolFailed. The tool has ended when this returns
    or raises.
    """
    wrapped = [sys.executable, "-I", "-S", pinned.__file__, str(os.getpid())]
    wrapped += [",".join(map(str, cpus)), *command]
    tool_env = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(folder), **(env or {})}
    with (folder / "stdout").open("wb") as out, (folder / "stderr").open("wb") as err:
        # In its own session, so that Ctrl-C does not interrupt the tool.
        process = subprocess.Popen(
            wrapped, stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=folder,
            env=tool_env, start_new_session=True,
        )  # fmt: skip
        try:
            readings = _watch(process, command[0], at_most_s, on_progress)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    ended_ns = time.monotonic_ns()
    output = (folder / "stdout").read_text("utf-8", errors="replace")
    first, _, rest = output.partition("\n")
    if process.returncode not in fine or not first:
        raise ToolFailed(Path(command[0]).name, _why(process.returncode, folder))
    started_ns, cpu_ns = map(int, first.split())
    later = [(moment, cpu) for moment, cpu in readings if moment > started_ns and cpu >= cpu_ns]
    trace = ((started_ns, cpu_ns), *(later or [(ended_ns, cpu_ns)]))
    return ToolRun(rest, started_ns, ended_ns, CpuTrace(trace))


def _watch(
    process: subprocess.Popen[bytes], tool: str, at_most_s: float, on_progress: OnProgress | None
) -> list[tuple[int, int]]:
    """Wait for the end of the tool, and read its CPU time every 25 ms."""
    watched = psutil.Process(process.pid)
    deadline_s = time.monotonic() + at_most_s
    readings: list[tuple[int, int]] = []
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_LOOK_EVERY_S)
            return readings
        if time.monotonic() > deadline_s:
            raise ToolFailed(Path(tool).name, f"did not end within {at_most_s:g} s")
        with contextlib.suppress(psutil.Error):
            times = watched.cpu_times()
            used_ns = round((times.user + times.system) * NS_PER_S)
            readings.append((time.monotonic_ns(), used_ns))
        if on_progress is not None:
            on_progress(_UNKNOWN)


def _why(code: int, folder: Path) -> str:
    said = (folder / "stderr").read_text("utf-8", errors="replace").strip().splitlines()
    last = said[-1].strip() if said else ""
    logged = re.search(r'msg="(.*)"', last)
    reason = f": {logged[1] if logged else last}" if last else ""
    return f"ended with code {code}{reason}"
