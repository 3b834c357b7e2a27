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
            # Named as a folder, its imports would start inside of the package.
            for entry in entries_anywhere_in(below, names):
                module = entry.module.rpartition(".")[2]
                yield below / f"{module}.py:{entry.names[0]}"
        elif entries_in(below, names) or (names == NAMES and _is_django(below)):
            yield below
        elif levels > 1:
            yield from apps_below(below, names, levels - 1)


def _is_django(folder: Path) -> bool:
    root = django_root(folder)
    return root is not None and settings_module(root) is not None
