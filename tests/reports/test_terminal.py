"""Tables for a terminal fit its width and show no figure that is none."""

from __future__ import annotations

import dataclasses
import io

import pytest
import scenes
from rich.cells import cell_len
from rich.console import Console

from runs import CHARACTERS, a_run, a_suite
from timetrial.analysis.config_labels import version
from timetrial.analysis.statistics.quantile import TAIL_ROUNDS
from timetrial.analysis.summarize import summarize
from timetrial.model.run import StackFacts
from timetrial.model.suite import Stack
from timetrial.model.summary import Summary
from timetrial.reports import render
from timetrial.reports.grids import superscripts
from timetrial.reports.table_view import view


def printed(summary: Summary, width: int) -> str:
    console = Console(width=width, file=io.StringIO(), record=True)
    console.print(render(summary))
    return console.export_text()


@pytest.mark.parametrize("width", [80, 97, 110, 120, 200])
@pytest.mark.parametrize("name", scenes.ALL)
def test_every_run_fits_into_every_usual_width(name: str, width: int) -> None:
    text = printed(scenes.ALL[name](), width)
    assert "…" not in text
    assert all(cell_len(line) <= width for line in text.splitlines())


def test_a_long_name_is_folded_rather_than_a_figure_cut() -> None:
    long = "gunicorn-with-uvicorn-worker-and-a-long-name"
    text = printed(
        summarize(
            a_run(
                a_suite([long, "granian"]), characters={**CHARACTERS, long: CHARACTERS["gunicorn"]}
            )
        ),
        80,
    )
    assert "…" not in text
    assert text.count("95 % interval") == 4


def test_a_row_shows_its_rank_figures_and_intervals() -> None:
    lines = printed(scenes.good(), 120).splitlines()
    at = next(i for i, line in enumerate(lines) if "granian 2.5.4" in line)
    assert lines[at].split()[:4] == ["1", "granian", "2.5.4", "5,410"]
    shape = view(scenes.good(), scenes.good().tables[0]).rows[0].shape
    assert shape.startswith("ASGI ")
    assert shape in lines[at + 1]
    assert "5,300–5,520" in lines[at + 1]


def test_the_version_is_that_of_the_servers_package() -> None:
    facts = StackFacts("fast", "CPython 3.11.7", ("Django==5.2.9", "Gunicorn==23.0.0"))
    assert version(Stack("fast", "gunicorn-gthread", "app", "wsgi", 1, 4), facts) == "23.0.0"
    assert version(Stack("fast", "homemade", "app", "wsgi", 1, 4), facts) == ""


def test_a_column_without_any_figure_is_left_out_with_the_reason() -> None:
    text = printed(scenes.good(), 200)
    heads = [line for line in text.splitlines() if "requests/s" in line]
    assert ["p99" in head for head in heads] == [True, False]
    without = view(scenes.good(), scenes.good().tables[1])
    assert without.quantiles == ("p50", "p90")
    (why,) = (remark for remark in without.remarks if "few responses" in remark)
    said = (
        ": a quantile needs at least 100 slower responses, in at least "
        f"{TAIL_ROUNDS} rounds. Measure for longer."
    )
    assert why.startswith("Too few responses for p99 and the figures with a dash (n = ")
    assert why.endswith(said)
    assert why in " ".join(text.split())


def test_invalid_figures_are_not_shown_and_bounds_are_marked() -> None:
    lines = printed(scenes.troubled(), 120).splitlines()
    gunicorn = next(line for line in lines if "gunicorn 23.0.0" in line)
    granian = next(line for line in lines if "granian 2.5.4" in line)
    waitress = next(line for line in lines if "waitress 3.0.2" in line)
    assert gunicorn.split()[2:] == ["²˒⁴", "–", "–", "–", "–", "–", "–", "88.4", "140"]
    assert "≥ 5,430" in granian
    assert "failed" in waitress


def test_findings_and_failures_stand_beneath_with_their_evidence() -> None:
    summary = scenes.troubled()
    text = " ".join(printed(summary, 120).split())
    shown = view(summary, summary.tables[0])
    found = {note.number: (note.severity, note.name) for note in shown.notes}
    assert found[1] == ("invalid", "generator-saturated")
    assert found[3] == ("doubtful", "delayed-ack")
    evidence = {(each.cell.stack, each.evidence) for each in shown.table.findings}
    assert {stack for stack, _ in evidence} == {"granian", "gunicorn", "uwsgi"}
    for note in shown.notes:
        mark = superscripts((note.number,))
        assert f"{mark} {note.severity}: {note.name} {' '.join(note.texts)}" in text
    assert all(said in text for _, said in evidence)
    (failure_group,) = shown.failure_groups
    assert (failure_group.stack, failure_group.phase) == ("waitress", "start")
    failed = f"✗ waitress failed in {failure_group.when}, start: {failure_group.reason}"
    assert failed in text


def test_a_finding_that_is_less_grave_than_its_footnote_says_so() -> None:
    characters = {
        **CHARACTERS,
        "granian": dataclasses.replace(CHARACTERS["granian"], generator_share=0.93),
        "uvicorn": dataclasses.replace(CHARACTERS["uvicorn"], generator_share=0.75),
    }
    summary = summarize(a_run(characters=characters))
    notes = view(summary, summary.tables[0]).notes
    (note,) = (each for each in notes if each.name == "generator-saturated")
    assert note.severity == "invalid"
    assert [text.partition(": ")[0] for text in note.texts] == ["granian", "uvicorn (doubtful)"]
