"""Folders above an app that belong to its project, looked for as uv and git do."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from timetrial.model import BadInput


def with_folders_above(folders: Sequence[Path]) -> tuple[Path, ...]:
    """Append the folders above the first one that may have its environment and requirements.

    They end with the nearest project; the root of a uv workspace comes last if that project is a
    member of it. Without a project they end with the top of the repository.
    """
    return tuple(dict.fromkeys((*folders, *_above(folders[0]))))


def _above(start: Path) -> Iterator[Path]:
    passed: list[Path] = []
    for folder in (start, *start.parents):
        if folder in {Path.home(), Path(folder.anchor)} and folder != start:
            return
        passed.append(folder)
        if is_project(read_pyproject(folder)):
            yield from passed
            root = workspace_of(folder)
            if root is not None:
                yield root
            return
        if (folder / ".git").exists():
            yield from passed
            return


def workspace_of(project: Path) -> Path | None:
    """Return the root of the uv workspace that a project's folder is or is a member of."""
    if _workspace(read_pyproject(project)) is not None:
        return project
    for folder in project.parents:
        pyproject = read_pyproject(folder)
        workspace = _workspace(pyproject)
        if workspace is not None:
            return folder if project in members_of(folder) else None
        if is_project(pyproject):
            return None
    return None


def members_of(root: Path) -> tuple[Path, ...]:
    """List the folders of the members of a workspace, without its root."""
    workspace = _workspace(read_pyproject(root)) or {}
    excluded = set(_matching(root, workspace.get("exclude")))
    found = dict.fromkeys(_matching(root, workspace.get("members")))
    return tuple(
        folder
        for folder in found
        if folder not in excluded and (folder / "pyproject.toml").is_file()
    )


def is_project(pyproject: dict[str, Any]) -> bool:
    """Whether the content of a pyproject.toml makes its folder a project or a workspace."""
    match pyproject:
        case {"project": {}} | {"tool": {"poetry": {}}} | {"tool": {"uv": {"workspace": {}}}}:
            return True
    return False


def read_pyproject(folder: Path) -> dict[str, Any]:
    """Read the pyproject.toml of a folder, {} without one. Raises BadInput for a broken one."""
    file = folder / "pyproject.toml"
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"{file} is no TOML: {error}") from None
    except OSError:
        return {}


def _workspace(pyproject: dict[str, Any]) -> dict[str, Any] | None:
    match pyproject:
        case {"tool": {"uv": {"workspace": dict() as workspace}}}:
            return workspace
    return None


def _matching(root: Path, patterns: object) -> Iterator[Path]:
    for pattern in patterns if isinstance(patterns, list) else ():
        try:
            yield from (folder for folder in root.glob(str(pattern)) if folder != root)
        except (NotImplementedError, ValueError) as error:  # an absolute or an empty pattern
            file = root / "pyproject.toml"
            raise BadInput(f"{file}: {pattern!r} names no members: {error}") from None
