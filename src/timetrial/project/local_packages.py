"""Packages in the user's folders: installed from copies, because a build writes beside the code."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from timetrial.model import BadInput
from timetrial.project.workspace import members_of, read_pyproject, workspace_of

_LOCAL = re.compile(
    r"(?:(?:-e|--editable)[\s=]*)?"
    r"(?:(?P<name>[A-Za-z0-9][\w.-]*)\s*(?P<named>\[[^]]*\])?\s*@\s*)?"
    r"(?:file:(?://(?:localhost)?(?=/))?)?(?P<path>[^\s;\[]+)"
    r"(?P<extras>\[[^]]*\])?(?P<rest>\s*(?:[;\s].*)?)"
)
_EDITABLE_OF_VCS = re.compile(
    r"(?:-e|--editable)[\s=]*(?P<url>[a-z]+\+[^\s#]+)#egg=(?P<name>[\w.-]+)(?P<extras>\[[^]]*\])?"
    r"(?P<rest>.*)"
)
_OF_FOLDERS = re.compile(
    r"(?P<option>-f|--find-links|-i|--index-url|--extra-index-url)[\s=]+(?P<path>\S+)\s*"
)
_NOT_COPIED = shutil.ignore_patterns(
    ".git", ".hg", ".venv", ".tox", ".nox", "node_modules", "__pycache__", "*.egg-info", "*.pyc"
)


@dataclass(frozen=True, slots=True)
class LocalLine:
    """A line of requirements that names a folder with a package."""

    folder: Path
    """Absolute."""
    name: str
    """'' if the line has none."""
    extras: str
    """As '[web]', or ''."""
    rest: str
    """Its marker, with what stands before it."""

    def naming(self, folder: Path) -> str:
        """Return the line for a copy of the package; it is not editable."""
        name = f"{self.name}{self.extras} @ {folder.as_uri()}" if self.name else ""
        return f"{name or f'{folder}{self.extras}'}{self.rest}"


def local_line(line: str, bases: Iterable[Path]) -> LocalLine | None:
    """Read a line that names a folder; a relative path is looked for in these folders."""
    match = _LOCAL.fullmatch(line.strip())
    if match is None:
        return None
    path = match["path"]
    if line.startswith(("-e", "--editable")) or match["name"] or "/" in path or path == ".":
        found = _existing(path, bases)
        if found is not None and found.is_dir():
            extras = match["named"] or match["extras"] or ""
            return LocalLine(found, match["name"] or "", extras, match["rest"])
    return None


def with_absolute_paths(line: str, bases: Sequence[Path]) -> str:
    """Return a line of requirements that means the same wherever it stands.

    uv takes no editable packages from repositories; they are written as others.
    """
    of_vcs = _EDITABLE_OF_VCS.fullmatch(line)
    if of_vcs:
        return f"{of_vcs['name']}{of_vcs['extras'] or ''} @ {of_vcs['url']}{of_vcs['rest']}"
    option = _OF_FOLDERS.fullmatch(line)
    # pip takes folders of an option from the file that has it, and packages from its own folder.
    found = _existing(option["path"], reversed(bases)) if option else None
    if option and found is not None:
        return f"{option['option']} {found}"
    is_path = line.startswith((".", "/")) or "/" in line.partition("@")[0]
    match = _LOCAL.fullmatch(line) if is_path else None
    found = _existing(match["path"], bases) if match else None
    return line.replace(match["path"], str(found), 1) if match and found else line


def _existing(path: str, bases: Iterable[Path]) -> Path | None:
    places = ((base / path).resolve() for base in bases)
    return next((place for place in places if place.exists()), None)


def local_sources(folder: Path) -> tuple[Path, ...]:
    """List the folders that `[tool.uv.sources]` of a project names, and theirs in turn."""
    found: dict[Path, None] = {}
    waiting = [folder]
    while waiting:
        project = waiting.pop()
        for source in _sources_of(project):
            if source not in found and source != folder:
                found[source] = None
                waiting.append(source)
    return tuple(found)


def _sources_of(project: Path) -> Iterator[Path]:
    match read_pyproject(project):
        case {"tool": {"uv": {"sources": dict() as sources}}}:
            listed = [part for source in sources.values() for part in _parts(source)]
        case _:
            return
    for source in listed:
        if isinstance(path := source.get("path"), str) and (project / path).is_dir():
            yield (project / path).resolve()
    root = workspace_of(project) if any(source.get("workspace") for source in listed) else None
    if root is not None:
        yield from members_of(root)


def _parts(source: object) -> Iterator[dict[str, Any]]:
    """A source is a table, or a list of them with markers."""
    for part in source if isinstance(source, list) else [source]:
        if isinstance(part, dict):
            yield part


def state_of(folders: Iterable[Path]) -> str:
    """Return a text that changes when a file in these folders changes."""
    lines = []
    for folder in folders:
        for place, below, names in os.walk(folder):
            ignored = _NOT_COPIED(place, [*below, *names])
            below[:] = sorted(set(below) - ignored)
            for name in sorted(set(names) - ignored):
                status = (Path(place) / name).lstat()
                lines.append(f"{place}/{name} {status.st_size} {status.st_mtime_ns}")
    return "\n".join(lines)


def copied(folders: Sequence[Path], into: Path, beside: Sequence[Path] = ()) -> dict[Path, Path]:
    """Copy folders so that paths from one to another stay right; return the copies by folder.

    Of folders `beside` them only pyproject.toml is copied; so it is for the workspaces of all.
    """
    roots = filter(None, map(workspace_of, (*folders, *beside)))
    described = [folder for folder in (*beside, *roots) if folder not in folders]
    if not folders:
        return {}
    common = Path(os.path.commonpath([*folders, *described]))
    copies = {folder: into / folder.relative_to(common) for folder in (*folders, *described)}
    try:
        for folder in folders:
            shutil.copytree(
                folder, copies[folder], symlinks=True, ignore=_NOT_COPIED, dirs_exist_ok=True
            )
        for folder in described:
            copies[folder].mkdir(parents=True, exist_ok=True)
            shutil.copy(folder / "pyproject.toml", copies[folder])
    except (OSError, shutil.Error) as error:
        raise BadInput(f"cannot copy packages of the project to install them: {error}") from None
    return copies
