"""Virtual environments for stacks: one for each interpreter and set of packages, in a cache."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import uv

from timetrial.model import BadInput, StackFailed
from timetrial.stacks.cache import cache_key
from timetrial.stacks.command import CommandResult, run_command
from timetrial.stacks.interpreter import describe_interpreter, find_interpreter
from timetrial.stacks.pins import Pin, Resolved, read_locks, resolve

INSTALL_TIMEOUT_S = 900.0

_STAMP = "complete.json"
Told = Callable[[], None]
"""Is called where something has to be installed, before that begins."""
_FULL = re.compile(r"\(os error (?P<number>28|122)\)")
"""How uv says that a disk is full, or a quota used up."""
_MISSING = re.compile(r"there is no version of (?P<package>\S+==[\w.!+-]*\w)")
"""The message of uv."""


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
    """Folders of programs that come after its own on PATH."""
    notes: tuple[str, ...] = ()
    """How it differs from the user's own environment, a sentence each."""

    @property
    def cache(self) -> Path:
        """Return the folder for what setting up an app makes and another run can use again."""
        return self.bin.parents[1] / "cache"


def untold() -> None:
    """Tell nobody."""


class EnvironmentMaker(ABC):
    """Finds or makes the environment that a stack runs in."""

    def prepare(
        self,
        packages: Sequence[str],
        locks: Sequence[Path],
        versions: Sequence[str] = (),
        overrides: Sequence[str] = (),
        *,
        installing: Told = untold,
    ) -> Environment:
        """Find the environment of these packages, or make it, on one of these Python versions.

        Locks hold the packages' versions; an earlier lock takes precedence over a later one. A
        package without a pin is installed in its newest version, without hashes. A pin of one of
        the `overrides` holds even where another package requires a lower version. `installing` is
        called where the environment has to be made. Raises StackFailed, and BadInput for a package
        that is no requirement.
        """
        interpreter = self._interpreter(versions)
        pins = read_locks(locks)
        resolved = resolve(packages, pins, overrides)
        return self._environment(interpreter, resolved, pins, installing)

    @abstractmethod
    def _interpreter(self, versions: Sequence[str]) -> Path:
        """Choose an interpreter of one of these versions; of any, if none is given."""

    @abstractmethod
    def _environment(
        self, interpreter: Path, resolved: Resolved, pins: Sequence[Pin], installing: Told
    ) -> Environment: ...


@dataclass(frozen=True, slots=True)
class Environments(EnvironmentMaker):
    """A cache of environments; several processes may share it."""

    cache: Path
    python: Path | None = None
    """The interpreter that they are made with; None for the one that runs Timetrial."""

    def _interpreter(self, versions: Sequence[str]) -> Path:
        preferred = self.python or Path(sys.executable)
        return find_interpreter(versions, preferred) if versions else preferred

    def _environment(
        self, interpreter: Path, resolved: Resolved, pins: Sequence[Pin], installing: Told
    ) -> Environment:
        del pins  # the resolved constraints hold them
        version = python_version(interpreter)
        key = cache_key(
            (
                os.path.realpath(interpreter),
                version,
                *resolved.requirements,
                *resolved.constraints,
                *(f"override {line}" for line in resolved.overrides),
            )
        )
        folder = self.cache / "environments" / key
        return kept_environment(
            folder, interpreter, version, lambda: _install(folder, resolved), installing
        )


def kept_environment(
    folder: Path,
    interpreter: Path,
    version: str,
    install: Callable[[], None],
    installing: Told = untold,
) -> Environment:
    """Open the environment in a folder of a cache; if it is incomplete, make it and `install`.

    Several processes may open the same one. Raises StackFailed.
    """
    try:
        _keep(folder, interpreter, version, install, installing)
    except OSError as error:
        raise _refusal(folder, error.strerror or str(error)) from error
    except StackFailed as failed:
        if full := _FULL.search(failed.log_tail):
            raise _refusal(folder, os.strerror(int(full["number"]))) from failed
        raise
    stamp = json.loads((folder / _STAMP).read_text(encoding="utf-8"))
    return Environment(
        python=interpreter_in(folder),
        bin=interpreter_in(folder).parent,
        packages=tuple(stamp["packages"]),
        python_version=stamp["python_version"],
    )


