"""Puts made-up runs into stores, record by record, as runs are stored while they are measured."""

from __future__ import annotations

import sqlite3

from timetrial.model import Run
from timetrial.store import Store, tables


def keep(store: Store, run: Run) -> int:
    """Store a run with all its records; return its number."""
    number = store.create_run(
        run.plan, run.machine, run.facts, run.timetrial_version, run.created_at
    )
    for measurement in run.measurements:
        store.add_trial(number, measurement)
    for failure in run.failures:
        store.add_failure(number, failure)
    for life in run.lives:
        store.add_life(number, life)
    for configuration in run.configurations:
        store.add_configuration(number, configuration)
    for stop in run.stops:
        store.add_stop(number, stop)
    for dropped in run.dropped:
        store.add_dropped(number, dropped)
    for experiment in run.experiments:
        store.add_experiment(number, experiment)
    for counting in run.countings:
        store.add_counting(number, counting)
    return number


def forget_checksums(database: sqlite3.Connection) -> None:
    """Leave a store as versions wrote it that had no checksums."""
    database.execute("DELETE FROM totals")
    for table in (tables.runs, *tables.RECORDS, tables.digests):
        if database.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table.name,)).fetchone():
            database.execute(f"UPDATE {table.name} SET checksum = NULL")  # noqa: S608 - our own names
