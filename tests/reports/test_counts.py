"""What was counted after a run stands beside CPU time, in the order of the table."""

from __future__ import annotations

import csv
import io
import json
from html import unescape
from pathlib import Path

import pytest
import scenes
from rich.console import Console

from stored import keep
from timetrial.features.run_report import ADDITIONS
from timetrial.model import BadInput, CountedStack, StoreError
from timetrial.reports import as_html, as_json
from timetrial.reports.counts import WHY_UNRANKED, count_views, render_counts
from timetrial.reports.csv import as_csv
from timetrial.reports.markdown import as_markdown
from timetrial.store import Store
from timetrial.store.payloads import EXPERIMENT, PAYLOAD_VERSION


def printed(*, brief: bool = False) -> str:
    console = Console(width=100, file=io.StringIO(), force_terminal=False)
    with console.capture() as capture:
        console.print(render_counts(scenes.counted(), brief=brief))
    return capture.get()


def test_counts_stand_in_the_order_of_the_table() -> None:
    (shown,) = count_views(scenes.counted())
    (table,) = scenes.counted().tables
    of_table = [row.stack.name for row in table.rows if row.stack.name != "uvicorn"]
    assert [row.stack for row in shown.rows] == of_table
    assert {(row.instructions, row.system_calls) for row in shown.rows} == {
        ("412,300", "4.00"), ("995,600", "–"),
    }  # fmt: skip
    assert [each.stack for each in shown.uncounted] == ["uvicorn"]
    assert "by Valgrind 3.19.0" in shown.how


def test_nothing_is_shown_where_nothing_was_counted() -> None:
    assert count_views(scenes.good()) == ()
    assert 'class="counts"' not in as_html(scenes.good(), ADDITIONS)
    assert "Instructions per request" not in as_markdown(scenes.good())


def test_the_terminal_says_why_they_rank_no_servers() -> None:
    words = " ".join(printed().split())
    assert WHY_UNRANKED in words
    assert "start: it exited with code 127" in words
    assert "412,300" in printed(brief=True)
    assert "rank" not in printed(brief=True)


def test_the_page_and_markdown_have_the_table() -> None:
    page = unescape(as_html(scenes.counted(said="</pre><script>x"), ADDITIONS))
    section = page[page.index('<section class="counts"') : page.index('id="configuration"')]
    for text in (section, as_markdown(scenes.counted())):
        assert "412,300" in text
        assert "0.66" in text
        assert "it exited with code 127" in text
    raw = as_html(scenes.counted(said="</pre><script>x"), ADDITIONS)
    assert "&lt;/pre&gt;&lt;script&gt;x" in raw


def test_csv_and_json_have_the_figures() -> None:
    lines = list(csv.DictReader(io.StringIO(as_csv(scenes.counted()))))
    found = {
        (line["stack"], line["instructions_per_request"], line["system_calls_per_request"])
        for line in lines
    }
    assert found == {
        ("granian", "412345.6", "4"), ("gunicorn", "995625.4", ""), ("uvicorn", "", ""),
    }  # fmt: skip
    run = json.loads(as_json(scenes.counted(), brief=True))["summary"]["run"]
    assert [each["kind"] for each in run["countings"]] == ["uncounted", "counted", "counted"]


def test_a_store_keeps_them_apart_from_experiments(tmp_path: Path) -> None:
    run = scenes.counted().run
    with Store.open(tmp_path / "one.db") as store, Store.open(tmp_path / "other.db") as other:
        document = json.loads(json.dumps(store.export(keep(store, run))))
        arrived = other.load(other.add_document(document))
        assert (arrived.countings, arrived.experiments) == (run.countings, ())


@pytest.mark.parametrize("count", ["-1.0", "NaN"])
def test_a_count_that_cannot_be_is_refused(count: str) -> None:
    text = EXPERIMENT.write(CountedStack("a", "b", "Valgrind", 12345.0, 1.0))
    with pytest.raises((StoreError, BadInput), match="a count that is negative or no number"):
        EXPERIMENT.read(text.replace("12345.0", count), PAYLOAD_VERSION)
