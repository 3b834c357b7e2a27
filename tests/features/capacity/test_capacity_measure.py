"""How a capacity is measured, in virtual time: of servers that are known, freeze, or end."""

from __future__ import annotations

from dataclasses import replace

import pytest
from known_server import ADDRESS, CAPACITY_PER_S, SERVICE_S, WANTED, Scene, with_highest

from timetrial.features.capacity.capacity import SearchRecord, capacity_of
from timetrial.features.capacity.curve import curve
from timetrial.features.capacity.events import (
    CapacityEvent,
    Expected,
    Recovering,
    TrialBegins,
    TrialEnds,
    TrialProceeds,
)
from timetrial.features.capacity.slo import read_slo
from timetrial.model.errors import StackFailed


@pytest.fixture(scope="module")
def whole() -> SearchRecord:
    """Search once, undisturbed, for all who only look at it."""
    return Scene().measured()


def test_a_known_capacity_is_found(whole: SearchRecord) -> None:
    found = capacity_of(whole)
    assert found.kind == "found", whole.trials
    assert found.estimate_per_s == pytest.approx(CAPACITY_PER_S, rel=0.15)
    assert whole.ending in {"complete", "budget"}
    assert whole.passed_s <= WANTED.budget_s
    assert {trial.connections for trial in whole.trials} <= {1, 2, 3, 4}


def test_response_times_rise_towards_the_capacity(whole: SearchRecord) -> None:
    points = curve(whole.trials)
    assert points[0].response_time_ns[0.5] == pytest.approx(SERVICE_S * 1e9, rel=0.5)
    assert points[-1].response_time_ns[0.5] > 2 * points[0].response_time_ns[0.5]
    assert all(point.answered_per_s < 1.1 * CAPACITY_PER_S for point in points)


def test_without_a_first_rate_a_pilot_of_a_second_gives_one() -> None:
    def stop(event: CapacityEvent) -> None:
        if isinstance(event, TrialBegins):
            raise KeyboardInterrupt

    scene = Scene()
    record = scene.measured(stop, replace(WANTED, start_per_s=None))
    assert record.plan.start_per_s == pytest.approx(CAPACITY_PER_S / 4, rel=0.05)
    (pilot,) = (drive for drive in scene.driver.drives if not (drive.open or drive.max_requests))
    assert pilot.window_s == 1.0


def test_a_server_that_keeps_all_that_is_allowed_is_above_it() -> None:
    found = capacity_of(Scene().measured(spec=with_highest(400.0)))
    assert (found.kind, found.low_per_s) == ("above", 400.0)


def test_a_server_that_is_always_too_slow_is_below_the_lowest_rate() -> None:
    objective = read_slo("p50<2ms,errors<5%")
    spec = replace(WANTED, objective=objective, start_per_s=20.0, budget_s=300.0)
    record = Scene().measured(spec=spec)
    found = capacity_of(record)
    assert (found.kind, found.high_per_s) == ("below", record.plan.lowest_per_s)


def test_that_a_budget_is_short_is_told_once_as_soon_as_it_shows() -> None:
    told = list[CapacityEvent]()
    Scene().measured(told.append, replace(WANTED, shortest_s=3.0, budget_s=40.0))
    (expected,) = (event for event in told if isinstance(event, Expected))
    ended = told[: told.index(expected)]
    assert {event.trial.verdict for event in ended if isinstance(event, TrialEnds)} == {
        "kept", "missed"
    }  # fmt: skip
    assert expected.needed_s > expected.left_s
    assert expected.trial_s == pytest.approx(4.0, abs=0.1)


def test_a_search_ends_within_its_budget() -> None:
    record = Scene().measured(spec=replace(WANTED, budget_s=10.0))
    assert record.ending == "budget"
    assert record.passed_s <= 10.0


def test_one_freeze_decides_nothing() -> None:
    scene, begun = Scene(), 0

    def freeze_once(event: CapacityEvent) -> None:
        nonlocal begun
        if isinstance(event, TrialBegins) and event.ask.phase == "adapt":
            begun += 1
            if begun == 3:
                scene.server.freeze(0.6)

    record = scene.measured(freeze_once)
    adaptive = [trial for trial in record.trials if trial.ask.phase == "adapt"]
    assert adaptive[2].verdict == "missed"
    found = capacity_of(record)
    assert found.kind == "found"
    assert found.estimate_per_s == pytest.approx(CAPACITY_PER_S, rel=0.15)


def test_a_server_that_freezes_for_good_ends_the_search_with_what_is_known() -> None:
    scene, waited_s = Scene(), list[float]()

    def freeze(event: CapacityEvent) -> None:
        if isinstance(event, TrialEnds) and event.trial.number == 3:
            scene.server.freeze(60)
        if isinstance(event, Recovering):
            waited_s.append(event.passed_s)

    record = scene.measured(freeze)
    assert record.ending == "died"
    (death,) = record.deaths
    assert (death.phase, death.after_trial) == ("answer", 4)
    assert waited_s[-1] < WANTED.recover_within_s <= record.trials[-1].recovered_s
    assert capacity_of(record).kind in {"bracket", "unknown"}


def test_a_server_that_is_gone_ends_the_search_too() -> None:
    scene = Scene()

    def stop(event: CapacityEvent) -> None:
        if isinstance(event, TrialEnds) and event.trial.number == 3:
            scene.server.listens = False

    record = scene.measured(stop)
    assert record.ending == "died"
    assert record.trials[-1].counts.connect_failed


def test_a_dead_port_is_told_at_once() -> None:
    scene = Scene()
    scene.server.listens = False
    with pytest.raises(StackFailed) as caught:
        scene.measured()
    assert caught.value.phase == "answer"
    assert ADDRESS in caught.value.reason
    assert len(scene.driver.drives) == 1


def test_an_interrupt_leaves_what_is_known() -> None:
    def interrupt(event: CapacityEvent) -> None:
        if isinstance(event, TrialBegins) and len(seen) == 4:
            raise KeyboardInterrupt
        if isinstance(event, TrialEnds):
            seen.append(event)

    seen: list[TrialEnds] = []
    record = Scene().measured(interrupt)
    assert record.ending == "interrupted"
    assert len(record.trials) == 4
    assert capacity_of(record).kind in {"bracket", "unknown"}


def test_the_server_is_idle_again_before_the_next_trial(whole: SearchRecord) -> None:
    overloaded = [trial for trial in whole.trials if trial.verdict == "missed"]
    assert overloaded
    assert all(trial.recovered_s < WANTED.recover_within_s for trial in overloaded)


@pytest.mark.parametrize("scene", [Scene(generator_wait=0.5), Scene(generator_gap=0.5)])
def test_a_load_generator_that_waits_for_its_cpu_makes_misses_void_and_no_more(
    scene: Scene,
) -> None:
    record = scene.measured()
    assert {trial.verdict for trial in record.trials} == {"kept", "void"}
    assert record.bracket.missed_per_s is None
    assert record.bracket.limit_per_s is not None
    assert capacity_of(record).high_per_s is None


def test_a_long_trial_is_told_of_about_twice_a_second() -> None:
    told: list[float] = []

    def tell(event: CapacityEvent) -> None:
        if isinstance(event, TrialProceeds):
            told.append(event.passed_s)
        if isinstance(event, TrialEnds):
            raise KeyboardInterrupt

    Scene().measured(tell, replace(WANTED, shortest_s=3.0, budget_s=60.0))
    assert told == pytest.approx([0.5, 1.0, 1.5, 2.0, 2.5, 3.0], abs=0.11)
