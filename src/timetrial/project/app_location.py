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
class AppLocation:
    """A project before anything of it was imported."""

    folders: tuple[Path, ...]
    """Where its environment and its requirements may lie."""
    root: Path
    """That servers start in, and imports start from."""
    entries: tuple[Entry, ...] = ()
    """Modules that may have the app; empty for a project of Django's."""
    settings: str = ""
    """The settings of a project of Django's that is named by its folder."""


def find_app_location(app_options: AppOptions, env: Mapping[str, str]) -> AppLocation:
    """Read what the wish names, and look for what it leaves open. Raises BadInput."""
    spec = read_app_spec(app_options.app, app_options.folder)
    if spec.module:
        return AppLocation(
            (spec.folder,), spec.folder, _entries_of(spec, is_factory=app_options.factory)
        )
    root = None if app_options.factory else django_root(spec.folder)
    settings = env.get(VARIABLE) or (settings_module(root) if root else None)
    if root is not None and settings:
        folders = (spec.folder,) if root == spec.folder else (spec.folder, root)
        return AppLocation(folders, root, settings=settings)
    entries = entries_in(spec.folder, FACTORIES if app_options.factory else NAMES)
    if not entries:
        raise BadInput(_nothing_in(spec.folder, is_factory=app_options.factory))
    return AppLocation((spec.folder,), spec.folder, entries)


def _entries_of(spec: AppSpec, *, is_factory: bool) -> tuple[Entry, ...]:
    below_src = not _has(spec.folder, spec.module) and _has(spec.folder / "src", spec.module)
    path = spec.folder / "src" if below_src else None
    if spec.attribute:
        return (Entry(spec.module, (spec.attribute,), path=path),)
    if is_factory:
        return (Entry(spec.module, FACTORIES, path=path),)
    *parts, last = spec.module.split(".")
    package = (path or spec.folder).joinpath(*parts, last)
    if (
        parts
        and not package.with_suffix(".py").exists()
        and not package.exists()
        and package.parent.with_suffix(".py").is_file()
    ):
        # As Django's settings have it: 'mysite.wsgi.application'.
        return (Entry(".".join(parts), (last,), path=path),)
    return entries_of_package(package, spec.module, path) or (Entry(spec.module, NAMES, path=path),)


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
