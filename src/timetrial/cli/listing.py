"""`timetrial list WHAT`: what there is to choose from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import click
from rich.table import Table

from timetrial.cli.derived_options import CATALOG, JSON, STORE
from timetrial.cli.output import RESULTS, Exit, error_line, write_json
from timetrial.cli.verbosity import with_verbosity
from timetrial.store.damage import notes_on
from timetrial.store.opening import open_existing

_Data = list[dict[str, object]]
_MOST_NAMED = 6
_KINDS = ("servers", "apps", "services", "suites", "runs", "schemas")


@click.command("list", short_help="List servers, apps, suites, runs, schemas")
@click.argument("what", metavar="WHAT", type=click.Choice(_KINDS))
@CATALOG
@STORE
@JSON
@with_verbosity
def listing(*, what: str, catalog_dir: Path | None, store: str, as_json: bool) -> int:
    """Show what there is: servers, apps, services, suites, runs in the store, JSON Schemas.

    With --json, schemas are whole: of each form of TOML file, for editors.
    """
    data = _runs(store) if what == "runs" else _cataloged(what, catalog_dir)
    if as_json:
        write_json(json.dumps(data, indent=2))
    elif not data:
        RESULTS.print(f"no {what}")
    else:
        RESULTS.print(_table(data, _COLUMNS[what]))
    return Exit.DONE


def _cataloged(what: str, catalog_dir: Path | None) -> _Data:
    # A list of runs need not wait for what reads the catalog.
    from timetrial.cli.listing_catalog import cataloged, schemas  # noqa: PLC0415

    return schemas() if what == "schemas" else cataloged(what, catalog_dir)


def _runs(store: str) -> _Data:
    with open_existing(store) as opened:
        damaged = opened.damaged_runs()
        for note in notes_on(damaged):
            error_line(note)
        return [
            {
                "run": line.number,
                "suite": line.suite,
                "created_at": line.created_at,
                "trials": f"{line.trials_measured} of {line.trials_planned}",
                "failures": line.failures,
            }
            for line in opened.list_runs()
            if line.number not in damaged
        ]


_COLUMNS = {
    "servers": ("name", "title", "interface", "workers", "threads"),
    "apps": ("name", "title", "interfaces", "workloads"),
    "services": ("name", "title", "speaks", "packages", "settings"),
    "suites": ("name", "title", "stacks", "benchmarks", "rounds"),
    "runs": ("run", "suite", "created_at", "trials", "failures"),
    "schemas": ("name", "files"),
}
"""What has room at 80 columns; JSON has all."""
_WRAPPED = frozenset({"title", "interfaces", "workloads", "packages", "settings"})
_COUNTED = frozenset({"stacks", "benchmarks"})
"""Lists of which only the number is shown."""


def _table(data: _Data, columns: Iterable[str]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        table.add_column(column.replace("_", " "), no_wrap=column not in _WRAPPED)
    for entry in data:
        table.add_row(*(_shown(column, entry[column]) for column in columns))
    return table


def _shown(column: str, value: object) -> str:
    if column in _COUNTED and isinstance(value, list):
        return str(len(value))
    if isinstance(value, Mapping):
        if value.keys() == {"default", "max"}:
            return "1" if value["max"] == 1 else f"{value['default']} (1 to {value['max']})"
        return _named(list(value))
    if isinstance(value, list):
        return _named([str(item) for item in value])
    return str(value)


def _named(names: list[str]) -> str:
    """Name all, or the first ones and how many there are; JSON has all."""
    if len(names) <= _MOST_NAMED:
        return ", ".join(names)
    return f"{', '.join(names[:_MOST_NAMED])} … ({len(names)} in all)"
