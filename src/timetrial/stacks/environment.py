"""Virtual environments for stacks: one per interpreter and set of packages, kept in a cache."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import uv

from timetrial.errors import StackFailed
from timetrial.stacks.command import Outcome, run_command
from timetrial.stacks.interpreter import DESCRIBE, find_interpreter
from timetrial.stacks.lock import Resolved, read_locks, resolve

INSTALL_TIMEOUT_S = 900.0
QUERY_TIMEOUT_S = 30.0

_STAMP = "complete.json"
_ASK_VERSION = DESCRIBE


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
        version = _python_version(interpreter)
        resolved = resolve(packages, read_locks(locks), overrides)
        folder = self.cache / "environments" / _key(interpreter, version, resolved)
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _locked(folder.with_suffix(".lock")):
            if not _is_complete(folder):
                _build(folder, interpreter, resolved)
                _stamp(folder, version)
        return _open(folder)


def _python_version(interpreter: Path) -> str:
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
    return (folder / _STAMP).is_file() and _interpreter(folder).exists()


def _build(folder: Path, interpreter: Path, resolved: Resolved) -> None:
    """Build in place: scripts name their interpreter in full, so nothing can be moved later."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name in ("requirements", "constraints", "overrides"):
        lines = getattr(resolved, name)
        (folder / f"{name}.txt").write_text("\n".join(lines), encoding="utf-8")
    made = _uv(folder, "venv", "--no-project", "--python", str(interpreter), str(folder / "venv"))
    if not made.ok:
        reason = f"making a virtual environment with {str(interpreter)!r} {made.ending()}"
        raise StackFailed("install", reason, made.tail)
    if resolved.requirements:
        _install(folder, resolved)


def _install(folder: Path, resolved: Resolved) -> None:
    installed = _uv(
        folder,
        *("pip", "install", "--python", str(_interpreter(folder))),
        # Servers run without writing bytecode; without any, each start would compile it all.
        "--compile-bytecode",
        *(["--require-hashes"] if resolved.hashed else []),
        *("--constraints", str(folder / "constraints.txt")),
        *(("--overrides", str(folder / "overrides.txt")) if resolved.overrides else ()),
        *("--requirements", str(folder / "requirements.txt")),
    )
    if not installed.ok:
        reason = f"installing {', '.join(resolved.requirements)} {installed.ending()}"
        raise StackFailed("install", reason, installed.tail)


def _stamp(folder: Path, version: str) -> None:
    listed = _uv(folder, "pip", "list", "--python", str(_interpreter(folder)), "--format", "json")
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
        python=_interpreter(folder),
        bin=_interpreter(folder).parent,
        packages=tuple(stamp["packages"]),
        python_version=stamp["python_version"],
    )


def _interpreter(folder: Path) -> Path:
    return folder / "venv" / "bin" / "python"


def _uv(folder: Path, *arguments: str) -> Outcome:
    command = [uv.find_uv_bin(), "--quiet", *arguments]
    return run_command(command, env=os.environ, cwd=folder, timeout_s=INSTALL_TIMEOUT_S)
