"""Finds a Django project in a folder by its manage.py, without running it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

VARIABLE = "DJANGO_SETTINGS_MODULE"
_MODULE = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")


def django_root(folder: Path) -> Path | None:
    """Return the folder of manage.py: this one, or its only subfolder with such a file."""
    if _is_djangos(folder / "manage.py"):
        return folder
    below = [file.parent for file in sorted(folder.glob("*/manage.py")) if _is_djangos(file)]
    return below[0] if len(below) == 1 else None


def settings_module(root: Path) -> str | None:
    """Return the default settings module in manage.py; None where it names none."""
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
    """Return the app of each interface: as the settings name it, or in its usual module.

    `wsgi` and `asgi` are values of the settings, such as 'mysite.wsgi.application'.
    """
    packages = [dotted.split(".")[0] for dotted in (wsgi, asgi, settings) if dotted]
    named = {"wsgi": wsgi, "asgi": asgi}
    targets: dict[str, str] = {}
    for interface, dotted in named.items():
        if dotted:
            module, _, attribute = dotted.rpartition(".")
            targets[interface] = f"{module}:{attribute}"
            continue
        usual = next((p for p in packages if (root / p / f"{interface}.py").is_file()), None)
        if usual:
            targets[interface] = f"{usual}.{interface}:application"
    return targets


def _is_djangos(file: Path) -> bool:
    try:
        return "django" in file.read_text("utf-8").lower()
    except (OSError, UnicodeDecodeError):
        return False
