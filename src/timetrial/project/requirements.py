"""What a project says of the packages that it needs: requirements.txt, pyproject.toml, uv.lock."""

from __future__ import annotations

import hashlib
import os
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from timetrial.model.errors import BadInput, StackFailed
from timetrial.stacks.environment import (
    Environment,
    Environments,
    interpreter_in,
    kept_environment,
    python_version,
    run_uv,
)

_NESTED = re.compile(r"(?P<option>-r|-c|--requirements?|--constraints?)[\s=]+(?P<file>\S+)\s*")
_EDITABLE = re.compile(r"(-e|--editable)[\s=]+(?P<path>\S+)")


@dataclass(frozen=True, slots=True)
class Requirements:
    """The files that say what to install."""

    file: Path
    """requirements.txt, pyproject.toml or uv.lock."""
    text: str
    """All that the files say, nested ones included; of requirements.txt without the project."""
    requires_python: str = ""
    """A version specifier, as '>=3.11'."""

    @property
    def named(self) -> str:
        return self.file.name


def requirements_in(folders: Sequence[Path]) -> Requirements | None:
    """Read the first of these folders that says anything. Raises BadInput for broken files."""
    for folder in folders:
        project = _project(folder / "pyproject.toml")
        listed = folder / "requirements.txt"
        if project is not None and not ("dependencies" in _dynamic(project) and listed.is_file()):
            return _of_project(folder, project)
        if listed.is_file():
            needs = str(project.get("requires-python", "")) if project is not None else ""
            return Requirements(listed, "\n".join(_lines(listed, folder)), needs)
    return None


def _project(file: Path) -> dict[str, Any] | None:
    """Read the table [project]; None where there is none, or it names nothing to install."""
    try:
        read = tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"{file} is no TOML: {error}") from None
    project = read.get("project")
    if not isinstance(project, dict):
        return None
    has_list = "dependencies" in project or "dependencies" in _dynamic(project)
    beside = (file.parent / "requirements.txt").is_file()
    return project if has_list or not beside else None


def _dynamic(project: dict[str, Any]) -> Sequence[str]:
    dynamic = project.get("dynamic", ())
    return dynamic if isinstance(dynamic, list) else ()


def _of_project(folder: Path, project: dict[str, Any]) -> Requirements:
    file = folder / "pyproject.toml"
    if "dependencies" in _dynamic(project):
        # Asking the build backend would let it write into the project's folder.
        raise BadInput(
            f"the dependencies in {file} are dynamic, so that they show only when it is built; "
            "install the project into a virtual environment and name that with --python"
        )
    dependencies = project.get("dependencies", [])
    if not isinstance(dependencies, list) or not all(isinstance(e, str) for e in dependencies):
        raise BadInput(f"{file}: project.dependencies must be a list of requirements")
    needs = str(project.get("requires-python", ""))
    lock = folder / "uv.lock"
    text = file.read_text("utf-8")
    if lock.is_file():
        return Requirements(lock, lock.read_text("utf-8") + text, needs)
    return Requirements(file, text, needs)


def _lines(file: Path, folder: Path, seen: frozenset[Path] = frozenset()) -> Iterator[str]:
    """Read a file and those that it names; the project itself is not installed.

    That would let its build backend write into its folder, from which it is imported anyway.
    """
    for line in re.sub(r"\\\n", " ", _read(file)).splitlines():
        stripped = re.sub(r"(^|\s)#.*", "", line).strip()
        nested = _NESTED.fullmatch(stripped)
        if nested and "c" not in nested["option"].lstrip("-")[:1]:
            inner = (file.parent / nested["file"]).resolve()
            if inner not in seen:
                yield from _lines(inner, folder, seen | {file.resolve(), inner})
        elif nested:
            constraints = (file.parent / nested["file"]).resolve()
            yield f"--constraint {constraints}"
            yield from (f"# {each}" for each in _read(constraints).splitlines())
        elif stripped and not _is_itself(stripped, folder):
            yield stripped


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"cannot read the requirements in {str(file)!r}: {error}") from None


def _is_itself(line: str, folder: Path) -> bool:
    editable = _EDITABLE.fullmatch(line)
    path = editable["path"] if editable else line
    if not editable and not line.startswith((".", "/")):
        return False
    return (folder / path.partition("[")[0]).resolve() == folder.resolve()


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
