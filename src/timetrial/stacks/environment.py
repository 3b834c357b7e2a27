"""Virtual environments for stacks: one per interpreter and set of packages, kept in a cache."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import uv

from timetrial.model.errors import StackFailed
from timetrial.stacks.command import CommandResult, run_command
from timetrial.stacks.interpreter import DESCRIBE, find_interpreter
from timetrial.stacks.pins import Resolved, read_locks, resolve

INSTALL_TIMEOUT_S = 900.0
QUERY_TIMEOUT_S = 30.0

_STAMP = "complete.json"
_ASK_VERSION = DESCRIBE
_MISSING = re.compile(r"there is no version of (?P<package>\S+==[\w.!+-]*\w)")
"""As uv says it."""


@dataclass(frozen=True, slots=True)
class Environment:
    """An installed virtual environment."""

    python: Path
    bin: Path
    """The folder of its programs."""
    packages: tuple[str, ...]
    """Everything installed, as 'name==version', ordered."""
    python_version: str
    """Implementation and version, as 'CPython 3.11.7'."""
    path: tuple[Path, ...] = ()
    """Folders of programs that come after its own."""
    notes: tuple[str, ...] = ()
    """In what it differs from what was there before, a sentence each."""

    @property
    def cache(self) -> Path:
        """Return the folder for what setting up an app makes and another run can use again."""
        return self.bin.parents[1] / "cache"


class EnvironmentMaker(Protocol):
    """Finds or makes the environment that a stack runs in; raises StackFailed."""

    def prepare(
        self,
        packages: Sequence[str],
        locks: Sequence[Path],
        versions: Sequence[str] = (),
        overrides: Sequence[str] = (),
    ) -> Environment: ...


@dataclass(frozen=True, slots=True)
class Environments:
    """A cache of environments; several processes may share it."""

    cache: Path
    python: Path | None = None
    """The interpreter that they are made with; None for the one that runs Timetrial."""

    def prepare(
        self,
        packages: Sequence[str],
        locks: Sequence[Path],
        versions: Sequence[str] = (),
        overrides: Sequence[str] = (),
    ) -> Environment:
        """Find the environment of these packages, or make it, on one of these Python versions.

        Locks hold the versions; what an earlier lock pins, a later one does not pin again. A
        package that none of them knows is installed in its newest version, without hashes.
        What the locks pin of `overrides` holds even where another package asks for less.
        """
        interpreter = self.python or Path(sys.executable)
        if versions:
            interpreter = find_interpreter(versions, interpreter)
        version = python_version(interpreter)
        resolved = resolve(packages, read_locks(locks), overrides)
        folder = self.cache / "environments" / _key(interpreter, version, resolved)
        return kept_environment(folder, interpreter, version, lambda: _install(folder, resolved))


def kept_environment(
    folder: Path, interpreter: Path, version: str, install: Callable[[], None]
) -> Environment:
    """Open the environment in a folder of a cache; if it is not whole, make it and `install`.

    Several processes may ask for the same one. Raises StackFailed.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _locked(folder.with_suffix(".lock")):
        if not _is_complete(folder):
            _make(folder, interpreter)
            install()
            _stamp(folder, version)
    return _open(folder)


def python_version(interpreter: Path) -> str:
    """Ask for implementation and version, as 'CPython 3.11.7'. Raises StackFailed."""
    try:
        changed_ns = interpreter.stat().st_mtime_ns
    except OSError:  # starting it tells what is wrong
        changed_ns = 0
    return _python_version(interpreter, changed_ns)


@lru_cache(maxsize=64)
def _python_version(interpreter: Path, _changed_ns: int) -> str:
    """Ask once for all stacks of a run; an interpreter that was replaced is asked again."""
    outcome = run_command(
        [str(interpreter), "-I", "-c", _ASK_VERSION],
        env=os.environ,
        cwd=Path("/"),
        timeout_s=QUERY_TIMEOUT_S,
    )
    if not outcome.ok:
        reason = f"the interpreter {str(interpreter)!r} {outcome.ending()}"
        raise StackFailed("install", reason, outcome.tail)
    return outcome.output.strip()


def _key(interpreter: Path, version: str, resolved: Resolved) -> str:
    parts = [os.path.realpath(interpreter), version, *resolved.requirements, *resolved.constraints]
    parts += [f"override {line}" for line in resolved.overrides]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


@contextlib.contextmanager
def _locked(file: Path) -> Iterator[None]:
    with file.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _is_complete(folder: Path) -> bool:
    # A link to an interpreter that is gone does not exist.
    return (folder / _STAMP).is_file() and interpreter_in(folder).exists()


def _make(folder: Path, interpreter: Path) -> None:
    """Build in place: scripts name their interpreter in full, so nothing can be moved later."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    made = run_uv(
        folder, "venv", "--no-project", "--python", str(interpreter), str(folder / "venv")
    )
    if not made.ok:
        reason = f"making a virtual environment with {str(interpreter)!r} {made.ending()}"
        raise StackFailed("install", reason, made.tail)


def _install(folder: Path, resolved: Resolved) -> None:
    for name in ("requirements", "constraints", "overrides"):
        lines = getattr(resolved, name)
        (folder / f"{name}.txt").write_text("\n".join(lines), encoding="utf-8")
    if not resolved.requirements:
        return
    installed = run_uv(
        folder,
        *("pip", "install", "--python", str(interpreter_in(folder))),
        # Servers run without writing bytecode; without any, each start would compile it all.
        "--compile-bytecode",
        *(["--require-hashes"] if resolved.hashed else []),
        *("--constraints", str(folder / "constraints.txt")),
        *(("--overrides", str(folder / "overrides.txt")) if resolved.overrides else ()),
        *("--requirements", str(folder / "requirements.txt")),
    )
    if not installed.ok:
        reason = f"installing {', '.join(resolved.requirements)} {installed.ending()}"
        missing = _MISSING.search(" ".join(installed.tail.split()))
        if missing:
            reason = f"there is no {missing['package']}: the package index does not have it"
        raise StackFailed("install", reason, installed.tail)


def _stamp(folder: Path, version: str) -> None:
    listed = run_uv(
        folder, "pip", "list", "--python", str(interpreter_in(folder)), "--format", "json"
    )
    if not listed.ok:
        reason = f"listing the installed packages {listed.ending()}"
        raise StackFailed("install", reason, listed.tail)
    packages = sorted(f"{each['name']}=={each['version']}" for each in json.loads(listed.output))
    unfinished = folder / f"{_STAMP}.new"
    unfinished.write_text(
        json.dumps({"python_version": version, "packages": packages}), encoding="utf-8"
    )
    unfinished.rename(folder / _STAMP)


def _open(folder: Path) -> Environment:
    stamp = json.loads((folder / _STAMP).read_text(encoding="utf-8"))
    return Environment(
        python=interpreter_in(folder),
        bin=interpreter_in(folder).parent,
        packages=tuple(stamp["packages"]),
        python_version=stamp["python_version"],
    )


def interpreter_in(folder: Path) -> Path:
    """Return where the interpreter of a kept environment is."""
    return folder / "venv" / "bin" / "python"


def run_uv(folder: Path, *arguments: str) -> CommandResult:
    """Run uv in a folder, with the user's own settings of indexes and proxies."""
    command = [uv.find_uv_bin(), "--quiet", *arguments]
    return run_command(command, env=os.environ, cwd=folder, timeout_s=INSTALL_TIMEOUT_S)
