"""What a project says of the packages that it needs: requirements.txt, pyproject.toml, uv.lock."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from timetrial.model.errors import BadInput

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
