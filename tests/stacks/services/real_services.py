"""The built-in services, run for a test."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from timetrial.catalog import load_catalog
from timetrial.catalog.registry import Catalog
from timetrial.catalog.services import with_settings
from timetrial.model.errors import ServiceFailed
from timetrial.model.events import Event
from timetrial.stacks.cache import cache_dir
from timetrial.stacks.environment import Environments
from timetrial.stacks.services.client import Access
from timetrial.stacks.services.services import Services, running_services

CATALOG = load_catalog()
CPUS = tuple(sorted(os.sched_getaffinity(0)))[-1:]


@contextmanager
def running(
    name: str,
    folder: Path,
    *,
    external: str | None = None,
    catalog: Catalog = CATALOG,
    observer: Callable[[Event], None] = lambda _event: None,
    **settings: str,
) -> Iterator[Services]:
    """Run one service; the test is skipped where its programs cannot be had."""
    wanted = with_settings(name, {name: settings}, catalog)
    try:
        with running_services(
            [wanted],
            catalog,
            Environments(cache_dir()),
            work_dir=folder,
            cpus=CPUS,
            external={name: Access(external)} if external else {},
            observer=observer,
        ) as services:
            yield services
    except ServiceFailed as failed:
        if "was not found" in failed.reason:
            pytest.skip(f"{name}: {failed.reason}")
        raise
