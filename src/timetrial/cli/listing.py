"""`timetrial list WHAT`: what there is to choose from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import click
from rich.table import Table

from timetrial.catalog.loader import load_catalog
from timetrial.catalog.registry import App, Catalog, Server
from timetrial.catalog.suite_schema import FAIR, SuiteManifest
from timetrial.cli.exits import Exit
from timetrial.cli.options import CATALOG, JSON, STORE
from timetrial.cli.output import RESULTS, write_json
from timetrial.cli.stores import open_existing
from timetrial.workload import Step

_Data = list[dict[str, object]]
_MOST_NAMED = 6
_KINDS = ("servers", "apps", "services", "suites", "runs")


@click.command("list")
@click.argument("what", metavar="WHAT", type=click.Choice(_KINDS))
@CATALOG
@STORE
@JSON
def listing(*, what: str, catalog_dir: Path | None, store: str, as_json: bool) -> int:
    """Show what there is: servers, apps, services, suites, or the runs in the store."""
    data = _runs(store) if what == "runs" else _CATALOGED[what](load_catalog(catalog_dir))
    if as_json:
        write_json(json.dumps(data, indent=2))
    elif not data:
        RESULTS.print(f"no {what}")
    else:
        RESULTS.print(_table(data, _COLUMNS[what]))
    return Exit.DONE


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
        "contests": [contest.contest for contest in suite.contests],
        "profiles": [FAIR, *suite.profiles],
    }


def _runs(store: str) -> _Data:
    with open_existing(store) as opened:
        return [
            {
                "run": line.number,
                "suite": line.suite,
                "created_at": line.created_at,
                "trials": f"{line.trials_measured} of {line.trials_planned}",
                "failures": line.failures,
            }
            for line in opened.list_runs()
        ]


_CATALOGED = {"servers": _servers, "apps": _apps, "services": _services, "suites": _suites}
_COLUMNS = {
    "servers": ("name", "title", "interface", "workers", "threads", "packages"),
    "apps": ("name", "title", "interfaces", "workloads"),
    "services": ("name", "title", "speaks", "packages", "settings"),
    "suites": ("name", "title", "apps", "stacks", "contests", "rounds", "profiles"),
    "runs": ("run", "suite", "created_at", "trials", "failures"),
}


def _table(data: _Data, columns: Iterable[str]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold", no_wrap=column == "name")
    for entry in data:
        table.add_row(*(_shown(entry[column]) for column in columns))
    return table


def _shown(value: object) -> str:
    if isinstance(value, Mapping):
        if value.keys() == {"default", "max"}:
            return "1" if value["max"] == 1 else f"{value['default']} (1 to {value['max']})"
        return _named(list(value))
    if isinstance(value, list):
        return _named([str(each) for each in value])
    return str(value)


def _named(names: list[str]) -> str:
    """Name all, or the first ones and how many there are; JSON has them all."""
    if len(names) <= _MOST_NAMED:
        return ", ".join(names)
    return f"{', '.join(names[:_MOST_NAMED])} … ({len(names)} in all)"
