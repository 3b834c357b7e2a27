"""Servers that do not stay what they are: within a trial, and from round to round."""

from __future__ import annotations

import pytest
from live_runs import Faulty, Told, measured

from evidence import numbers_in

pytestmark = pytest.mark.live

SOUND = "none"
WHOLE_TRIALS = """
[[benchmarks]]
workload = "hello"
stacks = ["none", "slows", "stalls"]
connections = 8
timeout_s = 2
duration_s = 4
lead_in_ms = 100
"""
OPEN = """
[[benchmarks]]
name = "open"
workload = "hello"
stacks = ["none", "capped"]
rate = 100
duration_s = 2
lead_in_ms = 200
"""
PATIENT = """
[[benchmarks]]
workload = "patient"
stacks = ["none"]
connections = 4
duration_s = 1
lead_in_ms = 100
"""


@pytest.fixture(name="within", scope="module")
def _within(tmp_path_factory: pytest.TempPathFactory) -> Told:
    stacks = (Faulty(SOUND), Faulty("slows"), Faulty("stalls"), Faulty("capped"))
    return measured(
        tmp_path_factory.mktemp("within"), stacks, WHOLE_TRIALS + OPEN + PATIENT, rounds=1
    )


def test_a_server_that_gets_slower_drifts(within: Told) -> None:
    finding = within.findings("slows")["drift"]
    assert finding.severity == "invalid"
    assert "throughput fell by" in finding.evidence


def test_a_server_that_stalls_every_second_is_told_with_its_period(within: Told) -> None:
    finding = within.findings("stalls")["stalls"]
    assert "stood still" in finding.evidence
    assert "every 1." in finding.evidence or within.is_disturbed("stalls")


def test_a_server_that_does_not_keep_up_is_behind_schedule(within: Told) -> None:
    # So far behind it would be invalid, were it the load engine that was late.
    severity = within.findings("capped", "open")["behind-schedule"].severity
    assert severity == "doubtful" or within.is_disturbed("capped", "open")


def test_a_sound_server_neither_drifts_nor_stalls(within: Told) -> None:
    assert within.has_none(["drift", "stalls"], SOUND)


def test_a_sound_server_keeps_up(within: Told) -> None:
    assert within.has_none(["behind-schedule"], SOUND, "open")


@pytest.fixture(name="across", scope="module")
def _across(tmp_path_factory: pytest.TempPathFactory) -> Told:
    stacks = (Faulty(SOUND), Faulty("ages"))
    return measured(tmp_path_factory.mktemp("across"), stacks, rounds=6)


@pytest.fixture(name="beside", scope="module")
def _beside(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Measure two alone: what a third one varies would widen their intervals, too."""
    stacks = (Faulty(SOUND), Faulty("delayed"))
    return measured(tmp_path_factory.mktemp("beside"), stacks, rounds=4)


def test_a_server_that_is_slower_at_each_start_makes_unsteady_rounds(across: Told) -> None:
    found = across.findings("ages")
    # Without a round that was left out there are too few to be sure.
    assert "unsteady-rounds" in found or across.is_disturbed("ages")
    if "unsteady-rounds" in found:
        assert "throughput fell by" in found["unsteady-rounds"].evidence


def test_an_idle_server_explains_why_throughput_and_cpu_time_disagree(beside: Told) -> None:
    found = beside.findings("delayed")
    assert "idle-server" in found or beside.is_disturbed("delayed") or beside.is_disturbed(SOUND)
    if "idle-server" in found:
        assert found["idle-server"].severity == "note"
        assert "was idle" in found["idle-server"].evidence


def test_a_sound_server_has_steady_rounds_and_enough_of_them(across: Told) -> None:
    assert across.has_none(["unsteady-rounds", "too-few-rounds"], SOUND)


def test_throughput_that_is_arithmetic_is_bound_by_the_client(within: Told) -> None:
    found = within.findings(SOUND, "patient")
    assert "bound-by-client" in found or within.is_disturbed(SOUND, "patient")
    if "bound-by-client" in found:
        assert numbers_in(found["bound-by-client"].evidence)[:3] == [4, 200, 20]
    assert "bound-by-client" not in within.findings(SOUND)
