"""The packages that a project requires, read from requirements.txt, pyproject.toml or uv.lock."""

from __future__ import annotations

import codecs
import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from timetrial.model import BadInput
from timetrial.project.local_packages import local_line, local_sources, with_absolute_paths
from timetrial.project.unread_requirements import poetry_dependencies
from timetrial.project.workspace import read_pyproject, workspace_of

_NESTED = re.compile(r"(?P<option>-r|-c|--requirements?|--constraints?)[\s=]+(?P<file>\S+)\s*")
_BUILT_BY = ("pyproject.toml", "setup.cfg", "setup.py")

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
    """All that decides what is installed."""
    requires_python: str = ""
    """A version specifier, as '>=3.11'."""
    lines: tuple[str, ...] | None = None
    """What to install; None where uv reads that from the file. Paths are absolute."""
    member: str = ""
    """The package of a workspace whose part of uv.lock is installed; '' for its root."""
    local: tuple[Path, ...] = ()
    """Folders of packages that are installed from copies."""
    sources: tuple[Path, ...] = ()
    """Folders that imports of the project start from, besides its own."""


def requirements_in(folders: Sequence[Path]) -> Requirements | None:
    """Read the first of these folders that has requirements. Raises BadInput for broken files."""
    for folder in folders:
        project = _project(folder)
        listed = folder / "requirements.txt"
        if project is not None and not _is_in(listed, project):
            return _of_project(folder, project)
        if listed.is_file():
            needs = str(project.get("requires-python", "")) if project is not None else ""
            return _of_lines(listed, _lines(listed, folder), needs)
    return None


def _is_in(listed: Path, project: dict[str, Any]) -> bool:
    """Whether a requirements.txt has what a project requires, and more."""
    folder = listed.parent
    if not listed.is_file() or (folder / "uv.lock").is_file():
        return False
    named = (local_line(line, [folder]) for line in _lines(listed, folder))
    return "dependencies" in _dynamic(project) or any(
        place is not None and place.folder == folder.resolve() for place in named
    )


def _project(folder: Path) -> dict[str, Any] | None:
    """Return the table [project]; None where it is missing or names nothing to install."""
    pyproject = read_pyproject(folder)
    project = pyproject.get("project")
    if not isinstance(project, dict) or poetry_dependencies(pyproject):
        return None
    has_list = "dependencies" in project or "dependencies" in _dynamic(project)
    return project if has_list or not (folder / "requirements.txt").is_file() else None


def _dynamic(project: dict[str, Any]) -> Sequence[str]:
    dynamic = project.get("dynamic", ())
    return dynamic if isinstance(dynamic, list) else ()


def _of_project(folder: Path, project: dict[str, Any]) -> Requirements:
    file = folder / "pyproject.toml"
    dependencies = project.get("dependencies", [])
    if not isinstance(dependencies, list) or not all(isinstance(d, str) for d in dependencies):
        raise BadInput(f"{file}: project.dependencies must be a list of requirements")
    needs = str(project.get("requires-python", ""))
    text, sources = file.read_text("utf-8"), _sources(folder)
    root = workspace_of(folder) or folder
    lock = root / "uv.lock"
    if lock.is_file():
        locked = lock.read_text("utf-8")
        return Requirements(
            lock, locked + text, needs,
            member="" if root == folder else str(project.get("name", "")),
            local=tuple(path for path in _locked_folders(lock, locked) if path != folder),
            sources=sources,
        )  # fmt: skip
    if "dependencies" in _dynamic(project):
        # The build backend knows them.
        return Requirements(file, text, needs, (str(folder),), local=(folder,), sources=sources)
    if any(local_line(line, [folder]) for line in dependencies):
        return _of_lines(file, dependencies, needs)
    return Requirements(file, text, needs, local=local_sources(folder), sources=sources)


def _sources(folder: Path) -> tuple[Path, ...]:
    source = folder / "src"
    is_built = any((folder / name).is_file() for name in _BUILT_BY[1:]) or (
        "build-system" in read_pyproject(folder)
    )
    return (source,) if is_built and source.is_dir() else ()


def _locked_folders(lock: Path, text: str) -> Iterator[Path]:
    try:
        packages = tomllib.loads(text).get("package", [])
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{lock} is no TOML: {error}") from None
    for package in packages:
        match package:
            case {"source": {"editable": str(path)} | {"directory": str(path)}}:
                yield (lock.parent / path).resolve()


def _of_lines(file: Path, read: Iterable[str], requires_python: str) -> Requirements:
    folder = file.parent.resolve()
    lines: list[str] = []
    local: dict[Path, None] = {}
    sources = _sources(folder) if file.name == "pyproject.toml" else ()
    for line in read:
        place = local_line(line, [folder])
        if place is None:
            lines.append(line)
        elif place.folder == folder:
            needed = _of_itself(folder, place.extras)
            if needed is None:
                lines.append(place.naming(folder))
                local[folder] = None
            else:
                lines += needed
            sources = _sources(folder)
        else:
            lines.append(place.naming(place.folder))
            local |= dict.fromkeys((place.folder, *local_sources(place.folder)))
    return Requirements(
        file, "\n".join(lines), requires_python, tuple(lines),
        local=tuple(local), sources=sources,
    )  # fmt: skip


def _of_itself(folder: Path, extras: str) -> list[str] | None:
    """List what the project in a folder requires; None if that shows only when it is built.

    The project itself is not listed: it is imported from its own folder.
    """
    project = read_pyproject(folder).get("project")
    if not any((folder / name).is_file() for name in _BUILT_BY):
        return []
    if not isinstance(project, dict) or {"dependencies", "optional-dependencies"} & set(
        _dynamic(project)
    ):
        return None
    optional = project.get("optional-dependencies", {})
    wanted = [extra.strip() for extra in extras.strip("[]").split(",") if extra.strip()]
    for extra in wanted:
        if extra not in optional:
            named = ", ".join(optional) or "none"
            raise BadInput(f"{folder / 'pyproject.toml'} has no extra {extra!r}; it has: {named}")
    return [*project.get("dependencies", []), *(line for e in wanted for line in optional[e])]


def _lines(file: Path, folder: Path, included: frozenset[Path] = frozenset()) -> Iterator[str]:
    """Read a file and those that it includes; lines mean the same wherever they stand."""
    bases = (folder, file.parent)
    for line in re.sub(r"\\\r?\n", " ", _read(file)).splitlines():
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
        elif stripped:
            yield with_absolute_paths(stripped, bases)


def _read(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            start = stream.read(_LONGEST_MARK)
        marked = (name for mark, name in _BYTE_ORDER_MARKS.items() if start.startswith(mark))
        return file.read_text(next(marked, "utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"cannot read the requirements in {str(file)!r}: {error}") from None
