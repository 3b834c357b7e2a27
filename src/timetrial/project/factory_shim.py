"""A module that calls an app factory, for servers that cannot call one."""

from __future__ import annotations

import os
from pathlib import Path

from timetrial.stacks.cache import cache_key

MODULE = "timetrial_app_factory"
TARGET = f"{MODULE}:app"

_TEXT = '''"""Made by Timetrial: what {target} makes, for servers that know no factories."""

import functools
import importlib

app = functools.reduce(getattr, {names!r}, importlib.import_module({module!r}))()
'''


def write_shim(target: str, cache: Path) -> Path:
    """Write the module into a folder of the cache. Returns the folder."""
    module, _, attribute = target.partition(":")
    text = _TEXT.format(target=target, names=tuple(attribute.split(".")), module=module)
    folder = cache / "factories" / cache_key([text])
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f"{MODULE}.{os.getpid()}.new"
    unfinished.write_text(text, encoding="utf-8")
    unfinished.rename(folder / f"{MODULE}.py")
    return folder
