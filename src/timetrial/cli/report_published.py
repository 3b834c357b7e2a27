"""`timetrial report RUN --published`: a run beside what others published on its suite."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from timetrial import reports
from timetrial.analysis.summarize import summarize
from timetrial.cli.output import PROGRESS, RESULTS, make_folder, write_json
from timetrial.features.published import loader
from timetrial.features.published.by_driver import drivers, of_driver
from timetrial.features.published.collection import Collection
from timetrial.features.published.comparison import compare_with_published
from timetrial.features.published.page import write_published
from timetrial.features.published.rows import status_of_rows
from timetrial.features.published.table import render_rows, rows_as_json
from timetrial.features.published.table_page import write_rows
from timetrial.features.published.terminal import as_json_with, render_published
from timetrial.features.run_report import ADDITIONS
from timetrial.model import BadInput, Run
from timetrial.model.redaction import without_passwords
from timetrial.reports.redaction import masked
from timetrial.store.opening import open_existing, read_run


def show_published(run: Run, reports_dir: Path, *, as_json: bool) -> None:
    """Compare with what others published: print it, and write a page of its own."""
    collection = loader.find_collection(run.plan.suite.name)
    make_folder(reports_dir)
    summary = masked(summarize(run))
    names = [name for name in loader.suites() if name != collection.suite]
    other_rows = [row for name in names for row in loader.read_collection(name).rows]
    comparisons = [
        compare_with_published(collection, of_driver(summary, driver), other_rows)
        for driver in drivers(summary)
    ]
    pages = [
        write_published(comparison, summary, reports_dir, first=number == 0)
        for number, comparison in enumerate(comparisons)
    ]
    if as_json:
        write_json(as_json_with(reports.as_json(summary, ADDITIONS), comparisons).rstrip())
        return
    for comparison in comparisons:
        RESULTS.print(render_published(comparison, of_driver(summary, comparison.driver)))
        RESULTS.print()
    RESULTS.print(f"Report: {', '.join(map(str, pages))}")


def show_rows(runs: Sequence[str], store: str, reports_dir: Path, *, as_json: bool) -> None:
    """Decide on all rows by the runs that were named, or by the latest one of each suite."""
    collections = [loader.read_collection(name) for name in loader.suites()]
    chosen = _by_suite([read_run(store, run) for run in runs or _latest(store, collections)])
    summaries = {}
    for suite, run in chosen.items():
        PROGRESS.print(f"summing up run {run.number}, {suite}", style="dim")
        summaries[suite] = summarize(run)
    rows = status_of_rows(collections, summaries)
    files = write_rows(rows, reports_dir)
    if as_json:
        write_json(rows_as_json(rows).rstrip())
        return
    RESULTS.print(render_rows(rows))
    RESULTS.print()
    RESULTS.print(f"Report: {', '.join(map(str, files))}")


def _by_suite(runs: Sequence[Run]) -> dict[str, Run]:
    """Assign each run to the collection that is about its suite; none may have two."""
    chosen: dict[str, Run] = {}
    for run in runs:
        suite = loader.find_collection(run.plan.suite.name).suite
        if suite in chosen:
            raise BadInput(
                f"runs {chosen[suite].number} and {run.number} are both of the suite {suite!r}; "
                f"--rows takes one run of each suite"
            )
        chosen[suite] = run
    return chosen


def _latest(store: str, collections: Sequence[Collection]) -> Iterator[str]:
    with open_existing(store) as opened:
        lines = opened.list_runs()
    latest = [
        next((line.number for line in lines if collection.is_about(line.suite)), None)
        for collection in collections
    ]
    if not any(latest):
        known = ", ".join(collection.suite for collection in collections)
        raise BadInput(
            f"the store {without_passwords(store)!r} has no run of which anything was published; "
            f"`timetrial run SUITE` adds one, with one of {known}"
        )
    return (str(number) for number in latest if number is not None)
