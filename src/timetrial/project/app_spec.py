"""Reads which app is meant: `module:attribute`, a module, a file of Python or a folder."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from timetrial.model.errors import BadInput

_MODULE = r"[^\W\d]\w*(?:\.[^\W\d]\w*)*"
_TARGET = re.compile(rf"(?P<module>{_MODULE})(?::(?P<attribute>{_MODULE})(?P<called>\(\))?)?")
_FILE = re.compile(rf"(?P<file>.+\.py)(?::(?P<attribute>{_MODULE}))?")
_ALLOWED = "write module:attribute (as in shop.wsgi:application), a file of Python, or a folder"


@dataclass(frozen=True, slots=True)
class AppSpec:
    """What `APP` says, and the folder that it is to be looked for in."""

    folder: Path
    """Absolute."""
    module: str = ""
    """'' where only the folder is named."""
    attribute: str = ""
    """May be dotted; '' where only the module is named."""


def read_app_spec(app: str, folder: Path | None) -> AppSpec:
    """Tell folders, files and modules apart. Raises BadInput for what is none of them."""
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
    # Without a folder, imports start where the outermost package of the file lies.
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
    """Whether a name that could be a module's is that of a folder, and of no package."""
    folder = base / app
    if ":" in app or not folder.is_dir() or (base / f"{app}.py").is_file():
        return False
    return (folder / "manage.py").is_file() or not (folder / "__init__.py").is_file()


def _folder(app: str, base: Path) -> Path:
    folder = (base / Path(app).expanduser()).resolve()
    if not folder.is_dir():
        raise BadInput(f"{app!r} is neither a module nor a folder in {str(base)!r}: {_ALLOWED}")
    return folder
