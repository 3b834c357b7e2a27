"""An environment made of a project's requirements. Nothing is written to the project."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from timetrial.model import BadInput, StackFailed
from timetrial.project.local_packages import copied, local_line, local_sources, state_of
from timetrial.project.requirements import Requirements
from timetrial.stacks.cache import cache_key
from timetrial.stacks.environment import (
    Environment,
    Environments,
    Told,
    interpreter_in,
    kept_environment,
    python_version,
    run_uv,
    untold,
)

_FIRST, _LAST = 4, 3
"""Lines of the installer that are shown: a build's traceback lies between them."""


def own_environment(
    python: Path, requirements: Requirements | None, cache: Path, installing: Told = untold
) -> Environment:
    """Find or make the environment of a project; without requirements it is empty.

    `installing` is called where requirements have to be installed. Raises BadInput with the
    installer's last lines if they cannot be.
    """
    if requirements is None:
        return Environments(cache, python).prepare((), ())
    version = python_version(python)
    key = cache_key(
        (
            os.path.realpath(python),
            version,
            str(requirements.file),
            requirements.member,
            requirements.text,
            state_of(requirements.local),
        )
    )
    folder = cache / "projects" / key
    try:
        return kept_environment(
            folder, python, version, lambda: _install(folder, requirements), installing
        )
    except StackFailed as failed:
        raise BadInput(_why(failed, requirements, version)) from failed


def _why(failed: StackFailed, requirements: Requirements, version: str) -> str:
    said = [line.strip(" ×╰─▶├│") for line in failed.log_tail.splitlines() if line.strip()]
    if len(said) > _FIRST + _LAST:
        said = [*said[:_FIRST], "…", *said[-_LAST:]]
    advice = (
        "; install the project into a virtual environment and name that with --python"
        if requirements.local
        else f"; if they need another Python than {version}, name it with --python"
    )
    return ": ".join(filter(None, (failed.reason, " ".join(said)))) + advice


def _install(folder: Path, requirements: Requirements) -> None:
    """Install the dependencies; the project itself is imported from its own folder."""
    file, copies_in = requirements.file, folder / "local"
    listed, place = folder / "requirements.txt", file.parent
    if requirements.lines is not None:
        _write_list(listed, requirements.lines, place, copies_in)
    elif file.name == "uv.lock":
        lines = _of_lock(requirements, listed, interpreter_in(folder))
        _write_list(listed, lines, place, copies_in)
    else:
        place = copied(requirements.local, copies_in, beside=[place]).get(place, place)
        listed = place / file.name
    run_uv(
        # It has the user's settings for uv, and relative paths start from it.
        place,
        *("pip", "install", "--python", str(interpreter_in(folder)), "--compile-bytecode"),
        *("--requirements", str(listed)),
    ).require_success(f"installing what {str(file)!r} asks for")


def _of_lock(requirements: Requirements, listed: Path, python: Path) -> Sequence[str]:
    lock = requirements.file
    run_uv(
        lock.parent,
        *("export", "--frozen", "--no-dev", "--no-emit-project", "--no-editable"),
        *(("--package", requirements.member) if requirements.member else ()),
        *("--no-header", "--no-annotate", "--python", str(python), "--output-file", str(listed)),
    ).require_success(f"reading {str(lock)!r}")
    return listed.read_text("utf-8").splitlines()


def _write_list(listed: Path, lines: Sequence[str], base: Path, copies_in: Path) -> None:
    """Write the lines; folders with packages are replaced by copies."""
    places = [local_line(line, [base]) for line in lines]
    named = [place.folder for place in places if place]
    folders = list(
        dict.fromkeys(folder for package in named for folder in (package, *local_sources(package)))
    )
    copies = copied(folders, copies_in)
    written = (
        place.naming(copies[place.folder]) if place else line
        for place, line in zip(places, lines, strict=True)
    )
    listed.write_text("".join(f"{line}\n" for line in written), encoding="utf-8")
