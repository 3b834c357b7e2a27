"""A load beyond what a server's manifest says that it takes is doubted, with the figures."""

from __future__ import annotations

import dataclasses

import pytest

from evidence import numbers_in
from runs import a_measurement, a_window, json_query
from timetrial.analysis import checks
from timetrial.analysis.checks.cell_context import CellContext
from timetrial.model.finding import Finding
from timetrial.model.load import ClosedLoad, Load, OpenLoad, ThinkTime, VirtualUsers
from timetrial.model.suite import Quantity, ServerLimit
from timetrial.model.workload import Step, Workload


def doubt(  # noqa: PLR0913 - a limit, a load, and what meets them
    of: Quantity,
    at_most: float,
    load: Load,
    *,
    reached: int = 16,
    wait_s: float = 0.0,
    think: ThinkTime = ThinkTime(),  # noqa: B008 - it is frozen
) -> Finding | None:
    steps = (Step({"wsgi": "/"}), Step({"wsgi": "/b"}, wait_s=wait_s, think=think))
    benchmark = dataclasses.replace(
        json_query(["cheroot"]), load=load, workload=Workload("visit", steps)
    )
    context = CellContext(
        benchmark,
        "cheroot",
        (a_measurement((a_window(connections=reached),)),),
        limits=(ServerLimit(of, at_most, "so it is"),),
    )
    found = checks.find(context)
    return next((finding for finding in found if finding.name == "server-limit"), None)


@pytest.mark.parametrize(("at_most", "fires"), [(15, True), (16, False)])
@pytest.mark.parametrize("of", ["connections", "listen_queue"])
def test_more_connections_than_a_server_takes_are_doubtful(
    of: Quantity, at_most: float, *, fires: bool
) -> None:
    finding = doubt(of, at_most, ClosedLoad(16))
    assert (finding is not None) == fires
    if finding:
        assert finding.severity == "doubtful"
        assert {16, 15} <= {*numbers_in(finding.evidence)}
        assert "(so it is)" in finding.evidence


def test_of_a_rate_the_connections_that_were_reached_count() -> None:
    assert doubt("connections", 10, OpenLoad(100.0, connections=1_000), reached=9) is None
    finding = doubt("connections", 10, OpenLoad(100.0, connections=1_000), reached=11)
    assert finding
    assert numbers_in(finding.evidence)[:2] == [11, 10]


@pytest.mark.parametrize(("at_most", "fires"), [(30, True), (31, False)])
def test_a_response_that_takes_as_long_as_the_server_allows_is_doubtful(
    at_most: float, *, fires: bool
) -> None:
    finding = doubt("response_s", at_most, ClosedLoad(16), wait_s=30)
    assert (finding is not None) == fires
    if finding:
        assert numbers_in(finding.evidence)[:2] == [30, 30]


@pytest.mark.parametrize(
    ("think", "fires"),
    [
        (ThinkTime(9), False),
        (ThinkTime(10), True),
        (ThinkTime(1, 12), True),
        (ThinkTime(mean_s=3), False),
    ],
)
def test_users_who_think_longer_than_a_connection_may_lie_idle_are_doubtful(
    think: ThinkTime, *, fires: bool
) -> None:
    assert (doubt("idle_s", 10, VirtualUsers(5), think=think) is not None) == fires
    assert doubt("idle_s", 10, ClosedLoad(5), think=think) is None


def test_nothing_is_doubted_where_nothing_was_measured() -> None:
    limits = (ServerLimit("connections", 1, "so it is"),)
    assert checks.find(CellContext(json_query(["cheroot"]), "cheroot", (), limits=limits)) == ()