def _keep(
    folder: Path, interpreter: Path, version: str, install: Callable[[], None], installing: Told
) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # A link to a removed interpreter does not exist.
        if not ((folder / _STAMP).is_file() and interpreter_in(folder).exists()):
            installing()
            _make(folder, interpreter)
            install()
            _stamp(folder, version)


def _refusal(folder: Path, why: str) -> BadInput:
    cache = folder.parents[1]
    return BadInput(
        f"no environment can be made in {str(cache)!r}: {why}; make room there and in uv's cache, "
        "or name another folder in XDG_CACHE_HOME"
    )


def python_version(interpreter: Path) -> str:
    """Return implementation and version, as 'CPython 3.11.7'. Raises StackFailed."""
    try:
        changed_ns = interpreter.stat().st_mtime_ns
    except OSError:  # starting it raises the error that explains why
        changed_ns = 0
    return _python_version(interpreter, changed_ns)


@lru_cache(maxsize=64)
def _python_version(interpreter: Path, _changed_ns: int) -> str:
    """Run an interpreter once for all stacks, and once more after it was replaced."""
    return describe_interpreter(interpreter)


def _make(folder: Path, interpreter: Path) -> None:
    """Build in place: an environment cannot be moved, as its scripts name their interpreter."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    run_uv(
        folder, "venv", "--no-project", "--python", str(interpreter), str(folder / "venv")
    ).require_success(f"making a virtual environment with {str(interpreter)!r}")


def _install(folder: Path, resolved: Resolved) -> None:
    for name in ("requirements", "constraints", "overrides"):
        lines = getattr(resolved, name)
        (folder / f"{name}.txt").write_text("\n".join(lines), encoding="utf-8")
    if not resolved.requirements:
        return
    installed = run_uv(
        folder,
        *("pip", "install", "--python", str(interpreter_in(folder))),
        # Servers run without writing bytecode: without it, each start would compile all modules.
        "--compile-bytecode",
        *(["--require-hashes"] if resolved.hashed else []),
        *("--constraints", str(folder / "constraints.txt")),
        *(("--overrides", str(folder / "overrides.txt")) if resolved.overrides else ()),
        *("--requirements", str(folder / "requirements.txt")),
    )
    missing = _MISSING.search(" ".join(installed.tail.split()))
    if missing and not installed.ok:
        reason = f"there is no {missing['package']}: the package index does not have it"
        raise StackFailed("install", reason, installed.tail)
    installed.require_success(f"installing {', '.join(resolved.requirements)}")


def _stamp(folder: Path, version: str) -> None:
    listed = run_uv(
        folder, "pip", "list", "--python", str(interpreter_in(folder)), "--format", "json"
    )
    listed.require_success("listing the installed packages")
    packages = sorted(
        f"{package['name']}=={package['version']}" for package in json.loads(listed.output)
    )
    unfinished = folder / f"{_STAMP}.new"
    unfinished.write_text(
        json.dumps({"python_version": version, "packages": packages}), encoding="utf-8"
    )
    unfinished.rename(folder / _STAMP)


def interpreter_in(folder: Path) -> Path:
    """Return the interpreter of the environment that is kept in a folder."""
    return folder / "venv" / "bin" / "python"


def run_uv(folder: Path, *arguments: str) -> CommandResult:
    """Run uv in a folder, with the user's settings of package indexes and proxies."""
    command = [uv.find_uv_bin(), "--quiet", *arguments]
    # Servers do not see the user's settings: what is compiled has to lie where they look for it.
    env = {name: text for name, text in os.environ.items() if name != "PYTHONPYCACHEPREFIX"}
    return run_command(command, env=env, cwd=folder, timeout_s=INSTALL_TIMEOUT_S)
