"""Projects as users have them: a folder with some files, and an environment with some packages."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

import platformdirs

from timetrial.catalog import load_catalog
from timetrial.project.app_options import AppOptions
from timetrial.project.project import Project
from timetrial.project.resolve import find_project
from timetrial.stacks.environment import Environment, Environments

CATALOG = load_catalog()
WSGI = """
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"ok"]
"""
ASGI = """
async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})
"""


def cache() -> Path:
    """Return where `timetrial` itself keeps environments: repeated runs are quick."""
    return Path(os.environ.get("TIMETRIAL_CACHE") or platformdirs.user_cache_path("timetrial"))


def user_environment(*packages: str) -> Environment:
    """Make what stands for a virtual environment of a user's."""
    return Environments(cache()).prepare(packages, CATALOG.locks)


def write(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(text), encoding="utf-8")
    return folder


def find(
    folder: Path,
    app: str = ".",
    *,
    virtual_env: Path | None = None,
    **app_options: Any,  # noqa: ANN401 - of each field its own
) -> Project:
    wanted = AppOptions(app, **{"folder": folder, **app_options})
    return find_project(wanted, CATALOG, cache(), virtual_env=virtual_env)


def files_below(folder: Path) -> dict[str, int]:
    """List all files with the time of their last change."""
    return {str(file.relative_to(folder)): file.lstat().st_mtime_ns for file in folder.rglob("*")}
