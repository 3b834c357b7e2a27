"""An environment for a project that has none: made from its requirements, kept in the cache."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from timetrial.model.errors import BadInput, StackFailed
from timetrial.project.requirements import Requirements
from timetrial.stacks.environment import (
    Environment,
    Environments,
    interpreter_in,
    kept_environment,
    python_version,
    run_uv,
)


def own_environment(python: Path, requirements: Requirements | None, cache: Path) -> Environment:
    """Find or make it; without requirements it is empty. Nothing is written to the project.

    Raises BadInput with the installer's last words if the requirements cannot be installed.
    """
    if requirements is None:
        return Environments(cache, python).prepare((), ())
    version = python_version(python)
    parts = (os.path.realpath(python), version, str(requirements.file), requirements.text)
    key = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
    folder = cache / "projects" / key
    try:
        return kept_environment(folder, python, version, lambda: _install(folder, requirements))
    except StackFailed as failed:
        raise BadInput(_sentence(failed)) from failed


def _install(folder: Path, requirements: Requirements) -> None:
    """Install the dependencies, not the project: it is imported from its own folder."""
    file = requirements.file
    wanted = folder / "requirements.txt"
    if file.name == "uv.lock":
        _export(folder, file, wanted)
    elif file.name == "pyproject.toml":
        wanted = file
    else:
        wanted.write_text(requirements.text, encoding="utf-8")
    installed = run_uv(
        # Paths in requirements begin there.
        file.parent,
        *("pip", "install", "--python", str(interpreter_in(folder)), "--compile-bytecode"),
        *("--requirements", str(wanted)),
    )
    if not installed.ok:
        reason = f"installing what {str(file)!r} asks for {installed.ending()}"
        raise StackFailed("install", reason, installed.tail)


def _export(folder: Path, lock: Path, wanted: Path) -> None:
    exported = run_uv(
        lock.parent,
        *("export", "--frozen", "--no-dev", "--no-emit-project", "--no-editable", "--no-header"),
        *("--python", str(interpreter_in(folder)), "--output-file", str(wanted)),
    )
    if not exported.ok:
        raise StackFailed("install", f"reading {str(lock)!r} {exported.ending()}", exported.tail)


def _sentence(failed: StackFailed) -> str:
    said = [line.strip(" ×╰─▶├│") for line in failed.log_tail.splitlines() if line.strip()]
    why = " ".join(said)
    return f"{failed.reason}: {why}" if why else failed.reason
