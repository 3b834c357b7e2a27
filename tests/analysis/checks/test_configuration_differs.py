"""A stack that is not what its command line asks for is found, with what differs."""

from __future__ import annotations

import dataclasses
import re

import pytest

from configurations import A_VIEW, a_configuration
from evidence import numbers_in
from runs import a_measurement, a_window, json_query
from timetrial.analysis.checks import find
from timetrial.analysis.checks.cell_context import CellContext
from timetrial.model.effective_config import (
    DeclaredConfig,
    KeepAlive,
    Listening,
    StackConfiguration,
)
from timetrial.model.finding import Finding


def found(configuration: StackConfiguration | None) -> Finding | None:
    context = CellContext(
        json_query(["uvicorn"]),
        "uvicorn",
        (a_measurement([a_window()], stack="uvicorn"),),
        configuration=configuration,
    )
    return next((each for each in find(context) if each.name == "configuration-differs"), None)


@pytest.mark.parametrize("configuration", [None, a_configuration(), a_configuration(inside=None)])
def test_a_stack_that_is_as_declared_or_unknown_has_no_finding(
    configuration: StackConfiguration | None,
) -> None:
    assert found(configuration) is None


def test_another_number_of_workers_is_doubtful() -> None:
    finding = found(a_configuration(workers=1))
    assert finding is not None
    assert finding.severity == "doubtful"
    assert numbers_in(finding.evidence) == [2, 1]


def test_another_event_loop_and_another_parser_are_doubtful() -> None:
    view = dataclasses.replace(A_VIEW, event_loop="asyncio.events.Loop", http_parser="h11")
    finding = found(a_configuration(inside=view))
    assert finding is not None
    assert finding.severity == "doubtful"
    named = re.findall("uvloop|asyncio|httptools|h11", finding.evidence)
    assert named == ["uvloop", "asyncio", "httptools", "h11"]


def test_an_app_that_is_called_in_a_thread_says_nothing_of_the_loop() -> None:
    view = dataclasses.replace(A_VIEW, event_loop=None)
    assert found(a_configuration(inside=view)) is None


def test_a_shorter_listen_queue_and_closed_connections_are_notes() -> None:
    configuration = dataclasses.replace(
        a_configuration(declared=DeclaredConfig(2, 1, backlog=2048)),
        listening=Listening(1, 100),
        keep_alive=KeepAlive(1, 10, announced=True),
    )
    finding = found(configuration)
    assert finding is not None
    assert finding.severity == "note"
    assert finding.evidence == (
        "a listen queue of 2048 was asked for, the kernel holds to 100; connections were to be "
        "kept open, each ended after a response: it is measured as it runs."
    )
