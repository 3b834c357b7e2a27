"""Which Python an app runs on: the named one, the project's environment, or Timetrial's own."""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from timetrial.model import BadInput, StackFailed
from timetrial.project.requirements import Requirements, requirements_in
from timetrial.project.unread_requirements import (
    UnreadRequirements,
    unread_lock_in,
    unread_requirements_in,
)
from timetrial.project.workspace import (
    is_project,
    read_pyproject,
    with_folders_above,
    workspace_of,
)
from timetrial.stacks.interpreter import find_interpreter

_VERSION = re.compile(r"3\.\d+t?")
_PINNED = re.compile(r"(?:cpython[@-]?)?(3\.\d+)(?:\.\d+)?(t?)")
UV_ENVIRONMENT = "UV_PROJECT_ENVIRONMENT"
_USUAL = (".venv", "venv", "env")
_NEWEST_MINOR = 14
_OLDEST_MINOR = 8


@dataclass(frozen=True, slots=True)
class PythonChoice:
    """An interpreter, and whether its environment has the project's packages."""

    python: Path
    note: str
    """A sentence for the user: which one, and why."""
    has_packages: bool = True
    """If not, an environment is made with this interpreter."""
    requirements: Requirements | None = None
    """What is installed into an environment that is made."""
    if_incomplete: str = ""
    """A sentence: what installs packages that are missing; '' if it is not known."""

    @property
    def advice(self) -> str:
        """Return the note for an app that does not import."""
        return " ".join(filter(None, (self.note, self.if_incomplete)))


def choose_python(
    given: str | None, folders: Sequence[Path], virtual_env: Path | None, of_uv: str = ""
) -> PythonChoice:
    """Choose --python, else the active environment, else one in these folders, else a new one.

    Folders above them are searched, too, as far as the project, workspace or repository goes.
    `of_uv` is where uv keeps the environments of projects instead of in .venv.
    Raises BadInput for an interpreter that does not exist.
    """
    if given is not None:
        return _named(given, folders)
    if virtual_env is not None and _is_environment(virtual_env):
        note = f"It runs in the active virtual environment, {virtual_env}."
        return PythonChoice(_python_in(virtual_env), note)
    searched = with_folders_above(folders)
    if of_uv and (found := _environment_of_uv(of_uv, searched)) is not None:
        note = f"It runs in the environment that {UV_ENVIRONMENT} names, {found}."
        return PythonChoice(_python_in(found), note)
    for folder in (folder / name for folder in searched for name in _USUAL):
        if _is_environment(folder):
            return _in_place(folder, searched)
    return _without_environment(requirements_in(searched), searched)


def _environment_of_uv(named: str, searched: Sequence[Path]) -> Path | None:
    """Find the environment of the nearest project; its name is relative to the workspace."""
    project = next((folder for folder in searched if is_project(read_pyproject(folder))), None)
    if project is None:
        return None
    environment = (workspace_of(project) or project) / named
    return environment if _is_environment(environment) else None


def _in_place(environment: Path, searched: Sequence[Path]) -> PythonChoice:
    """Describe the environment that was found in one of the folders."""
    python, root = _python_in(environment), environment.parent
    member = next((f for f in searched if f != root and workspace_of(f) == root), None)
    if member is None:
        note = f"It runs in the project's own virtual environment, {environment}."
        return PythonChoice(python, note)
    package = read_pyproject(member).get("project", {}).get("name", member.name)
    return PythonChoice(
        python,
        f"It runs in the virtual environment of its uv workspace, {environment}.",
        if_incomplete=f"`uv sync --package {package}` in {root} installs what {package} needs.",
    )


def _named(given: str, folders: Sequence[Path]) -> PythonChoice:
    folders = with_folders_above(folders)
    if _VERSION.fullmatch(given) and not Path(given).exists():
        named, requirements = f"CPython {given}", requirements_in(folders)
        unread = None if requirements else unread_requirements_in(folders)
        return _to_make(_installed(given), named, folders[0], requirements, unread)
    # Not resolved: only the link leads into the virtual environment.
    path = Path(os.path.abspath(Path(given).expanduser()))  # noqa: PTH100 - to leave out '..'
    if _is_environment(path):
        path = _python_in(path)
    if not (path.is_file() and os.access(path, os.X_OK)):
        raise BadInput(
            f"--python {given!r} is neither an interpreter nor a virtual environment; "
            "give the path of one, or a version as 3.13"
        )
    environment = path.parents[1]
    if _is_environment(environment) or (environment / "conda-meta").is_dir():
        return PythonChoice(path, f"It runs in the environment {environment}.")
    requirements = requirements_in(folders)
    if requirements is None:
        return PythonChoice(path, f"It runs on {path} with the packages that it has.")
    return _to_make(path, str(path), folders[0], requirements)


