"""CPU groups of equal weight, for stacks that are loaded at once on the same cores.

The kernel divides a core between threads: a server with four busy threads would get four times the
CPU time of one with a single thread. Between control groups it divides by their weights, however
many threads they have (cpu.shares in version 1, cpu.weight in version 2; man 7 cgroups).
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path

from timetrial.machine.control_group import memberships
from timetrial.model import ProcessStamp

PREFIX = "timetrial-"
_PROCESSES = "cgroup.procs"
_LEAVE_WITHIN_S = 1.0

EqualShares = Callable[[str, Sequence[Collection[ProcessStamp]]], AbstractContextManager[bool]]
"""Gives process trees equal CPU shares for a benchmark, by its name; yields whether that worked."""


@dataclass(frozen=True, slots=True)
class GroupLocation:
    """A parent group in which CPU groups can be made."""

    parent: Path
    home: Path
    """The present group of the processes, which they return to."""
    weight_file: str
    weight: int


@contextlib.contextmanager
def equal_shares(_benchmark: str, trees: Sequence[Collection[ProcessStamp]]) -> Iterator[bool]:
    """Move each process tree into its own group of equal weight, and back at the end.

    Yields False, and changes nothing, if this process may not make such groups.
    """
    with ExitStack() as stack:
        yield any(_grouped(stack, location, trees) for location in group_locations())


def group_locations(
    mounts: str | None = None, own_groups: str | None = None, *, modest: bool | None = None
) -> tuple[GroupLocation, ...]:
    """List the possible parent groups, from the texts of /proc/self/mountinfo and …/cgroup.

    Groups of a `modest` process, which is in the idle class, have the weight of that process.
    """
    mounts = Path("/proc/self/mountinfo").read_text("utf-8") if mounts is None else mounts
    listed = Path("/proc/self/cgroup").read_text("utf-8") if own_groups is None else own_groups
    modest = os.sched_getscheduler(0) == os.SCHED_IDLE if modest is None else modest
    found: list[GroupLocation] = []
    for root, mounted, kind, options in _mounted(mounts):
        if kind == "cgroup" and "cpu" in options:
            home = mounted / _group_path(listed, "cpu", root)
            found.append(GroupLocation(home, home, "cpu.shares", 2 if modest else 1_024))
        elif kind == "cgroup2":
            home = mounted / _group_path(listed, "", root)
            # Only the uppermost group may hold processes and groups with controllers.
            parent = home if home == mounted else home.parent
            found.append(GroupLocation(parent, home, "cpu.weight", 1 if modest else 100))
    return tuple(found)


def _mounted(mounts: str) -> Iterator[tuple[str, Path, str, set[str]]]:
    """Yield root inside the hierarchy, mount point, kind and options of each mount."""
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        kind, _, options = after.split(maxsplit=2)
        yield before.split()[3], Path(before.split()[4]), kind, set(options.split(","))


def _group_path(listed: str, controller: str, root: str) -> str:
    """Return the path of this process's group in one hierarchy, relative to its mount."""
    for controllers, path in memberships(listed):
        if controller in controllers.split(","):
            return path.removeprefix(root.rstrip("/")).lstrip("/")
    return ""


def _grouped(
    stack: ExitStack, location: GroupLocation, trees: Sequence[Collection[ProcessStamp]]
) -> bool:
    """Move the trees into groups; return False, and change nothing, if that fails."""
    try:
        with ExitStack() as attempt:
            groups = attempt.enter_context(_groups(location, len(trees)))
            for group, tree in zip(groups, trees, strict=True):
                for stamp in tree:
                    _move(stamp.pid, group)
            stack.push(attempt.pop_all())
    except OSError:
        return False
    return True


@contextlib.contextmanager
def _groups(location: GroupLocation, count: int) -> Iterator[list[Path]]:
    """Make groups. Raises OSError if that is not allowed."""
    _sweep(location.parent)
    groups: list[Path] = []
    try:
        for number in range(count):
            group = location.parent / f"{PREFIX}{os.getpid()}-{number}"
            group.mkdir()
            groups.append(group)
            (group / location.weight_file).write_text(str(location.weight), "ascii")
        yield groups
    finally:
        for group in groups:
            _remove(group, location.home)


def _move(pid: int, group: Path) -> None:
    """Move a process, unless it has ended."""
    with contextlib.suppress(ProcessLookupError):
        (group / _PROCESSES).write_text(str(pid), "ascii")


def _remove(group: Path, home: Path) -> None:
    """Move all processes of a group home, including new ones, and remove it."""
    until_s = time.monotonic() + _LEAVE_WITHIN_S
    while True:
        with contextlib.suppress(OSError):
            for pid in (group / _PROCESSES).read_text("ascii").split():
                _move(int(pid), home)
        try:
            group.rmdir()
        except FileNotFoundError:
            return
        except OSError:  # a process is in it that has just started, or that is about to end
            if time.monotonic() > until_s:
                return
            time.sleep(0.01)
        else:
            return


def _sweep(parent: Path) -> None:
    """Remove the groups of processes that were killed."""
    for group in parent.glob(f"{PREFIX}*-*"):
        pid = group.name.removeprefix(PREFIX).partition("-")[0]
        if pid.isdigit() and not Path(f"/proc/{pid}").exists():
            with contextlib.suppress(OSError):
                group.rmdir()
