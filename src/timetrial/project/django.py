"""Finds the project of Django's in a folder, by its manage.py, without running it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

VARIABLE = "DJANGO_SETTINGS_MODULE"
_MODULE = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")


def django_root(folder: Path) -> Path | None:
    """Return the folder of manage.py: this one, or the only one in it that has such a file."""
    if _is_djangos(folder / "manage.py"):
        return folder
    below = [file.parent for file in sorted(folder.glob("*/manage.py")) if _is_djangos(file)]
    return below[0] if len(below) == 1 else None


def settings_module(root: Path) -> str | None:
    """Read off manage.py which settings it takes by default; None where it does not say."""
    try:
        tree = ast.parse((root / "manage.py").read_bytes())
    except (OSError, SyntaxError, ValueError):
        return None
    for node in ast.walk(tree):
        match node:
            case ast.Call(args=[ast.Constant(value=name), ast.Constant(value=str(module))]):
                if name == VARIABLE and _MODULE.fullmatch(module):
                    return module
            case ast.Assign(
                targets=[ast.Subscript(slice=ast.Constant(value=name))],
                value=ast.Constant(value=str(module)),
            ):
                if name == VARIABLE and _MODULE.fullmatch(module):
                    return module
    return None


def targets_of(root: Path, settings: str, wsgi: str | None, asgi: str | None) -> dict[str, str]:
    """List the apps of a project by interface: as the settings name them, or as they usually lie.

    `wsgi` and `asgi` are the settings' own, 'mysite.wsgi.application'.
    """
    packages = [each.split(".")[0] for each in (wsgi, asgi, settings) if each]
    named = {"wsgi": wsgi, "asgi": asgi}
    targets: dict[str, str] = {}
    for interface, dotted in named.items():
        if dotted:
            module, _, attribute = dotted.rpartition(".")
            targets[interface] = f"{module}:{attribute}"
            continue
        usual = next((each for each in packages if _has_module(root, each, interface)), None)
        if usual:
            targets[interface] = f"{usual}.{interface}:application"
    return targets


def _has_module(root: Path, package: str, module: str) -> bool:
    return root.joinpath(package, f"{module}.py").is_file()


def _is_djangos(file: Path) -> bool:
    try:
        return "django" in file.read_text("utf-8").lower()
    except (OSError, UnicodeDecodeError):
        return False
