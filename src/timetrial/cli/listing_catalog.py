"""What `timetrial list` shows of the catalog."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from timetrial.catalog.loader import load_catalog
from timetrial.catalog.registry import App, Catalog, Server
from timetrial.catalog.suite_schema import FAIR, SuiteManifest
from timetrial.model.workload import Step

_Data = list[dict[str, object]]


def _servers(catalog: Catalog) -> _Data:
    return [_server(each) for _, each in sorted(catalog.servers.items())]


def _server(server: Server) -> dict[str, object]:
    return server.model_dump(mode="json", exclude={"folder"})


def _apps(catalog: Catalog) -> _Data:
    return [_app(each) for _, each in sorted(catalog.apps.items())]


def _app(app: App) -> dict[str, object]:
    workloads = {
        name: {
            "steps": [_step(step) for step in workload.steps],
            "wait_s": workload.wait_s,
        }
        for name, workload in app.workloads.items()
    }
    return {
        "name": app.name,
        "title": app.title,
        "packages": list(app.packages),
        "interfaces": dict(app.interfaces),
        "workloads": workloads,
    }


def _step(step: Step) -> dict[str, object]:
    paths: dict[str, str] = {interface: path for interface, path in step.paths.items()}  # noqa: C416 - mypy will not widen the keys of a copy
    return {"method": step.method, "paths": paths}


def _services(catalog: Catalog) -> _Data:
    return [
        {
            **each.model_dump(mode="json", include={"name", "title", "speaks", "packages", "url"}),
            "settings": {name: setting.default for name, setting in each.settings.items()},
        }
        for _, each in sorted(catalog.services.items())
    ]


def _suites(catalog: Catalog) -> _Data:
    return [_suite(each) for _, each in sorted(catalog.suites.items())]


def _suite(suite: SuiteManifest) -> dict[str, object]:
    return {
        **suite.model_dump(mode="json", include={"name", "title", "rounds"}),
        "apps": sorted({stack.app or suite.app or "" for stack in suite.all_stacks()}),
        "stacks": [stack.stack for stack in suite.all_stacks()],
        "benchmarks": [benchmark.benchmark for benchmark in suite.benchmarks],
        "profiles": [FAIR, *suite.profiles],
    }


def _of(listed: Callable[[Catalog], _Data]) -> Callable[[Path | None], _Data]:
    return lambda catalog_dir: listed(load_catalog(catalog_dir))


LISTED: Mapping[str, Callable[[Path | None], _Data]] = {
    "servers": _of(_servers),
    "apps": _of(_apps),
    "services": _of(_services),
    "suites": _of(_suites),
}
"""By what is asked for; each reads the catalog, with what a folder of one's own adds to it."""
