"""A module that calls a factory, for servers that know none."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

MODULE = "timetrial_app_factory"
TARGET = f"{MODULE}:app"

_TEXT = '''"""Made by Timetrial: what {target} makes, for servers that know no factories."""

import functools
import importlib

app = functools.reduce(getattr, {names!r}, importlib.import_module({module!r}))()
'''


def write_shim(target: str, cache: Path) -> Path:
    """Write the module into a folder of the cache, and return the folder."""
    module, _, attribute = target.partition(":")
    text = _TEXT.format(target=target, names=tuple(attribute.split(".")), module=module)
    key = hashlib.sha256(text.encode()).hexdigest()[:16]
    folder = cache / "factories" / key
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f"{MODULE}.{os.getpid()}.new"
    unfinished.write_text(text, encoding="utf-8")
    unfinished.rename(folder / f"{MODULE}.py")
    return folder
