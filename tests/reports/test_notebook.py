"""What a notebook shows of a run: the verdict first, escaped, and nothing from elsewhere."""

from __future__ import annotations

import dataclasses
from xml.etree import ElementTree as ET

import pytest
import scenes

import races
import timetrial
from runs import CHARACTERS, a_failure, a_run, a_suite
from timetrial.features.notebook import MOST_NOTES, notebook_html
from timetrial.features.race.view import race_page
from timetrial.model.run import Run
from timetrial.model.summary import Summary
from timetrial.reports.table_view import view
from timetrial.runner.session import Measured

HOSTILE = "<script>alert('&')</script>"
SECRET = "hunter2secret"  # noqa: S105 - what must not be seen


def shown(run: Run) -> ET.Element:
    """Read what is shown as XML, which it is, too."""
    return ET.fromstring(notebook_html(run))  # noqa: S314 - of our own making


def texts(element: ET.Element, tag: str) -> list[str]:
    return ["".join(found.itertext()) for found in element.iter(tag)]


@pytest.mark.parametrize("name", scenes.ALL)
def test_verdicts_come_first_then_the_figures_then_few_notes(name: str) -> None:
    summary: Summary = scenes.ALL[name]()
    page = shown(summary.run)
    order = [child.tag for child in page]
    tables, verdicts = order.count("table"), order.index("table")
    assert tables == len(summary.tables) <= verdicts
    assert order[:verdicts] == ["p"] * verdicts
    assert len(page.findall("ul/li")) <= MOST_NOTES
    assert "ul" not in order or order.index("ul") > max(
        index for index, tag in enumerate(order) if tag == "table"
    )


def test_of_a_race_the_verdict_is_its_recommendation() -> None:
    run = races.a_race()
    page, race = shown(run), race_page(races.of(run))
    assert race is not None
    assert texts(page, "p")[0] == race.advice.verdict
    (table,) = page.findall("table")
    assert len(table.findall("tbody/tr")) == len(CHARACTERS)
    assert {len(row) for row in table.iter("tr")} == {9}


def test_what_failed_comes_before_other_notes_and_the_rest_is_counted() -> None:
    page = shown(scenes.troubled().run)
    notes = texts(page, "li")
    assert len(notes) == MOST_NOTES
    assert notes[0].startswith("✗ waitress failed in every round")
    assert "more notes: timetrial report" in texts(page, "p")[-1]


def test_names_and_reasons_are_escaped() -> None:
    characters = {HOSTILE: CHARACTERS["granian"], "uvicorn": CHARACTERS["uvicorn"]}
    failure = dataclasses.replace(a_failure("uvicorn", 1), reason=HOSTILE)
    suite = dataclasses.replace(a_suite([HOSTILE, "uvicorn"]), title=HOSTILE)
    run = a_run(suite, characters=characters, failures=[failure])
    page = notebook_html(run)
    assert "<script" not in page
    assert any(HOSTILE in text for text in texts(shown(run), "th"))
    assert any(HOSTILE in text for text in texts(shown(run), "li"))


def test_nothing_is_loaded_from_elsewhere() -> None:
    page = shown(scenes.troubled().run)
    assert {element.tag for element in page.iter()} <= {
        "b", "br", "caption", "code", "div", "li", "p", "small", "table", "tbody", "td", "th",
        "thead", "tr", "ul",
    }  # fmt: skip
    assert {name for element in page.iter() for name in element.attrib} <= {
        "class", "scope", "style", "title",
    }  # fmt: skip


def test_passwords_are_not_shown() -> None:
    url = f"postgres://app:{SECRET}@db.example/shop"
    failure = dataclasses.replace(a_failure(), reason=f"cannot connect to {url}")
    page = notebook_html(a_run(failures=[failure]))
    assert "cannot connect to postgres://app:***@" in page
    assert SECRET not in page


def test_a_run_and_what_a_race_returns_are_shown_once_a_public_name_was_loaded() -> None:
    assert timetrial.Run is Run
    run = scenes.small().run
    assert run._repr_html_() == notebook_html(run)
    assert Measured(run, None)._repr_html_() == notebook_html(run)


def test_without_the_public_names_a_run_has_its_plain_form(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Run, "notebook_form", None)
    assert scenes.small().run._repr_html_() is None


def test_figures_are_those_of_every_other_report() -> None:
    summary = scenes.small()
    cells = texts(shown(summary.run), "td")
    for row in view(summary, summary.tables[0]).rows:
        assert f"{row.throughput.text}{row.throughput.interval}" in cells
        assert f"{row.memory_mib.text}{row.memory_mib.interval}" in cells
