"""The page needs nothing but itself, escapes what servers say, and bears runs with holes."""

from __future__ import annotations

import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
import scenes
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from doubted import with_findings
from timetrial import reports
from timetrial.features.lifecycle.page import lifecycle_data
from timetrial.features.lifecycle.view import life_view
from timetrial.features.run_report import ADDITIONS
from timetrial.model.errors import BadInput
from timetrial.reports import as_html, as_json, write_report
from timetrial.reports.headline import headline
from timetrial.reports.json import DOCUMENT
from timetrial.reports.page_data import as_script
from timetrial.reports.table_view import view

VOID = {"meta", "circle", "line", "br", "input"}


class Balance(HTMLParser):
    """Every element that is opened is closed, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self.seen.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


@pytest.mark.parametrize("name", scenes.ALL)
def test_every_run_makes_a_well_formed_page(name: str) -> None:
    page = Balance()
    page.feed(as_html(scenes.ALL[name]()))
    page.close()
    assert page.open == []
    assert page.seen.count("h1") == 1
    assert page.seen.count("h2") == 5


def test_life_cycles_are_a_section_of_the_page_where_there_were_experiments() -> None:
    page = Balance()
    text = as_html(scenes.lived(), ADDITIONS)
    page.feed(text)
    page.close()
    assert page.open == []
    assert page.seen.count("h2") == 6
    section = text[text.index('<section class="lifecycle"') : text.index('id="configuration"')]
    assert '<table class="sortable">' in section
    assert section.count('<tr data-stack="') == 4
    shown = life_view(scenes.lived().run)
    assert ("uvicorn", "exit code 1") in {
        (stack, remark.rpartition("with ")[2]) for stack, remark in shown.standing_out
    }
    remarks = [f"<b>{stack}</b>: {escape(remark)}" for stack, remark in shown.standing_out]
    assert [section.count(remark) for remark in remarks] == [1] * len(remarks)
    assert "3 repeats" in shown.conditions
    assert shown.conditions in section
    assert '<section class="lifecycle"' not in as_html(scenes.good(), ADDITIONS)


def test_what_servers_said_in_experiments_is_shown_as_text() -> None:
    page = as_html(scenes.lived(said="</pre><script>window.taken = 1</script>"), ADDITIONS)
    assert "&lt;/pre&gt;&lt;script&gt;window.taken" in page
    assert "<script>window.taken" not in page


def test_passwords_in_what_servers_said_in_experiments_are_left_out() -> None:
    page = as_html(scenes.lived(said="no route to postgres://me:opensesame@db/shop"), ADDITIONS)
    assert "postgres://me:" in page
    assert "opensesame" not in page


def test_experiments_are_drawn_with_what_happened_at_zero() -> None:
    stop, reload, worker = lifecycle_data(scenes.lived().run)
    assert [each["title"] for each in (stop, reload, worker)] == [
        "SIGTERM", "Reload", "Killed worker",
    ]  # fmt: skip
    (course,) = reload["courses"]
    assert (course["from"], course["repeats"], len(course["mean"])) == (-10, 3, 40)
    assert course["failed"][9:12] == [0, 80, 0]
    gunicorn = worker["courses"][-1]
    assert [gunicorn["mean"][at] for at in (11, 12, 17, 18)] == [200, 0, 0, 200]


@pytest.mark.parametrize("name", scenes.ALL)
def test_a_benchmark_begins_with_the_verdict_that_a_terminal_prints(name: str) -> None:
    summary = scenes.ALL[name]()
    page = as_html(summary)
    for table in summary.tables:
        said = headline(view(summary, table))
        section = page[page.index(f'<h2 id="benchmark:{table.benchmark.name}">') :]
        verdict = section.index(f"<b>{said.label}</b> {escape(said.text)}")
        assert verdict < section.index("<table")


def test_the_contents_lead_to_every_heading_of_the_page() -> None:
    page = as_html(scenes.lived(), ADDITIONS)
    contents = page[page.index('<nav class="contents"') : page.index("</nav>")]
    headings = re.findall(r'<h2 id="([^"]+)"', page)
    assert re.findall(r'href="#([^"]+)"', contents) == headings


def test_at_most_three_notes_stand_open_and_the_others_are_unfolded() -> None:
    page = as_html(scenes.troubled())
    section = page[page.index('<section class="benchmark"') : page.index("</section>")]
    table_on = section[section.index("</table>") :]
    assert table_on[: table_on.index("1 more kind of notes")].count('<li value="') == 3
    numbers = {note.number for note in view(scenes.troubled(), scenes.troubled().tables[0]).notes}
    assert {int(n) for n in re.findall(r'<li value="(\d+)"', section)} == numbers


def test_a_chart_has_a_colour_for_each_interface_and_a_key() -> None:
    page = as_html(scenes.good())
    assert page.count('<div class="mark asgi" data-stack="granian">') == 4
    assert page.count('<div class="mark wsgi" data-stack="uwsgi">') == 4
    key = page[page.index('<ul class="key"') : page.index("</ul>", page.index('<ul class="key"'))]
    assert ("ASGI" in key, "WSGI" in key, "hollow" in key) == (True, True, False)
    assert "hollow: the server" in as_html(scenes.troubled())


def test_the_page_loads_nothing() -> None:
    page = as_html(scenes.troubled())
    own = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    assert page.count("<script>") == 3
    assert not re.search(r"<script [^t]|<link|<img|@import|url\(|https?://|\son\w+=", own)


@given(st.recursive(st.text(), st.lists))
def test_data_of_a_page_cannot_end_its_element_and_is_read_as_it_was(document: object) -> None:
    text = str(as_script(document))
    assert not set("<>&") & set(text)
    assert json.loads(text) == document


def test_libraries_inside_the_page_are_as_they_were_published() -> None:
    folder = Path(reports.__file__).parent / "templates" / "vendor"
    for line in (folder / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split()
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest


def test_a_servers_log_is_shown_as_text() -> None:
    page = as_html(scenes.troubled())
    assert "&lt;shop.settings&gt; import" in page
    assert "<shop.settings>" not in page


def test_code_in_the_paragraph_is_set_as_code() -> None:
    assert "stacks <code>/" in as_html(scenes.good())


def test_a_figure_that_is_none_is_not_drawn() -> None:
    page = as_html(scenes.troubled())
    assert page.count(">no figure</text>") == 6  # gunicorn four times, waitress' CPU time twice
    assert page.count(">failed</text>") == 2


def test_the_report_is_written_whole_into_a_folder_that_is_made(tmp_path: Path) -> None:
    file = write_report(scenes.good(), tmp_path / "deep" / "reports")
    assert file.name == "run-7.html"
    assert file.read_text().startswith("<!doctype html>")
    assert [entry.name for entry in file.parent.iterdir()] == ["run-7.html"]


def test_a_report_is_replaced_by_a_later_one(tmp_path: Path) -> None:
    write_report(scenes.interrupted(), tmp_path)
    file = write_report(scenes.good(), tmp_path)
    assert "interrupted" not in file.read_text()


def test_a_folder_that_cannot_be_written_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="the report cannot be written to"):
        write_report(scenes.good(), tmp_path / "file")


@pytest.mark.parametrize("name", scenes.ALL)
def test_json_holds_the_whole_summary(name: str) -> None:
    summary = scenes.ALL[name]()
    text = as_json(summary)
    assert with_findings(DOCUMENT.validate_json(text).summary) == summary
    assert json.loads(text)["format"] == "timetrial-summary"
