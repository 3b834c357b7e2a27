"""The control groups (cgroups) that this process is in: their limits bind the servers, too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

ROOT = Path("/")
_MOUNT = "sys/fs/cgroup"
_NO_LIMIT_FROM_BYTES = 1 << 60
"""Version 1 writes 'no limit' as a number that large."""


def version(root: Path = ROOT) -> str | None:
    """Return 'v2' or 'v1', by what holds the CPU controller; None where no group is shown."""
    found = [controllers for controllers, _ in _memberships(root)]
    if any("cpu" in controllers.split(",") for controllers in found):
        return "v1"
    return "v2" if "" in found else None


def folders(controller: str, root: Path = ROOT) -> tuple[Path, ...]:
    """List the group of this process for a controller, then those above it, as far as shown.

    In a container the topmost is often the only one.
    """
    return tuple(folder for mount, path in _places(controller, root) for folder in _up(mount, path))


def cpu_quota(root: Path = ROOT) -> float | None:
    """Return how many CPUs' time may be used: the least of all quotas; None without one."""
    quotas = (_quota(folder) for folder in folders("cpu", root))
    return min((quota for quota in quotas if quota is not None), default=None)


def memory_limit_bytes(root: Path = ROOT) -> int | None:
    """Return the least limit of memory; None without one."""
    texts = (
        read_text(folder / name)
        for folder in folders("memory", root)
        for name in ("memory.max", "memory.limit_in_bytes")
    )
    limits = (int(each) for each in texts if each is not None and each != "max")
    return min((limit for limit in limits if limit < _NO_LIMIT_FROM_BYTES), default=None)


def read_text(file: Path) -> str | None:
    """Read a file of the kernel's whole; None where there is none, or none that may be read."""
    try:
        return file.read_text("utf-8", "replace").strip()
    except OSError:
        return None


def _memberships(root: Path) -> Iterator[tuple[str, str]]:
    """List controllers and paths, as '4:cpu,cpuacct:/jobs' or '0::/jobs' say them."""
    for line in (read_text(root / "proc/self/cgroup") or "").splitlines():
        _, controllers, path = line.split(":", 2)
        yield controllers, path


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
    """Read a quota as either version writes it."""
    words = (read_text(folder / "cpu.max") or "").split()
    if not words:
        words = [read_text(folder / f"cpu.cfs_{name}_us") or "" for name in ("quota", "period")]
    if not all(words) or words[0] in {"max", "-1"}:
        return None
    return int(words[0]) / int(words[1])
