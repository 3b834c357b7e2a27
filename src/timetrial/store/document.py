"""A run as one JSON document: out of one store, into another."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, Table, select

from timetrial.model import BadInput, Measurement, Plan, StackConfiguration, StoreError, is_plain
from timetrial.store import tables
from timetrial.store.intake import check_values, short
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
from timetrial.store.plausible import damaged_histogram
from timetrial.store.records import insert_records, insert_run, rows_of

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
            **{name: _json(run[name], f"run {run['number']}, {name}") for name in _OF_RUN},
        },
        **{
            name: [
                {
                    **{column: row[column] for column in _COLUMNS.get(name, ())},
                    "payload_version": row["payload_version"],
                    "payload": _json(
                        row["payload"], f"run {run['number']}, record {row['id']} of {table.name}"
                    ),
                }
                for row in rows_of(connection, table, run["number"])
            ]
            for name, (table, _) in _RECORDS.items()
        },
    }


def checked(document: object) -> Document:
    """Return a document whose records are all readable. Raises BadInput, or StoreError."""
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise BadInput("it is no run that `timetrial runs export` has written")
    check_values(document)
    version = document.get("version")
    if type(version) is not int or version not in range(1, VERSION + 1):
        raise BadInput(
            f"it is written in version {short(repr(version))}, and this Timetrial reads "
            f"up to version {VERSION}"
        )
    try:
        if version == 1:
            document = _upgraded(document)
        records = _read(document)
        for name in _PLAIN:
            value = document["run"][name]
            if isinstance(value, str) and not is_plain(value):
                raise BadInput(f"it is damaged: {name} {short(repr(value))} has control characters")
        _check_run(document["run"], records["plan"][0])
        _check_columns(document, records)
    except (KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"it is damaged: {short(str(error))} is not as it should be") from error
    return document


def _read(document: Document) -> dict[str, list[Any]]:
    """Read all records, each by the name of its list. Raises BadInput, or StoreError."""
    read: dict[str, list[Any]] = {}
    for name, payload, text, version in _records(document):
        read.setdefault(name, []).append(payload.read(text, version))
    return read


def _check_run(run: Mapping[str, Any], plan: Plan) -> None:
    """Hold the columns of a run to its plan. Raises BadInput."""
    for name in ("created_at", "timetrial_version", "suite"):
        if not isinstance(run[name], str):
            raise BadInput(f"it is damaged: {name} is no text")
    if run["suite"] != plan.suite.name:
        raise BadInput("it is damaged: suite is not the name of the plan's suite")
    planned, most = run["trials_planned"], sum(1 for _ in plan.trials())
    if type(planned) is not int or not 0 <= planned <= most:
        raise BadInput(
            f"it is damaged: trials_planned is {short(repr(planned))}, and the plan has {most}"
        )


def _check_columns(document: Document, records: Mapping[str, list[Any]]) -> None:
    """Hold the columns of records to their payloads, and refuse one that is there twice."""
    measurements: list[Measurement] = records.get("trials", [])
    configurations: list[StackConfiguration] = records.get("configurations", [])
    trials = [measurement.trial for measurement in measurements]
    keys: dict[str, list[tuple[object, ...]]] = {
        "trials": [(trial.round, trial.cell.benchmark, trial.cell.stack) for trial in trials],
        "configurations": [(configuration.stack,) for configuration in configurations],
    }
    for name, known in keys.items():
        for place, (record, key) in enumerate(zip(_of(document, name), known, strict=True)):
            columns = tuple(record[column] for column in _COLUMNS[name])
            if columns != key:
                raise BadInput(f"it is damaged: {name}.{place} contradicts its own payload")
        if len(set(known)) < len(known):
            raise BadInput(f"it is damaged: one of its {name} is there twice")
    planned = set(records["plan"][0].trials())
    for place, measurement in enumerate(measurements):
        if measurement.trial not in planned:
            raise BadInput(f"it is damaged: trials.{place} is not in its plan")
        if problem := damaged_histogram(measurement):
            raise BadInput(f"it is damaged: trials.{place}: {problem}")


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
        if _is_same(plan, run["plan"]):
            raise BadInput(f"the store has it already, as run {number_here}")
    number = insert_run(
        connection,
        {name: run[name] for name in (*_PLAIN, "payload_version")}
        | {name: _text(run[name]) for name in _OF_RUN},
    )
    for name, (table, _) in _RECORDS.items():
        rows = [
            {
                **{column: record[column] for column in _COLUMNS.get(name, ())},
                "payload_version": record["payload_version"],
                "payload": _text(record["payload"]),
            }
            for record in _of(document, name)
        ]
        insert_records(connection, table, number, rows)
    return number


def _records(document: Document) -> Iterator[tuple[str, Payload[Any], str, int]]:
    run = document["run"]
    for name, payload in _OF_RUN.items():
        yield name, payload, _text(run[name]), _version(run)
    for name, (_, payload) in _RECORDS.items():
        for record in _of(document, name):
            _ = [record[column] for column in _COLUMNS.get(name, ())]
            yield name, payload, _text(record["payload"]), _version(record)


def _of(document: Document, name: str) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = document.get(name, []) if name in _ADDED else document[name]
    if not isinstance(records, list):
        raise BadInput(f"it is damaged: {name} is no list")
    return records


def _json(text: str, record: str) -> object:
    """Parse a stored text; one without a checksum may be damaged. Raises StoreError."""
    try:
        parsed: object = json.loads(text)
    except (TypeError, ValueError, RecursionError) as error:
        raise StoreError(f"{record} is damaged: it is no JSON") from error
    return parsed


def _is_same(stored: str, plan: object) -> bool:
    try:
        return bool(json.loads(stored) == plan)
    except (TypeError, ValueError, RecursionError):  # it is damaged
        return False


def _version(record: Mapping[str, Any]) -> int:
    version = record["payload_version"]
    if type(version) is not int or not 0 < version <= PAYLOAD_VERSION:
        raise BadInput(
            f"it holds records of format {short(repr(version))}, and this Timetrial reads up to "
            f"format {PAYLOAD_VERSION}"
        )
    return version


def _text(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
