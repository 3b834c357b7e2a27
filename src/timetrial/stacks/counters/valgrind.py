"""Valgrind as it is installed: its program, its version, and what building a tool takes."""

from __future__ import annotations

import platform
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from timetrial.model import BadInput
from timetrial.stacks.command import run_command

TRIED = "3.19"
"""The version that the tool was tried with, up to the last number."""
TRY_SWITCH = "--try-valgrind"
INSTALL = "install Valgrind with its headers (Debian, Ubuntu: apt install valgrind gcc)"
_PLATFORMS = {"x86_64": "amd64-linux", "aarch64": "arm64-linux"}
_VERSION = re.compile(r"valgrind-(\d+(?:\.\d+)+)")
_ANSWERS_WITHIN_S = 30.0
_PREFIXES = ("/usr/local", "/usr")


@dataclass(frozen=True, slots=True)
class Valgrind:
    """An installed Valgrind."""

    program: Path
    version: str
    """As '3.19.0'."""
    platform: str
    """As 'amd64-linux'."""


@dataclass(frozen=True, slots=True)
class BuildingParts:
    """What building a tool takes beside the compiler."""

    compiler: Path
    headers: Path
    libraries: Path
    """The folder of the static libraries."""
    tools: Path
    """The folder from which Valgrind takes its tools."""


def find_valgrind() -> Valgrind | None:
    """Return the Valgrind on PATH; None where there is none that runs on this machine."""
    program, here = shutil.which("valgrind"), _PLATFORMS.get(platform.machine())
    if program is None or here is None:
        return None
    asked = run_command(
        [program, "--version"], env={"PATH": "/usr/bin:/bin"}, cwd=Path("/"),
        timeout_s=_ANSWERS_WITHIN_S,
    )  # fmt: skip
    version = _VERSION.search(asked.output)
    return Valgrind(Path(program), version[1], here) if asked.ok and version else None


def require_tried(valgrind: Valgrind, *, tries_others: bool) -> None:
    """Raise BadInput for a version that the tool was not tried with, unless it is to be."""
    if not tries_others and not f"{valgrind.version}.".startswith(f"{TRIED}."):
        raise BadInput(
            f"--count: Valgrind {valgrind.version} is installed, and counting was tried with "
            f"{TRIED} alone; {TRY_SWITCH} tries it with this one"
        )


def building_parts(valgrind: Valgrind) -> BuildingParts | str:
    """Find what building a tool takes, or say in a clause what lacks."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        return "there is no C compiler"
    headers = _first("include/valgrind/pub_tool_tooliface.h")
    if headers is None:
        return "there are no headers of Valgrind"
    libraries = _first(f"lib*/valgrind/libcoregrind-{valgrind.platform}.a") or _first(
        f"lib/*/valgrind/libcoregrind-{valgrind.platform}.a"
    )
    if libraries is None:
        return "there are no static libraries of Valgrind"
    tools = _first(f"lib*/valgrind/none-{valgrind.platform}") or _first(
        f"lib/*/valgrind/none-{valgrind.platform}"
    )
    if tools is None:
        return "the folder of Valgrind's tools was not found"
    return BuildingParts(Path(compiler), headers.parent, libraries.parent, tools.parent)


def _first(pattern: str) -> Path | None:
    return next(
        (found for prefix in _PREFIXES for found in sorted(Path(prefix).glob(pattern))), None
    )