def _without_environment(
    requirements: Requirements | None, folders: Sequence[Path]
) -> PythonChoice:
    python = _pinned(folders) or _fitting(requirements)
    is_ours = python == Path(sys.executable)
    named = f"{platform.python_implementation()} {_here()}" if is_ours else str(python)
    if requirements is not None:
        return _to_make(python, named, folders[0], requirements)
    unread = unread_requirements_in(folders)
    if unread is not None:
        return _to_make(python, named, folders[0], None, unread)
    note = (
        f"It runs on a bare {named}, without any packages: there is no active virtual "
        f"environment, and no .venv, requirements.txt or pyproject.toml in {folders[0]}."
    )
    return PythonChoice(python, note, has_packages=False)


def _of_other_locks(file: Path) -> str:
    lock = unread_lock_in(file.parent) if file.name == "pyproject.toml" else None
    if lock is None:
        return ""
    return (
        f" {lock.file} is not read: for its versions, run `{lock.install}` in {lock.folder} and "
        f"add --python {lock.python}."
    )


def _shown(file: Path, folder: Path) -> str:
    return file.name if file.parent == folder else str(file)


def _to_make(
    python: Path,
    named: str,
    folder: Path,
    requirements: Requirements | None,
    unread: UnreadRequirements | None = None,
) -> PythonChoice:
    note = f"It runs on a bare {named}: the project has no requirements to install."
    if unread is not None:
        note = f"It runs on a bare {named}, without any packages: {unread}."
    if requirements is not None:
        package = f" (its package {requirements.member})" if requirements.member else ""
        note = (
            f"It runs on {named}, in an environment made for it from "
            f"{_shown(requirements.file, folder)}{package} in Timetrial's cache."
            f"{_of_other_locks(requirements.file)}"
        )
    return PythonChoice(python, note, has_packages=False, requirements=requirements)


def _pinned(folders: Sequence[Path]) -> Path | None:
    """Return the interpreter that .python-version names, as for uv and pyenv, if it is here."""
    for folder in folders:
        try:
            written = (folder / ".python-version").read_text("utf-8").split()
        except (OSError, UnicodeDecodeError):
            continue
        match = _PINNED.fullmatch(written[0]) if written else None
        if match is None:
            return None
        try:
            return find_interpreter(["".join(match.groups())], Path(sys.executable))
        except StackFailed:
            return None
    return None


def _fitting(requirements: Requirements | None) -> Path:
    """Return the interpreter that runs Timetrial, or the newest one that the project allows."""
    preferred = Path(sys.executable)
    if requirements is None or not requirements.requires_python:
        return preferred
    try:
        allowed = SpecifierSet(requirements.requires_python)
    except InvalidSpecifier:
        raise BadInput(
            f"requires-python in {requirements.file.name} is {requirements.requires_python!r}, "
            "which is no version specifier; an example is '>=3.11'"
        ) from None
    if _here() in allowed:
        return preferred
    versions = [f"3.{minor}" for minor in range(_NEWEST_MINOR, _OLDEST_MINOR - 1, -1)]
    fitting = [
        version for version in versions if any(f"{version}.{patch}" in allowed for patch in (0, 99))
    ]
    try:
        return find_interpreter(fitting, preferred)
    except StackFailed:
        raise BadInput(
            f"{requirements.file.name} asks for Python {requirements.requires_python}, and none is "
            f"installed here (Timetrial runs on {_here()}); name one with --python PATH"
        ) from None


def active_environment(environ: Mapping[str, str] = os.environ) -> Path | None:
    """Return the virtual environment that the user's shell has activated."""
    active = environ.get("VIRTUAL_ENV")
    return Path(active) if active else None


def uv_environment(environ: Mapping[str, str] = os.environ) -> str:
    """Return where uv is told to keep the environments of projects; '' for .venv."""
    return environ.get(UV_ENVIRONMENT, "")


def _here() -> str:
    return platform.python_version()


def _installed(version: str) -> Path:
    try:
        return find_interpreter((version,), Path(sys.executable))
    except StackFailed:
        raise BadInput(
            f"--python {version}: no CPython {version} is installed here; name one by its path"
        ) from None


def _is_environment(folder: Path) -> bool:
    return (folder / "pyvenv.cfg").is_file() and _python_in(folder).exists()


def _python_in(folder: Path) -> Path:
    return folder / "bin" / "python"
