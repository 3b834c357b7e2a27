"""The packages that a project requires, and an environment made of them for one that has none.

They are read from requirements.txt, pyproject.toml or uv.lock.
"""

from __future__ import annotations

import codecs
import os
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from timetrial.model import BadInput, StackFailed
from timetrial.project.unread_requirements import poetry_dependencies
from timetrial.stacks.cache import cache_key
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

_BYTE_ORDER_MARKS = {
    # That of UTF-16 is the beginning of this one.
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
"""PowerShell writes UTF-16 to the file of `pip freeze > requirements.txt`."""
_LONGEST_MARK = max(map(len, _BYTE_ORDER_MARKS))


@dataclass(frozen=True, slots=True)
class Requirements:
    """A file of requirements, and those that it includes."""

    file: Path
    """requirements.txt, pyproject.toml or uv.lock."""
    text: str
    """The text of all files; lines of requirements.txt that name the project are left out."""
    requires_python: str = ""
    """A version specifier, as '>=3.11'."""


def requirements_in(folders: Sequence[Path]) -> Requirements | None:
    """Read the first of these folders that has requirements. Raises BadInput for broken files."""
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
    """Return the table [project]; None where it is missing or names nothing to install."""
    try:
        read = tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"{file} is no TOML: {error}") from None
    project = read.get("project")
    if not isinstance(project, dict):
        return None
    if poetry_dependencies(read):
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
        # The build backend knows them, but it would write into the project's folder.
        raise BadInput(
            f"the dependencies in {file} are dynamic, so that they show only when it is built; "
            "install the project into a virtual environment and name that with --python"
        )
    dependencies = project.get("dependencies", [])
    if not isinstance(dependencies, list) or not all(isinstance(d, str) for d in dependencies):
        raise BadInput(f"{file}: project.dependencies must be a list of requirements")
    needs = str(project.get("requires-python", ""))
    lock = folder / "uv.lock"
    text = file.read_text("utf-8")
    if lock.is_file():
        return Requirements(lock, lock.read_text("utf-8") + text, needs)
    return Requirements(file, text, needs)


def _lines(file: Path, folder: Path, included: frozenset[Path] = frozenset()) -> Iterator[str]:
    """Read a file and those that it includes, without lines that install the project itself.

    Its build backend would write into its folder, from which it is imported anyway.
    """
    for line in re.sub(r"\\\n", " ", _read(file)).splitlines():
        stripped = re.sub(r"(^|\s)#.*", "", line).strip()
        nested = _NESTED.fullmatch(stripped)
        if nested and "c" not in nested["option"].lstrip("-")[:1]:
            inner = (file.parent / nested["file"]).resolve()
            if inner not in included:
                yield from _lines(inner, folder, included | {file.resolve(), inner})
        elif nested:
            constraints = (file.parent / nested["file"]).resolve()
            yield f"--constraint {constraints}"
            yield from (f"# {line}" for line in _read(constraints).splitlines())
        elif stripped and not _is_itself(stripped, folder):
            yield stripped


def _read(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            start = stream.read(_LONGEST_MARK)
        marked = (name for mark, name in _BYTE_ORDER_MARKS.items() if start.startswith(mark))
        return file.read_text(next(marked, "utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"cannot read the requirements in {str(file)!r}: {error}") from None


def _is_itself(line: str, folder: Path) -> bool:
    editable = _EDITABLE.fullmatch(line)
    path = editable["path"] if editable else line
    if not editable and not line.startswith((".", "/")):
        return False
    return (folder / path.partition("[")[0]).resolve() == folder.resolve()


def own_environment(python: Path, requirements: Requirements | None, cache: Path) -> Environment:
    """Find or make the environment of a project; without requirements it is empty.

    Nothing is written to the project. Raises BadInput with the installer's last lines if the
    requirements cannot be installed.
    """
    if requirements is None:
        return Environments(cache, python).prepare((), ())
    version = python_version(python)
    key = cache_key(
        (
            os.path.realpath(python),
            version,
            str(requirements.file),
            requirements.text,
        )
    )
    folder = cache / "projects" / key
    try:
        return kept_environment(folder, python, version, lambda: _install(folder, requirements))
    except StackFailed as failed:
        said = [line.strip(" ×╰─▶├│") for line in failed.log_tail.splitlines() if line.strip()]
        raise BadInput(": ".join(filter(None, (failed.reason, " ".join(said))))) from failed


def _install(folder: Path, requirements: Requirements) -> None:
    """Install the dependencies, not the project, which is imported from its own folder."""
    file = requirements.file
    listed = folder / "requirements.txt"
    python = str(interpreter_in(folder))
    if file.name == "uv.lock":
        run_uv(
            file.parent,
            *("export", "--frozen", "--no-dev", "--no-emit-project", "--no-editable"),
            *("--no-header", "--python", python, "--output-file", str(listed)),
        ).require_success(f"reading {str(file)!r}")
    elif file.name == "pyproject.toml":
        listed = file
    else:
        listed.write_text(requirements.text, encoding="utf-8")
    run_uv(
        # Paths in requirements are relative to this folder.
        file.parent,
        *("pip", "install", "--python", python, "--compile-bytecode"),
        *("--requirements", str(listed)),
    ).require_success(f"installing what {str(file)!r} asks for")
