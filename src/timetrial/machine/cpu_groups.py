"""CPU groups of equal weight, for stacks that are loaded at once on the same cores.

The kernel shares a core between threads: a server with four that are busy would get four times
what one with a single thread gets. Between control groups it shares by the groups' weights, by
whatever is in them (cpu.shares in version 1, cpu.weight in version 2).
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path

from timetrial.model.measurement import ProcessStamp

PREFIX = "timetrial-"
_PROCESSES = "cgroup.procs"
_LEAVE_WITHIN_S = 1.0

EqualShares = Callable[[str, Sequence[Collection[ProcessStamp]]], AbstractContextManager[bool]]
"""Holds trees of processes to equal shares for a benchmark, by its name; tells whether it could."""


@dataclass(frozen=True, slots=True)
class GroupLocation:
    """Where groups can be made."""

    parent: Path
    home: Path
    """The group that the processes are in, and return to."""
    weight_file: str
    weight: int


@contextlib.contextmanager
def equal_shares(_benchmark: str, trees: Sequence[Collection[ProcessStamp]]) -> Iterator[bool]:
    """Put each tree into a group of its own, all of equal weight, and back in the end.

    Gives False, and changes nothing, where this process may not make such groups.
    """
    with ExitStack() as stack:
        yield any(_grouped(stack, location, trees) for location in group_locations())


def group_locations(
    mounts: str | None = None, own_groups: str | None = None, *, modest: bool | None = None
) -> tuple[GroupLocation, ...]:
    """List where groups could be made, from the texts of /proc/self/mountinfo and …/cgroup.

    Groups of a `modest` process, one in the idle class, weigh as little as it does itself.
    """
    mounts = Path("/proc/self/mountinfo").read_text("utf-8") if mounts is None else mounts
    owned = Path("/proc/self/cgroup").read_text("utf-8") if own_groups is None else own_groups
    modest = os.sched_getscheduler(0) == os.SCHED_IDLE if modest is None else modest
    found: list[GroupLocation] = []
    for root, mounted, kind, options in _mounted(mounts):
        if kind == "cgroup" and "cpu" in options:
            home = mounted / _own_path(owned, "cpu", root)
            found.append(GroupLocation(home, home, "cpu.shares", 2 if modest else 1_024))
        elif kind == "cgroup2":
            home = mounted / _own_path(owned, "", root)
            # Only the uppermost group may hold processes and groups with controllers.
            parent = home if home == mounted else home.parent
            found.append(GroupLocation(parent, home, "cpu.weight", 1 if modest else 100))
    return tuple(found)


def _mounted(mounts: str) -> Iterator[tuple[str, Path, str, set[str]]]:
    """List what is mounted: its root inside the hierarchy, where, its kind and its options."""
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        kind, _, options = after.split(maxsplit=2)
        yield before.split()[3], Path(before.split()[4]), kind, set(options.split(","))


def _own_path(owned: str, controller: str, root: str) -> str:
    """Find the group of this process in one hierarchy, as seen below its mount."""
    for line in owned.splitlines():
        _, controllers, path = line.split(":", 2)
        if controller in controllers.split(","):
            return path.removeprefix(root.rstrip("/")).lstrip("/")
    return ""


def _grouped(
    stack: ExitStack, location: GroupLocation, trees: Sequence[Collection[ProcessStamp]]
) -> bool:
    """Put the trees into groups, or leave all as it was."""
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
    """Make groups. Raises OSError where that is not allowed."""
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
    """Move a process; one that has ended meanwhile needs no group."""
    with contextlib.suppress(ProcessLookupError):
        (group / _PROCESSES).write_text(str(pid), "ascii")


def _remove(group: Path, home: Path) -> None:
    """Send home all that is in a group, those too that were born in it, and remove it."""
    until_s = time.monotonic() + _LEAVE_WITHIN_S
    while True:
        with contextlib.suppress(OSError):
            for pid in (group / _PROCESSES).read_text("ascii").split():
                _move(int(pid), home)
        try:
            group.rmdir()
        except FileNotFoundError:
            return
        except OSError:  # somebody is in it: one that was born just now, or is about to be gone
            if time.monotonic() > until_s:
                return
            time.sleep(0.01)
        else:
            return


def _sweep(parent: Path) -> None:
    """Remove groups that a process left which was killed."""
    for group in parent.glob(f"{PREFIX}*-*"):
        pid = group.name.removeprefix(PREFIX).partition("-")[0]
        if pid.isdigit() and not Path(f"/proc/{pid}").exists():
            with contextlib.suppress(OSError):
                group.rmdir()
