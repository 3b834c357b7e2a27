"""Requirements in files of other tools, which Timetrial does not read: what to type instead."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_POETRY = ("poetry install", '"$(poetry env info --path)"')
_PDM = ("pdm install", ".venv")
_LOCKS = {"poetry.lock": _POETRY, "pdm.lock": _PDM}
_PIPENV = ("pipenv install", '"$(pipenv --venv)"')
_CONDA = ("conda env create --prefix .conda --file environment.yml", ".conda/bin/python")
_PIP = "python -m venv .venv && .venv/bin/pip install"
_PIP_LISTS = ("production", "prod", "base", "main", "common", "requirements")
"""Stems of lists of requirements that servers need, the most specific first."""


@dataclass(frozen=True, slots=True)
class UnreadRequirements:
    """A file that lists what a project needs, and how the environment for it is made."""

    folder: Path
    """The project's."""
    file: str
    """Its path in the folder."""
    install: str
    """A command that makes the environment, to be run in the folder."""
    python: str = ""
    """The value of --python afterwards; '' if the environment is found without it."""

    def __str__(self) -> str:
        """Return clauses for a sentence about an app without packages."""
        then = f" and add --python {self.python}" if self.python else ""
        return (
            f"what it needs is listed in {self.file}, which Timetrial does not read; "
            f"run `{self.install}` in {self.folder}{then}"
        )


def unread_requirements_in(folders: Sequence[Path]) -> UnreadRequirements | None:
    """Find the first file in these folders that lists requirements for another tool."""
    return next(filter(None, map(_in_folder, folders)), None)


def unread_lock_in(folder: Path) -> UnreadRequirements | None:
    """Find a file in a project's folder that locks its requirements for another tool."""
    names = (name for name in _LOCKS if (folder / name).is_file())
    return next((UnreadRequirements(folder, name, *_LOCKS[name]) for name in names), None)


def poetry_dependencies(pyproject: dict[str, Any]) -> bool:
    """Whether the content of a pyproject.toml lists dependencies for Poetry alone."""
    match pyproject:
        case {"project": {"dependencies": _}}:
            return False
        case {"tool": {"poetry": {"dependencies": _}}}:
            return True
    return False


def _in_folder(folder: Path) -> UnreadRequirements | None:
    if _is_for_poetry(folder / "pyproject.toml"):
        return UnreadRequirements(folder, "pyproject.toml", *_POETRY)
    if (folder / "Pipfile").is_file():
        return UnreadRequirements(folder, "Pipfile", *_PIPENV)
    if (folder / "environment.yml").is_file():
        return UnreadRequirements(folder, "environment.yml", *_CONDA)
    for name in ("setup.cfg", "setup.py"):
        if "install_requires" in _text(folder / name):
            return UnreadRequirements(folder, name, f"{_PIP} .")
    lists = {file.stem: file.name for file in sorted((folder / "requirements").glob("*.txt"))}
    chosen = next((lists[stem] for stem in (*_PIP_LISTS, *lists) if stem in lists), None)
    if chosen is None:
        return None
    return UnreadRequirements(folder, f"requirements/{chosen}", f"{_PIP} -r requirements/{chosen}")


def _is_for_poetry(file: Path) -> bool:
    try:
        return poetry_dependencies(tomllib.loads(_text(file)))
    except tomllib.TOMLDecodeError:
        return False


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
