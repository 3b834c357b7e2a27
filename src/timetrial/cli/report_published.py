"""`timetrial report RUN --published`: a run beside what others published on its suite."""

from __future__ import annotations

from pathlib import Path

from timetrial import reports
from timetrial.analysis.summarize import summarize
from timetrial.cli.folders import make_folder
from timetrial.cli.output import RESULTS, write_json
from timetrial.features.published import loader
from timetrial.features.published.by_driver import drivers, of_driver
from timetrial.features.published.comparison import compare_with_published
from timetrial.features.published.page import write_published
from timetrial.features.published.terminal import as_json_with, render_published
from timetrial.features.run_report import ADDITIONS
from timetrial.model.run import Run
from timetrial.reports.redaction import masked


def show_published(run: Run, reports_dir: Path, *, as_json: bool) -> None:
    """Compare with what others published: print it, and write a page of its own."""
    collection = loader.find_collection(run.plan.suite.name)
    make_folder(reports_dir)
    summary = masked(summarize(run))
    names = [name for name in loader.suites() if name != collection.suite]
    others = [row for name in names for row in loader.read_collection(name).rows]
    found = [
        compare_with_published(collection, of_driver(summary, driver), others)
        for driver in drivers(summary)
    ]
    pages = [write_published(each, summary, reports_dir, first=each is found[0]) for each in found]
    if as_json:
        write_json(as_json_with(reports.as_json(summary, ADDITIONS), found).rstrip())
        return
    for each in found:
        RESULTS.print(render_published(each, of_driver(summary, each.driver)))
        RESULTS.print()
    RESULTS.print(f"Report: {', '.join(map(str, pages))}")
