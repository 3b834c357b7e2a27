"""What `timetrial list` shows of the catalog."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from timetrial.catalog.json_schemas import json_schema
from timetrial.catalog.loader import load_catalog
from timetrial.catalog.manifest import Manifest
from timetrial.catalog.registry import Catalog
from timetrial.catalog.schema import AppManifest, ServerManifest
from timetrial.catalog.service_schema import ServiceManifest
from timetrial.catalog.suite_schema import FAIR, SuiteManifest
from timetrial.model import Step
from timetrial.project.requests.scenario import ScenarioManifest

_Data = list[dict[str, object]]

_FORMS: Mapping[str, tuple[type[Manifest], str]] = {
    "server": (ServerManifest, "servers/NAME.toml"),
    "app": (AppManifest, "apps/NAME/app.toml"),
    "service": (ServiceManifest, "services/NAME.toml"),
    "suite": (SuiteManifest, "suites/NAME.toml"),
    "scenario": (ScenarioManifest, "what --scenario names"),
}


def schemas() -> _Data:
    """Return the JSON Schema of each form of TOML file."""
    return [
        {"name": name, "files": files, "schema": json_schema(name, model)}
        for name, (model, files) in _FORMS.items()
    ]


def _servers(catalog: Catalog) -> _Data:
    return [
        server.model_dump(mode="json", exclude={"folder"})
        for _, server in sorted(catalog.servers.items())
    ]


def _apps(catalog: Catalog) -> _Data:
    return [
        {
            "name": app.name,
            "title": app.title,
            "packages": list(app.packages),
            "interfaces": dict(app.interfaces),
            "workloads": {
                name: {"steps": list(map(_step, workload.steps)), "wait_s": workload.wait_s}
                for name, workload in app.workloads.items()
            },
        }
        for _, app in sorted(catalog.apps.items())
    ]


def _step(step: Step) -> dict[str, object]:
    paths: dict[str, str] = {interface: path for interface, path in step.paths.items()}  # noqa: C416 - mypy will not widen the keys of a copy
    return {"method": step.method, "paths": paths}


def _services(catalog: Catalog) -> _Data:
    return [
        {
            **service.model_dump(
                mode="json", include={"name", "title", "speaks", "packages", "url"}
            ),
            "settings": {name: setting.default for name, setting in service.settings.items()},
        }
        for _, service in sorted(catalog.services.items())
    ]


def _suites(catalog: Catalog) -> _Data:
    return [
        {
            **suite.model_dump(mode="json", include={"name", "title", "rounds"}),
            "apps": sorted({stack.app or suite.app or "" for stack in suite.all_stacks()}),
            "stacks": [stack.stack for stack in suite.all_stacks()],
            "benchmarks": [benchmark.benchmark for benchmark in suite.benchmarks],
            "profiles": [FAIR, *suite.profiles],
        }
        for _, suite in sorted(catalog.suites.items())
    ]


_LISTS: Mapping[str, Callable[[Catalog], _Data]] = {
    "servers": _servers,
    "apps": _apps,
    "services": _services,
    "suites": _suites,
}


def cataloged(what: str, catalog_dir: Path | None) -> _Data:
    """List the entries of the catalog that are `what`, with those that a folder adds to it."""
    return _LISTS[what](load_catalog(catalog_dir))
