"""What a run says first: a verdict that its interval bears out, one table, few notes."""

from __future__ import annotations

import io
import re

import pytest
import scenes
from rich.cells import cell_len
from rich.console import Console

from timetrial.analysis.statistics.comparisons import is_significant
from timetrial.model import Summary, Table
from timetrial.reports.answer import chosen_notes, render_answer
from timetrial.reports.headline import headline
from timetrial.reports.ranking import with_first
from timetrial.reports.table_view import view
from timetrial.reports.verdict_line import MOST_NOTES

WIDTHS = (60, 80, 100, 140)
MOST_LINES = 45
"""Of two benchmarks and six stacks, at 100 columns."""


def printed(summary: Summary, width: int) -> str:
    console = Console(width=width, file=io.StringIO(), record=True)
    console.print(render_answer(summary))
    return console.export_text()


def tables(summary: Summary) -> list[Table]:
    return [table for table in summary.tables if with_first(table)]


@pytest.mark.parametrize("name", scenes.ALL)
def test_it_fits_into_every_width_and_breaks_no_word(name: str) -> None:
    summary = scenes.ALL[name]()
    names = {row.stack.name for table in summary.tables for row in table.rows}
    for width in WIDTHS:
        text = printed(summary, width)
        assert "…" not in text
        assert all(cell_len(line) <= width for line in text.splitlines())
        assert all(each in text for each in names)


@pytest.mark.parametrize("name", scenes.ALL)
def test_the_verdict_stands_at_once_above_its_table(name: str) -> None:
    summary = scenes.ALL[name]()
    text = printed(summary, 100)
    for table in summary.tables:
        shown = view(summary, table)
        title, verdict = text.index(shown.title), text.index(headline(shown).label)
        assert title < verdict or text.count(headline(shown).label) > 1
    assert len(text.splitlines()) <= MOST_LINES


@pytest.mark.parametrize("name", scenes.ALL)
def test_no_verdict_disagrees_with_the_interval_beside_it(name: str) -> None:
    summary = scenes.ALL[name]()
    for table in tables(summary):
        said, pairs = headline(view(summary, table)), with_first(table)
        (first,) = {pair.a for pair in pairs.values()}
        behind = {stack for stack, pair in pairs.items() if is_significant(pair)}
        for pair in pairs.values():
            if is_significant(pair):
                assert pair.ratio.high is not None
                assert pair.ratio.high < 1
        if said.label == "FASTEST":
            alike, _, rest = said.text.rpartition(f"{first} serves ")
            assert rest
            assert not any(re.search(rf"\b{re.escape(each)}\b", alike) for each in behind)
        if said.label == "NO CLEAR WINNER":
            assert not behind


def test_a_winner_alone_is_named_with_how_far_the_next_is_behind() -> None:
    summary = scenes.good()
    said = headline(view(summary, summary.tables[0]))
    assert (said.label, said.decided) == ("FASTEST", True)
    assert re.match(r"granian serves \d\.\d+x \[\d\.\d+, \d\.\d+\] as many requests as ", said.text)


def test_stacks_at_the_limit_of_the_load_are_not_ranked() -> None:
    summary = scenes.good()
    said = headline(view(summary, summary.tables[1]))
    assert said.label == "LOAD WAS THE LIMIT"
    assert said.text.count("the maximum was not measured") == 1


def test_too_few_rounds_are_no_verdict() -> None:
    summary = scenes.few_rounds()
    said = headline(view(summary, summary.tables[0]))
    assert (said.label, said.decided) == ("NOT DECIDED", False)
    assert "a verdict takes 3 rounds, 2 were sound" in said.text


def test_without_any_figure_nothing_is_claimed() -> None:
    summary = scenes.nothing_yet()
    assert {headline(view(summary, table)).label for table in summary.tables} == {"NO FIGURES"}


def test_the_gravest_notes_are_chosen_each_kind_once() -> None:
    summary = scenes.troubled()
    notes = chosen_notes([view(summary, table) for table in summary.tables])
    assert len(notes) <= MOST_NOTES
    assert [note.number for note in notes.values()] == [*range(1, len(notes) + 1)]
    assert next(iter(notes.values())).severity == "invalid"


def test_marks_beside_figures_are_those_of_the_notes_below() -> None:
    text = printed(scenes.troubled(), 120)
    marks = set(re.findall("[¹²³]", text))
    notes = {line.strip()[0] for line in text.splitlines() if re.match(r" [¹²³] ", line)}
    assert marks == notes


def test_what_failed_and_how_many_is_said() -> None:
    text = printed(scenes.troubled(), 120)
    assert "✗ waitress failed in " in text
    assert re.search(r"[\d,]+ requests failed\.", text)
    assert "No failed requests." in printed(scenes.good(), 120)


def test_the_control_is_said_in_a_word() -> None:
    assert "Control: OK." in printed(scenes.good(), 120) or not scenes.good().tables[0].control
