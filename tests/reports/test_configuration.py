"""The page says what stacks really were: once what all have alike, then what differs."""

from __future__ import annotations

import dataclasses

from scenes import good

from configurations import A_VIEW, a_configuration, looked_at
from runs import a_run, a_suite
from timetrial.analysis.summarize import summarize
from timetrial.model.run import Run
from timetrial.reports import as_html
from timetrial.reports.configuration import configuration_view


def seen(run: Run | None = None) -> Run:
    return looked_at(run or a_run(a_suite(["granian", "uvicorn"], rounds=1)))


def test_what_is_alike_is_said_once_and_what_differs_by_stack() -> None:
    run = seen()
    first, second = run.configurations
    other = dataclasses.replace(
        second, inside=dataclasses.replace(A_VIEW, event_loop="asyncio.Loop"), tcp_nodelay=False
    )
    shown = configuration_view(dataclasses.replace(run, configurations=(other, first)))
    assert shown.common["Python"] == "CPython 3.11.7"
    assert shown.columns == ("event loop", "TCP_NODELAY")
    assert [(stack.name, stack.values) for stack in shown.stacks] == [
        ("granian", ("uvloop.Loop", "on")),
        ("uvicorn", ("asyncio.Loop", "off")),
    ]
    assert shown.machine["net.core.somaxconn"] == "4096"


def test_of_a_stack_without_workers_to_ask_the_rest_is_shown() -> None:
    run = seen()
    first, _ = run.configurations
    dumb = a_configuration("uvicorn", inside=None, notes=("it serves itself",))
    shown = configuration_view(dataclasses.replace(run, configurations=(first, dumb)))
    assert "Python" in shown.columns
    assert shown.stacks[1].values[shown.columns.index("Python")] == "–"
    assert "listen queue" in shown.common


def test_a_stack_that_could_not_be_started_has_its_note() -> None:
    run = seen()
    first, second = run.configurations
    failed = dataclasses.replace(second, inside=None, processes=(), notes=("it did not start",))
    page = as_html(summarize(dataclasses.replace(run, configurations=(first, failed))))
    assert f"{failed.stack}: {failed.notes[0]}." in page


def test_the_page_has_the_section_with_and_without_a_record() -> None:
    assert "Not recorded" in as_html(good())
    page = as_html(summarize(seen()))
    assert "Not recorded" not in page
    machine = configuration_view(seen()).machine
    facts = (f"<dt>{label}</dt><dd>{value}</dd>" for label, value in machine.items())
    assert machine
    assert all(fact in page for fact in facts)
    assert "$WEB_CONCURRENCY" in page
