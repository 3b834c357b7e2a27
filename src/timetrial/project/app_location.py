"""Where a project is, and which of its modules may define the app.

`APP` is `module:attribute`, a module, a file of Python or a folder.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from timetrial.model import BadInput
from timetrial.project.app_options import AppOptions
from timetrial.project.apps_below import apps_below
from timetrial.project.django import VARIABLE, django_root, settings_module
from timetrial.project.entry_points import FACTORIES, NAMES, Entry, entries_in, entries_of_package

_MODULE = r"[^\W\d]\w*(?:\.[^\W\d]\w*)*"
_TARGET = re.compile(rf"(?P<module>{_MODULE})(?::(?P<attribute>{_MODULE})(?P<called>\(\))?)?")
_FILE = re.compile(rf"(?P<file>.+\.py)(?::(?P<attribute>{_MODULE}))?")
_MOST_NAMED = 4
_ALLOWED = "write module:attribute (as in shop.wsgi:application), a file of Python, or a folder"


@dataclass(frozen=True, slots=True)
class AppSpec:
    """What `APP` names, and the folder to search for it."""

    folder: Path
    """An absolute path."""
    module: str = ""
    """'' where only the folder is named."""
    attribute: str = ""
    """May be dotted; '' where only the module is named."""


def read_app_spec(app: str, folder: Path | None) -> AppSpec:
    """Read `APP` as a file, a module or a folder. Raises BadInput if it is none of them."""
    base = (folder or Path()).absolute()
    if not base.is_dir():
        raise BadInput(f"there is no folder {str(folder)!r} for the app to be in")
    file = _FILE.fullmatch(app)
    if file:
        return _of_file(app, Path(file["file"]), file["attribute"] or "", base, folder)
    target = _TARGET.fullmatch(app)
    if target and not _is_folder_of_a_project(app, base):
        if target["called"]:
            raise BadInput(f"{app!r} calls a factory; write {app[:-2]!r} with --factory")
        return AppSpec(base, target["module"], target["attribute"] or "")
    return AppSpec(_folder(app, base))


def _of_file(app: str, given: Path, attribute: str, base: Path, folder: Path | None) -> AppSpec:
    file = base / given
    if not file.is_file():
        raise BadInput(f"there is no file {str(given)!r} in {str(base)!r}, as {app!r} has it")
    # Without --folder, imports start at the folder of the outermost package of the file.
    root = base if folder is not None else _above_packages(file.parent)
    try:
        parts = list(file.relative_to(root).with_suffix("").parts)
    except ValueError:
        raise BadInput(f"{str(given)!r} does not lie below the folder {str(root)!r}") from None
    if parts[-1] == "__init__" and len(parts) > 1:
        parts.pop()
    if not all(part.isidentifier() for part in parts):
        module = ".".join(parts)
        raise BadInput(f"{str(given)!r} cannot be imported: {module!r} is no name of a module")
    return AppSpec(root, ".".join(parts), attribute)


def _above_packages(folder: Path) -> Path:
    while (folder / "__init__.py").is_file():
        folder = folder.parent
    return folder


def _is_folder_of_a_project(app: str, base: Path) -> bool:
    """Whether a name that could be a module names a folder that is no package."""
    folder = base / app
    if ":" in app or not folder.is_dir() or (base / f"{app}.py").is_file():
        return False
    return (folder / "manage.py").is_file() or not (folder / "__init__.py").is_file()


def _folder(app: str, base: Path) -> Path:
    folder = (base / Path(app).expanduser()).resolve()
    if not folder.is_dir():
        raise BadInput(f"{app!r} is neither a module nor a folder in {str(base)!r}: {_ALLOWED}")
    return folder


@dataclass(frozen=True, slots=True)
class AppLocation:
    """A project before anything of it is imported."""

    folders: tuple[Path, ...]
    """Folders that may hold its environment and its requirements."""
    root: Path
    """The folder that servers start in and imports start from."""
    entries: tuple[Entry, ...] = ()
    """Modules that may define the app; empty for a Django project."""
    settings: str = ""
    """The settings module of a Django project that is named by its folder."""


def find_app_location(app_options: AppOptions, env: Mapping[str, str]) -> AppLocation:
    """Read what the options name, and search for the rest. Raises BadInput."""
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
        start = (app_options.folder or Path()).absolute()
        raise BadInput(_nothing_in(spec.folder, start, is_factory=app_options.factory))
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
        # As Django's settings write it: 'mysite.wsgi.application'.
        return (Entry(".".join(parts), (last,), path=path),)
    return entries_of_package(package, spec.module, path) or (Entry(spec.module, NAMES, path=path),)


def _has(folder: Path, module: str) -> bool:
    first = module.partition(".")[0]
    return (folder / f"{first}.py").is_file() or (folder / first).is_dir()


def _nothing_in(folder: Path, start: Path, *, is_factory: bool) -> str:
    """Say what else to name; `start` is the folder that folders are named from."""
    if is_factory:
        if below := _named_below(folder, start, FACTORIES):
            return f"no function in {folder} makes an app, but there is one below: name {below}"
        return (
            f"no function in {folder} is named as one that makes an app ({', '.join(FACTORIES)}); "
            "name it as module:function"
        )
    makers = [f"{entry.module}:{entry.names[0]}" for entry in entries_in(folder, FACTORIES)]
    if makers:
        return f"{folder} has no app, but {makers[0]!r} may make one: name that with --factory"
    if below := _named_below(folder, start, NAMES):
        return f"no app was found in {folder} itself, but there is one below: name {below}"
    if below := _named_below(folder, start, FACTORIES):
        return f"{folder} has no app, but one may be made below: name {below} with --factory"
    return (
        f"no app was found in {folder}: there is no manage.py, and no module there defines "
        f"{', '.join(NAMES[:-1])} or {NAMES[-1]}; name it as module:attribute"
    )


def _named_below(folder: Path, start: Path, names: tuple[str, ...]) -> str:
    """Name the folders and files below that have an app; '' where none has one."""
    found = list(apps_below(folder, names))
    start = start.resolve()
    shown = [
        repr(str(path.relative_to(start) if path.is_relative_to(start) else path))
        for path in found[:_MOST_NAMED]
    ]
    more = f" or one of {len(found) - len(shown)} others" if len(found) > len(shown) else ""
    return " or ".join(shown) + more
