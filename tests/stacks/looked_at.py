"""Stacks of the catalog, started once and looked at: correctness only, nothing is measured."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import platformdirs

from timetrial.catalog import App, load_catalog
from timetrial.catalog.registry import Server
from timetrial.machine.placement import available_cpus, place
from timetrial.model.effective_config import StackConfiguration
from timetrial.model.load import ClosedLoad
from timetrial.model.suite import Benchmark, Stack, Suite, WarmUp
from timetrial.runner.config_probe import real_probe
from timetrial.runner.prepare import prepare
from timetrial.stacks.environment import Environments


def environments() -> Environments:
    cache = os.environ.get("TIMETRIAL_CACHE") or platformdirs.user_cache_path("timetrial")
    return Environments(Path(cache))


def server_named(name: str, **changes: object) -> Server:
    return load_catalog().server(name).model_copy(update=changes)


def looked_at(
    server: Server, work_dir: Path, app: App | None = None, *, workers: int = 2, threads: int = 4
) -> StackConfiguration:
    """Prepare a stack of that server with the bare app, and look at it."""
    catalog = load_catalog()
    app = app or catalog.app(server.name if server.interface == "program" else "raw")
    name = server.name
    catalog = dataclasses.replace(
        catalog,
        servers={**catalog.servers, name: server},
        apps={**catalog.apps, app.name: app},
    )
    stack = Stack(
        name, name, app.name, server.interface, server.workers.clamp(workers),
        server.threads.clamp(threads),
    )  # fmt: skip
    workload = next(iter(app.workloads.values()))
    benchmark = Benchmark("c", workload, ClosedLoad(1), (name,), 1.0, 0.1, 2)
    suite = Suite("s", "S", (stack,), (benchmark,), 1, WarmUp())
    prepared = prepare(suite, catalog, environments(), work_dir, lambda _event: None)
    cpus = place(available_cpus()).server_cpus
    return real_probe(suite, prepared, cpus, work_dir)(stack)
