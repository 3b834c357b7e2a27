"""The processes of a stack as the kernel shows them."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterable, Iterator, Mapping

from timetrial.machine.procfs import process_name
from timetrial.machine.supervisor import stat_fields
from timetrial.model.effective_config import ProcessView
from timetrial.model.measurement import ProcessStamp

_THREADS = 17
"""Position in the list that `stat_fields` returns."""
_POLICIES = {
    os.SCHED_OTHER: "other",
    os.SCHED_BATCH: "batch",
    os.SCHED_IDLE: "idle",
    os.SCHED_FIFO: "fifo",
    os.SCHED_RR: "round robin",
}


def look_at_processes(
    stamps: Iterable[ProcessStamp], serving_threads: Mapping[int, int]
) -> tuple[ProcessView, ...]:
    """Describe those that are still there; `serving_threads` by the pids that answered."""
    return tuple(_views(stamps, serving_threads))


def _views(
    stamps: Iterable[ProcessStamp], serving_threads: Mapping[int, int]
) -> Iterator[ProcessView]:
    for stamp in stamps:
        fields = stat_fields(stamp.pid)
        if fields is None:
            continue
        try:
            yield ProcessView(
                name=process_name(stamp.pid),
                serves=stamp.pid in serving_threads,
                threads=int(fields[_THREADS]),
                serving_threads=serving_threads.get(stamp.pid, 0),
                cpus=tuple(sorted(os.sched_getaffinity(stamp.pid))),
                policy=_policy(stamp.pid),
                open_files=_open_files(stamp.pid),
            )
        except OSError:  # it ended meanwhile
            continue


def _policy(pid: int) -> str:
    policy = os.sched_getscheduler(pid)
    return f"{_POLICIES.get(policy, policy)}, nice {os.getpriority(os.PRIO_PROCESS, pid)}"


def _open_files(pid: int) -> int | None:
    soft, _ = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else soft
