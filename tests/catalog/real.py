"""Real environments for tests, in Timetrial's own cache: repeated runs are quick."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs
import pytest

from timetrial.catalog import App, Server, load_catalog
from timetrial.model.errors import StackFailed
from timetrial.stacks.environment import Environment, Environments
from timetrial.stacks.launch_builder import stack_locks, stack_packages

LIBEV_HEADERS = [Path("/usr", *rest, "ev.h") for rest in (("include",), ("local", "include"))]


def cache() -> Path:
    return Path(os.environ.get("TIMETRIAL_CACHE") or platformdirs.user_cache_path("timetrial"))


def environment_for(server: str | Server, app: App) -> Environment:
    catalog = load_catalog()
    serving = catalog.server(server) if isinstance(server, str) else server
    if serving.name == "bjoern" and not any(header.is_file() for header in LIBEV_HEADERS):
        pytest.skip("bjoern is compiled from source, and libev's headers (libev-dev) are missing")
    packages, locks = stack_packages(serving, app), stack_locks(serving, app, catalog)
    environments = Environments(cache())
    try:
        return environments.prepare(packages, locks, serving.python, serving.overrides)
    except StackFailed as failed:
        if "none is installed here" not in failed.reason:
            raise
        pytest.skip(f"{serving.name}: {failed.reason}")
