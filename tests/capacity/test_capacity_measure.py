"""The capacity of real servers, known and unknown."""

from __future__ import annotations

from dataclasses import replace

import pytest
from known_server import CAPACITY_PER_S, SERVICE_S, WANTED, measured, undisturbed, with_highest

from timetrial.capacity.capacity import capacity_of
from timetrial.capacity.curve import curve
from timetrial.capacity.events import CapacityEvent, TrialBegins, TrialEnds
from timetrial.capacity.slo import read_slo
from timetrial.engine import Constant, Responder
from timetrial.errors import StackFailed
from timetrial.stacks.ports import free_port

pytestmark = pytest.mark.live


def test_a_known_capacity_is_found() -> None:
    with Responder(Constant(SERVICE_S)) as responder:
        taken = undisturbed(measured(responder.address))
    found = capacity_of(taken)
    assert found.kind == "found", taken.trials
    assert found.estimate_per_s == pytest.approx(CAPACITY_PER_S, rel=0.15)
    assert taken.ending == "complete"
    assert taken.passed_s < WANTED.budget_s
    assert {trial.connections for trial in taken.trials} <= {1, 2, 3, 4}


def test_response_times_rise_towards_the_capacity() -> None:
    with Responder(Constant(SERVICE_S)) as responder:
        points = curve(undisturbed(measured(responder.address)).trials)
    assert points[0].response_time_ns[0.5] == pytest.approx(SERVICE_S * 1e9, rel=0.5)
    assert points[-1].response_time_ns[0.5] > 2 * points[0].response_time_ns[0.5]
    assert all(point.answered_per_s < 1.1 * CAPACITY_PER_S for point in points)


def test_a_server_that_keeps_all_that_is_allowed_is_above_it() -> None:
    with Responder(Constant(SERVICE_S)) as responder:
        taken = undisturbed(measured(responder.address, wanted=with_highest(400.0)))
    found = capacity_of(taken)
    assert (found.kind, found.low_per_s) == ("above", 400.0)


def test_a_server_that_is_always_too_slow_is_below_the_lowest_rate() -> None:
    wanted = replace(WANTED, objective=read_slo("p50<2ms,errors<5%"), start_per_s=20.0)
    with Responder(Constant(SERVICE_S)) as responder:
        taken = undisturbed(measured(responder.address, wanted=wanted))
    found = capacity_of(taken)
    assert (found.kind, found.high_per_s) == ("below", taken.plan.lowest_per_s)


def test_one_freeze_decides_nothing() -> None:
    begun = 0

    def freeze_once(event: CapacityEvent) -> None:
        nonlocal begun
        if isinstance(event, TrialBegins) and event.ask.phase == "confirm":
            begun += 1
            if begun == 3:
                responder.pause(0.6)

    with Responder(Constant(SERVICE_S)) as responder:
        taken = undisturbed(measured(responder.address, freeze_once))
    confirming = [trial for trial in taken.trials if trial.ask.phase == "confirm"]
    assert confirming[2].verdict == "missed"
    found = capacity_of(taken)
    assert found.kind == "found"
    assert found.estimate_per_s == pytest.approx(CAPACITY_PER_S, rel=0.15)


def test_a_server_that_freezes_for_good_ends_the_search_with_what_is_known() -> None:
    def freeze(event: CapacityEvent) -> None:
        if isinstance(event, TrialEnds) and event.trial.number == 3:
            responder.pause(60)

    with Responder(Constant(SERVICE_S)) as responder:
        taken = measured(responder.address, freeze)
    assert taken.ending == "died"
    (death,) = taken.deaths
    assert (death.phase, death.after_trial) == ("answer", 4)
    assert "gave no correct answer within" in death.reason
    assert capacity_of(taken).kind in {"bracket", "unknown"}


def test_a_server_that_is_gone_ends_the_search_too() -> None:
    def stop(event: CapacityEvent) -> None:
        if isinstance(event, TrialEnds) and event.trial.number == 3:
            responder.stop()

    responder = Responder(Constant(SERVICE_S))
    taken = measured(responder.address, stop)
    assert taken.ending == "died"
    assert taken.trials[-1].counts.connect_failed


def test_a_dead_port_is_told_at_once() -> None:
    address = f"127.0.0.1:{free_port()}"
    with pytest.raises(StackFailed) as caught:
        measured(address)
    assert caught.value.phase == "answer"
    assert caught.value.reason == f"accepts no connection at {address}"


def test_an_interrupt_leaves_what_is_known() -> None:
    def interrupt(event: CapacityEvent) -> None:
        if isinstance(event, TrialBegins) and len(seen) == 4:
            raise KeyboardInterrupt
        if isinstance(event, TrialEnds):
            seen.append(event)

    seen: list[TrialEnds] = []
    with Responder(Constant(SERVICE_S)) as responder:
        taken = measured(responder.address, interrupt)
    assert taken.ending == "interrupted"
    assert len(taken.trials) == 4
    assert capacity_of(taken).kind in {"bracket", "unknown"}


def test_the_server_is_idle_again_before_the_next_trial() -> None:
    with Responder(Constant(SERVICE_S)) as responder:
        taken = undisturbed(measured(responder.address))
    overloaded = [trial for trial in taken.trials if trial.verdict == "missed"]
    assert overloaded
    assert all(trial.recovered_s < WANTED.recover_within_s for trial in overloaded)
