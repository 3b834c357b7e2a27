"""Imports an app in its own Python and describes it; a program, never imported by Timetrial.

    python -c "import timetrial_look; timetrial_look.main()" QUESTION ANSWER_FILE

Both are JSON. It imports only the standard library and runs on Python 3.8 and newer. Its answer is
a file, because apps may print while they are imported.
"""

from __future__ import annotations

import functools
import importlib
import json
import os
import platform
import re
import site
import sys
from importlib import metadata

import timetrial_look_app as look
import timetrial_look_error as trouble

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    Told = dict[str, Any]


def main() -> None:
    question, answer_file = json.loads(sys.argv[1]), os.path.abspath(sys.argv[2])  # noqa: PTH100 - pathlib is slow to import
    # An app may read its arguments while it is imported.
    del sys.argv[1:]
    answer = {**facts(), **answered(question)}
    with open(answer_file + ".new", "w", encoding="utf-8") as file:  # noqa: PTH123 - likewise
        json.dump(answer, file)
    os.rename(answer_file + ".new", answer_file)  # noqa: PTH104 - likewise
    # Threads of the app would keep the interpreter running.
    os._exit(0)


def facts() -> Told:
    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "site_folders": site_folders(),
        "installed": installed(),
    }


def site_folders() -> list[str]:
    """List the folders of installed packages, in the order of sys.path."""
    installed_in = {*site.getsitepackages(), site.getusersitepackages()}
    return [folder for folder in dict.fromkeys(sys.path) if folder in installed_in]


def installed() -> list[str]:
    """List the distributions; of two with the same name, the first one is imported."""
    found: dict[str, str] = {}
    for distribution in metadata.distributions():
        name = distribution.metadata["Name"]
        if name:
            key = re.sub(r"[-_.]+", "-", name).lower()
            found.setdefault(key, f"{key}=={distribution.version}")
    return [found[key] for key in sorted(found)]


def answered(question: Told) -> Told:
    try:
        if question["settings"]:
            return of_django_settings()
        return of_target(question["target"], question["names"], is_factory=question["factory"])
    except BaseException as error:  # noqa: BLE001 - an app may raise anything, SystemExit too
        return {"problem": trouble.told(error, question["root"])}


def of_target(target: str, names: list[str], *, is_factory: bool) -> Told:
    module, _, attribute = target.partition(":")
    imported = importlib.import_module(module)
    where = chosen(imported, attribute, names)
    if "target" not in where:
        return where
    found = functools.reduce(getattr, where["target"].partition(":")[2].split("."), imported)
    if is_factory:
        if not callable(found):
            return {**where, **look.description(found)}
        found = found()
    return {**where, **look.description(found), **of_django(found)}


def chosen(imported: ModuleType, attribute: str, names: list[str]) -> Told:
    """Find the named attribute, or else the only one of these names that exists."""
    module = imported.__name__
    if attribute:
        try:
            functools.reduce(getattr, attribute.split("."), imported)
        except AttributeError:
            return {"missing": attribute, "offers": look.apps_in(imported)}
        return {"target": f"{module}:{attribute}"}
    existing = [name for name in names if callable(getattr(imported, name, None))]
    if len({id(getattr(imported, name)) for name in existing}) == 1:
        return {"target": f"{module}:{existing[0]}"}
    return {"missing": "", "offers": existing or look.apps_in(imported)}


def of_django_settings() -> Told:
    settings = importlib.import_module("django.conf").settings
    return {
        "wsgi": getattr(settings, "WSGI_APPLICATION", None),
        "asgi": getattr(settings, "ASGI_APPLICATION", None),
    }


def of_django(found: object) -> Told:
    """Return the settings of Django that affect measurements."""
    framework = look.innermost(found)
    if framework is None or framework[2] not in {"django", "channels"}:
        return {}
    settings = sys.modules["django.conf"].settings
    hosts = [str(host) for host in settings.ALLOWED_HOSTS]
    return {"debug": bool(settings.DEBUG), "allowed_hosts": hosts}
