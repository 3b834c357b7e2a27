"""The control groups (cgroups) of this process: their limits apply to the servers, too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

ROOT = Path("/")
_MOUNT = "sys/fs/cgroup"
_NO_LIMIT_FROM_BYTES = 1 << 60
"""Version 1 writes 'no limit' as a number from here on."""


def version(root: Path = ROOT) -> str | None:
    """Return 'v1' or 'v2', whichever has the CPU controller; None without control groups."""
    found = [controllers for controllers, _ in _memberships(root)]
    if any("cpu" in controllers.split(",") for controllers in found):
        return "v1"
    return "v2" if "" in found else None


def folders(controller: str, root: Path = ROOT) -> tuple[Path, ...]:
    """List the group of this process for a controller, then its visible parents.

    In a container the topmost group is often the only one.
    """
    return tuple(folder for mount, path in _places(controller, root) for folder in _up(mount, path))


def cpu_quota(root: Path = ROOT) -> float | None:
    """Return the least of all CPU quotas, in CPUs; None without one."""
    quotas = (_quota(folder) for folder in folders("cpu", root))
    return min((quota for quota in quotas if quota is not None), default=None)


def memory_limit_bytes(root: Path = ROOT) -> int | None:
    """Return the least memory limit in bytes; None without one."""
    texts = (
        read_text(folder / name)
        for folder in folders("memory", root)
        for name in ("memory.max", "memory.limit_in_bytes")
    )
    limits = (int(text) for text in texts if text is not None and text != "max")
    return min((limit for limit in limits if limit < _NO_LIMIT_FROM_BYTES), default=None)


def read_text(file: Path) -> str | None:
    """Return the text of a kernel file, stripped; None if it is missing or may not be read."""
    try:
        return file.read_text("utf-8", "replace").strip()
    except OSError:
        return None


def memberships(listed: str) -> Iterator[tuple[str, str]]:
    """Yield controllers and path of each line of /proc/PID/cgroup, as '4:cpu,cpuacct:/jobs'.

    Version 2 has no controllers: '0::/jobs'.
    """
    for line in listed.splitlines():
        _, controllers, path = line.split(":", 2)
        yield controllers, path


def _memberships(root: Path) -> Iterator[tuple[str, str]]:
    return memberships(read_text(root / "proc/self/cgroup") or "")


def _places(controller: str, root: Path) -> Iterator[tuple[Path, str]]:
    mount = root / _MOUNT
    for controllers, path in _memberships(root):
        if controller in controllers.split(","):
            joint = mount / controllers
            yield joint if joint.is_dir() else mount / controller, path
        elif not controllers:
            hybrid = mount / "unified"
            yield hybrid if hybrid.is_dir() else mount, path


def _up(mount: Path, path: str) -> Iterator[Path]:
    folder = mount / path.lstrip("/")
    yield folder
    yield from (above for above in folder.parents if above == mount or mount in above.parents)


def _quota(folder: Path) -> float | None:
    """Read a quota in the format of either version."""
    words = (read_text(folder / "cpu.max") or "").split()
    if not words:
        words = [read_text(folder / f"cpu.cfs_{name}_us") or "" for name in ("quota", "period")]
    if not all(words) or words[0] in {"max", "-1"}:
        return None
    return int(words[0]) / int(words[1])
