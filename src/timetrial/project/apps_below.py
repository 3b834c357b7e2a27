"""Apps in folders below the one that was named: what to name instead."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from timetrial.project.django import django_root, settings_module
from timetrial.project.entry_points import NAMES, entries_anywhere_in, entries_in, folders_of_code

_LEVELS = 2


def apps_below(
    folder: Path, names: tuple[str, ...] = NAMES, levels: int = _LEVELS
) -> Iterator[Path]:
    """Yield the folders below that have an app, and files of packages that define one.

    Such a file has its attribute behind it, as in 'shop/web.py:app'.
    """
    for below in folders_of_code(folder):
        if (below / "__init__.py").is_file():
            yield from _in_package(below, names, _LEVELS)
        elif levels and (entries_in(below, names) or (names == NAMES and _is_django(below))):
            yield below
        elif levels:  # below the last level packages alone are looked into
            yield from apps_below(below, names, levels - 1)


def _in_package(package: Path, names: tuple[str, ...], levels: int) -> Iterator[Path]:
    """Yield files: named as a folder, imports would start inside of the package."""
    entries = entries_anywhere_in(package, names)
    for entry in entries:
        module = entry.module.rpartition(".")[2]
        yield package / f"{module}.py:{entry.names[0]}"
    if not entries and levels:
        for below in folders_of_code(package):
            if (below / "__init__.py").is_file():
                yield from _in_package(below, names, levels - 1)


def _is_django(folder: Path) -> bool:
    root = django_root(folder)
    return root is not None and settings_module(root) is not None
