"""The tool for Valgrind, built on this machine when it is first needed, and kept in the cache."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from timetrial.model import BadInput
from timetrial.stacks.cache import cache_dir, cache_key
from timetrial.stacks.command import run_command
from timetrial.stacks.counters.counter import Read
from timetrial.stacks.counters.pages import read_counts
from timetrial.stacks.counters.valgrind import INSTALL, BuildingParts, Valgrind, building_parts
from timetrial.stacks.launch import Launch

NAME = "timetrial_count"
_SOURCE = Path(__file__).parents[2] / "valgrind_tool" / f"{NAME}.c"
"""In a folder of its own, because it is under another licence."""
_BUILT_WITHIN_S = 120.0
_SAID_LINES = 3
_LOAD_ADDRESS = "0x58000000"
"""Where Valgrind's own tools are, out of the way of programs."""
_DEFINES = {
    "amd64-linux": ("VGA_amd64", "VGP_amd64_linux", "VGPV_amd64_linux_vanilla"),
    "arm64-linux": ("VGA_arm64", "VGP_arm64_linux", "VGPV_arm64_linux_vanilla"),
}
_FLAGS = (
    "-O2", "-std=gnu99", "-Wall", "-static", "-nodefaultlibs", "-nostartfiles", "-u", "_start",
    "-fno-stack-protector", "-fno-strict-aliasing", "-fno-builtin", "-fno-pie", "-no-pie",
    "-fomit-frame-pointer", "-Wl,--build-id=none", f"-Wl,-Ttext-segment={_LOAD_ADDRESS}",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ToolCounter:
    """Counts by the tool, which is built: about 12 times the CPU time of a server alone."""

    valgrind: Valgrind
    tools: Path
    """The folder with the tool and what Valgrind loads beside it."""
    by_function: bool = False

    @property
    def name(self) -> str:
        return f"Valgrind {self.valgrind.version}"

    @property
    def requests_together(self) -> int:
        return 1

    @property
    def slowdown(self) -> float:
        return 12.0

    def counted(self, launch: Launch, folder: Path) -> Launch:
        command = (
            str(self.valgrind.program),
            f"--tool={NAME}",
            "--quiet",
            "--trace-children=yes",
            "--vgdb=no",
            f"--counts={folder}",
            *(["--functions=yes"] if self.by_function else []),
            *launch.command,
        )
        env = {**launch.env, "VALGRIND_LIB": str(self.tools)}
        return replace(launch, command=command, env=env)

    def attached(self, folder: Path, pids: Sequence[int]) -> Read:
        del pids  # each has a file
        return partial(read_counts, folder)


def built_tool(valgrind: Valgrind) -> ToolCounter | str:
    """Return the counter, after building its tool if need be; or say in a clause what lacks.

    Raises BadInput where the tool does not compile.
    """
    parts = building_parts(valgrind)
    if isinstance(parts, str):
        return parts
    library = parts.libraries / f"libcoregrind-{valgrind.platform}.a"
    key = cache_key(
        (
            _SOURCE.read_text("utf-8"),
            valgrind.version,
            *_FLAGS,
            str(parts.tools),
            f"{library} {library.stat().st_mtime_ns}",
        )
    )
    folder = cache_dir() / "valgrind" / key
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with folder.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not folder.exists():
                _build(folder, valgrind, parts)
    except OSError as error:
        raise BadInput(
            f"--count: its tool cannot be built in {str(folder.parent)!r}: {error.strerror}"
        ) from error
    return ToolCounter(valgrind, folder)


def _build(folder: Path, valgrind: Valgrind, parts: BuildingParts) -> None:
    """Compile beside the folder, which appears complete."""
    unfinished = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    for part in parts.tools.iterdir():
        if part.name.startswith("vgpreload_core") or part.name == "default.supp":
            (unfinished / part.name).symlink_to(part)
    command = compiling(valgrind, parts, unfinished / f"{NAME}-{valgrind.platform}")
    result = run_command(command, env=_environment(), cwd=unfinished, timeout_s=_BUILT_WITHIN_S)
    if not result.ok:
        lines = "; ".join(result.tail.splitlines()[-_SAID_LINES:])
        shutil.rmtree(unfinished, ignore_errors=True)
        raise BadInput(
            f"--count: its tool for Valgrind {valgrind.version} does not compile "
            f"({parts.compiler} {result.ending()}: {lines}); {INSTALL}"
        )
    unfinished.rename(folder)


def compiling(valgrind: Valgrind, parts: BuildingParts, into: Path) -> tuple[str, ...]:
    """Return the command that compiles and links the tool."""
    return (
        str(parts.compiler),
        *_FLAGS,
        *(f"-D{name}=1" for name in ("VGO_linux", *_DEFINES[valgrind.platform])),
        f"-I{parts.headers}",
        "-o",
        str(into),
        str(_SOURCE),
        str(parts.libraries / f"libcoregrind-{valgrind.platform}.a"),
        str(parts.libraries / f"libvex-{valgrind.platform}.a"),
        "-lgcc",
        *_support(parts.libraries / f"libgcc-sup-{valgrind.platform}.a"),
    )


def _support(library: Path) -> tuple[str, ...]:
    return (str(library),) if library.exists() else ()


def _environment() -> Mapping[str, str]:
    return {"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8"}
