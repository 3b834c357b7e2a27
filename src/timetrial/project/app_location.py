"""Where a project is, and in which of its modules the app is looked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from timetrial.model.errors import BadInput
from timetrial.project.app_options import AppOptions
from timetrial.project.app_spec import AppSpec, read_app_spec
from timetrial.project.django import VARIABLE, django_root, settings_module
from timetrial.project.entry_points import FACTORIES, NAMES, Entry, entries_in, entries_of_package


@dataclass(frozen=True, slots=True)
class Place:
    """A project before anything of it was imported."""

    folders: tuple[Path, ...]
    """Where its environment and its requirements may lie."""
    root: Path
    """That servers start in, and imports start from."""
    entries: tuple[Entry, ...] = ()
    """Modules that may have the app; empty for a project of Django's."""
    settings: str = ""
    """The settings of a project of Django's that is named by its folder."""


def find_place(app_options: AppOptions, env: Mapping[str, str]) -> Place:
    """Read what the wish names, and look for what it leaves open. Raises BadInput."""
    asked = read_app_spec(app_options.app, app_options.folder)
    if asked.module:
        return Place(
            (asked.folder,), asked.folder, _entries_of(asked, is_factory=app_options.factory)
        )
    root = None if app_options.factory else django_root(asked.folder)
    settings = env.get(VARIABLE) or (settings_module(root) if root else None)
    if root is not None and settings:
        folders = (asked.folder,) if root == asked.folder else (asked.folder, root)
        return Place(folders, root, settings=settings)
    entries = entries_in(asked.folder, FACTORIES if app_options.factory else NAMES)
    if not entries:
        raise BadInput(_nothing_in(asked.folder, is_factory=app_options.factory))
    return Place((asked.folder,), asked.folder, entries)


def _entries_of(asked: AppSpec, *, is_factory: bool) -> tuple[Entry, ...]:
    below_src = not _has(asked.folder, asked.module) and _has(asked.folder / "src", asked.module)
    path = asked.folder / "src" if below_src else None
    if asked.attribute:
        return (Entry(asked.module, (asked.attribute,), path=path),)
    if is_factory:
        return (Entry(asked.module, FACTORIES, path=path),)
    *parts, last = asked.module.split(".")
    package = (path or asked.folder).joinpath(*parts, last)
    if (
        parts
        and not package.with_suffix(".py").exists()
        and not package.exists()
        and package.parent.with_suffix(".py").is_file()
    ):
        # As Django's settings have it: 'mysite.wsgi.application'.
        return (Entry(".".join(parts), (last,), path=path),)
    return entries_of_package(package, asked.module, path) or (
        Entry(asked.module, NAMES, path=path),
    )


def _has(folder: Path, module: str) -> bool:
    first = module.partition(".")[0]
    return (folder / f"{first}.py").is_file() or (folder / first).is_dir()


def _nothing_in(folder: Path, *, is_factory: bool) -> str:
    if is_factory:
        return (
            f"no function in {folder} is named as one that makes an app ({', '.join(FACTORIES)}); "
            "name it as module:function"
        )
    makers = [f"{each.module}:{each.names[0]}" for each in entries_in(folder, FACTORIES)]
    if makers:
        return f"{folder} has no app, but {makers[0]!r} may make one: name that with --factory"
    return (
        f"no app was found in {folder}: there is no manage.py, and no module there defines "
        f"{', '.join(NAMES[:-1])} or {NAMES[-1]}; name it as module:attribute"
    )
