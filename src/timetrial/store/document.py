"""A run as one JSON document: out of one store, into another."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, Table, insert, select

from timetrial.model import BadInput, StoreError, is_plain
from timetrial.store import tables
from timetrial.store.payloads import (
    CONFIGURATION,
    EXPERIMENT,
    FACTS,
    FAILURE,
    LIFE,
    MACHINE,
    MEASUREMENT,
    PAYLOAD_VERSION,
    PLAN,
    STOP,
    Payload,
)

FORMAT = "timetrial run"
VERSION = 2
"""Of the document; each record in it has a version of its own."""

_RECORDS: Mapping[str, tuple[Table, Payload[Any]]] = {
    "trials": (tables.trials, MEASUREMENT),
    "failures": (tables.failures, FAILURE),
    "lives": (tables.lives, LIFE),
    "configurations": (tables.configurations, CONFIGURATION),
    "stops": (tables.stops, STOP),
    "experiments": (tables.experiments, EXPERIMENT),
}
_ADDED = frozenset({"experiments"})
"""Absent from documents of earlier versions, which are still readable."""
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "trials": ("round", "benchmark", "stack"),
    "configurations": ("stack",),
}
_OF_RUN: Mapping[str, Payload[Any]] = {"plan": PLAN, "machine": MACHINE, "facts": FACTS}
_PLAIN = ("created_at", "timetrial_version", "suite", "trials_planned")

_COLUMNS_BEFORE = {"contest": "benchmark"}
"""Column names of version 1, and the present ones."""

Document = dict[str, Any]


def written(connection: Connection, run: Mapping[str, Any]) -> Document:
    """Make a document of a run's row and all its records."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "run": {
            **{name: run[name] for name in _PLAIN},
            "payload_version": run["payload_version"],
            **{name: json.loads(run[name]) for name in _OF_RUN},
        },
        **{
            name: [
                {
                    **{column: row[column] for column in _COLUMNS.get(name, ())},
                    "payload_version": row["payload_version"],
                    "payload": json.loads(row["payload"]),
                }
                for row in _rows(connection, table, run["number"])
            ]
            for name, (table, _) in _RECORDS.items()
        },
    }


def checked(document: object) -> Document:
    """Return a document whose records are all readable. Raises BadInput, or StoreError."""
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise BadInput("it is no run that `timetrial export` has written")
    if document.get("version") not in range(1, VERSION + 1):
        raise BadInput(
            f"it is written in version {document.get('version')!r}, and this Timetrial reads "
            f"up to version {VERSION}"
        )
    try:
        if document["version"] == 1:
            document = _upgraded(document)
        for payload, text, version in _records(document):
            payload.read(text, version)
        for name in _PLAIN:
            value = document["run"][name]
            if isinstance(value, str) and not is_plain(value):
                raise BadInput(f"it is damaged: {name} {value!r} has control characters")
    except (KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"it is damaged: {error} is not as it should be") from error
    return document


def _upgraded(document: Document) -> Document:
    trials = [
        {_COLUMNS_BEFORE.get(column, column): value for column, value in trial.items()}
        for trial in document["trials"]
    ]
    return {**document, "version": VERSION, "trials": trials}


def read_into(connection: Connection, document: Document) -> int:
    """Add the run to a store, and return its new number. Raises BadInput where the store has it."""
    run = document["run"]
    same_start = connection.execute(
        select(tables.runs.c.number, tables.runs.c.plan).where(
            tables.runs.c.created_at == run["created_at"]
        )
    )
    for number_here, plan in same_start:
        if json.loads(plan) == run["plan"]:
            raise BadInput(f"the store has it already, as run {number_here}")
    number = insert_run(
        connection,
        {name: run[name] for name in (*_PLAIN, "payload_version")}
        | {name: _text(run[name]) for name in _OF_RUN},
    )
    for name, (table, _) in _RECORDS.items():
        rows = [
            {
                "run": number,
                **{column: record[column] for column in _COLUMNS.get(name, ())},
                "payload_version": record["payload_version"],
                "payload": _text(record["payload"]),
            }
            for record in _of(document, name)
        ]
        if rows:
            connection.execute(insert(table), rows)
    return number


def insert_run(connection: Connection, row: Mapping[str, Any]) -> int:
    """Add the row of a run, and return the number that the database gave it."""
    key = connection.execute(insert(tables.runs).values(**row)).inserted_primary_key
    if key is None:
        raise StoreError("the database did not say which number it gave the run")
    return int(key[0])


def _records(document: Document) -> Iterator[tuple[Payload[Any], str, int]]:
    run = document["run"]
    for name, payload in _OF_RUN.items():
        yield payload, _text(run[name]), _version(run)
    for name, (_, payload) in _RECORDS.items():
        for record in _of(document, name):
            _ = [record[column] for column in _COLUMNS.get(name, ())]
            yield payload, _text(record["payload"]), _version(record)


def _of(document: Document, name: str) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = document.get(name, []) if name in _ADDED else document[name]
    return records


def _version(record: Mapping[str, Any]) -> int:
    version = record["payload_version"]
    if not isinstance(version, int) or not 0 < version <= PAYLOAD_VERSION:
        raise BadInput(
            f"it holds records of format {version!r}, and this Timetrial reads up to format "
            f"{PAYLOAD_VERSION}"
        )
    return version


def _text(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _rows(connection: Connection, table: Table, run: int) -> Iterator[Mapping[str, Any]]:
    rows = connection.execute(select(table).where(table.c.run == run).order_by(table.c.id))
    yield from map(dict, rows.mappings())
