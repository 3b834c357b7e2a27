"""The table of published rows as people and programs see it."""

from __future__ import annotations

import dataclasses
import io
import json
import re
from html.parser import HTMLParser

import pytest
from rich.cells import cell_len
from rich.console import Console

from runs import CHARACTERS, a_failure, a_run, a_suite
from timetrial.analysis.summarize import summarize
from timetrial.features.published.loader import read_collection, suites
from timetrial.features.published.rows import CollectionRows, status_of_rows
from timetrial.features.published.status import Status
from timetrial.features.published.table import render_rows, rows_as_json
from timetrial.features.published.table_page import rows_as_html, rows_as_markdown
from timetrial.features.published.table_view import about_run, how_counted
from timetrial.features.published.table_view import summary as counts
from timetrial.model.units import lasting

VOID = {"meta"}
ABSENT: Status = "not in this run"


class Balance(HTMLParser):
    """Every element that is opened is closed, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


@pytest.fixture(scope="module")
def found() -> tuple[CollectionRows, ...]:
    """Put an invented run beside real rows: one server measured, one failed in every round."""
    suite = a_suite(["granian", "waitress"])
    renamed = {"granian": "granian-asgi", "waitress": "daphne"}
    names = tuple(renamed.values())
    stacks = tuple(dataclasses.replace(stack, name=renamed[stack.name]) for stack in suite.stacks)
    benchmark = dataclasses.replace(suite.benchmarks[0], name="sync/json", stacks=names)
    small = dataclasses.replace(
        suite, name="django-workers", stacks=stacks, benchmarks=(benchmark,)
    )
    failures = [a_failure("daphne", number) for number in range(1, 6)]
    characters = {name: CHARACTERS[old] for old, name in renamed.items()}
    run = a_run(small, characters=characters, failures=failures)
    collections = [read_collection(name) for name in suites()]
    return status_of_rows(collections, {"django-workers": summarize(run)})


def printed(found: tuple[CollectionRows, ...], width: int) -> str:
    console = Console(width=width, file=io.StringIO(), record=True)
    console.print(render_rows(found))
    return console.export_text()


@pytest.mark.parametrize("width", [80, 100, 120])
def test_everything_fits_into_usual_widths(found: tuple[CollectionRows, ...], width: int) -> None:
    text = printed(found, width)
    assert "…" not in text
    assert all(cell_len(line) <= width for line in text.splitlines())


def test_the_summary_counts_rows_as_printed_and_each_once(
    found: tuple[CollectionRows, ...],
) -> None:
    lines = [" ".join(line.split()) for line in printed(found, 120).splitlines()]
    counted = {line.name: (*line.counts, line.rows) for line in counts(found)}
    whole, *_, once = (line.name for line in counts(found) if line.is_total)
    each_once = once.removeprefix("all, ")
    assert counted[whole] == (1, 0, 0, 1, 0, 171, 173)
    assert counted[f"sync-vs-async, {each_once}"] == (0, 0, 0, 0, 0, 14, 14)
    assert counted[once] == (1, 0, 0, 1, 0, 159, 161)
    for name, numbers in counted.items():
        assert f"{name} {' '.join(map(str, numbers))}" in lines


def test_how_rows_are_counted_is_said(found: tuple[CollectionRows, ...]) -> None:
    said = [
        (
            "django-workers: 141 rows are printed (103 + 38), none of them a second time, 114 "
            "different pairs of server and workload."
        ),
        "pipelining: 6 rows are printed, none of them a second time.",
        (
            "sync-vs-async: 26 rows are printed (13 + 13), 11 of them a second time with the same "
            "figures: 15 measurements of 14 rows, of which 1 was measured twice."
        ),
    ]
    assert [how_counted(each) for each in found] == said


def test_a_failed_row_holds_its_log_and_the_command_that_reproduces_it(
    found: tuple[CollectionRows, ...],
) -> None:
    command = "timetrial run django-workers --servers daphne --benchmarks sync/json --rounds 1"
    for text in (printed(found, 120), rows_as_markdown(found), rows_as_html(found)):
        assert command in text
        assert "ImportError: " in text


def test_how_long_each_run_took_is_said(found: tuple[CollectionRows, ...]) -> None:
    run = found[0].run
    assert run is not None
    assert (run.trials_measured, run.trials_planned, run.failures) == (5, 10, 5)
    assert run.lasted_s is not None
    ends = f"5 of 10 trials measured, 5 failures; its servers were up for {lasting(run.lasted_s)}."
    without = "pipelining: no run was given."
    assert about_run(run, "django-workers").endswith(f"), {ends}")
    assert about_run(None, "pipelining") == without


@pytest.mark.parametrize(
    ("span_s", "text"), [(59, "59 s"), (60, "1 min"), (3_599, "1 h 0 min"), (4_020, "1 h 7 min")]
)
def test_spans_are_written_in_hours_and_minutes(span_s: float, text: str) -> None:
    assert lasting(span_s) == text


def test_the_page_is_well_formed_and_needs_nothing_else(
    found: tuple[CollectionRows, ...],
) -> None:
    page = rows_as_html(found)
    parser = Balance()
    parser.feed(page)
    parser.close()
    assert parser.open == []
    assert not re.search(r"<script|<link|<img|@import|url\(|https?://|\son\w+=", page)
    assert "&lt;shop.settings&gt;" in page
    assert page.count('<th scope="row"><b>') == 173


def test_the_data_have_every_row_with_its_status(found: tuple[CollectionRows, ...]) -> None:
    document = json.loads(rows_as_json(found))
    rows = [
        row for suite in document["suites"] for each in suite["documents"] for row in each["rows"]
    ]
    assert len(rows) == 173
    assert {row["ours"]["status"] for row in rows} == {"measured", "failed", ABSENT}
    assert document["format"] == "timetrial-published-rows"
    assert len(rows_as_json(found)) < 1_000_000


def test_as_markdown_every_row_is_a_line_of_a_table(found: tuple[CollectionRows, ...]) -> None:
    lines = [line for line in rows_as_markdown(found).splitlines() if re.match(r"\| \d", line)]
    assert len(lines) == 173
    assert {line.replace("\\|", "").count("|") for line in lines} == {9}
