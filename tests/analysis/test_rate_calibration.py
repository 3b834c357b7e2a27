"""Rates as shares of capacity: what is driven to find them, and what is made of it."""

from __future__ import annotations

import dataclasses
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence import numbers_in
from runs import CHARACTERS, Character, a_failure, a_run, a_suite, json_query, wait_50ms
from timetrial.analysis.aa_control import controlled
from timetrial.analysis.rate_calibration import (
    ROUNDS,
    Capacities,
    calibration_suite,
    capacities,
    rounded,
    with_rates,
)
from timetrial.model.errors import BadInput, StackFailed
from timetrial.model.load import CapacityShareLoad, ClosedLoad, OpenLoad, ShareOfCapacity
from timetrial.model.measurement import Failure, MachineConditions
from timetrial.model.plan import plan
from timetrial.model.race_info import RaceInfo
from timetrial.model.run import Run
from timetrial.model.stop_rule import Precision
from timetrial.model.suite import Benchmark, Suite
from timetrial.store.payloads import PLAN

STACKS = ("granian", "gunicorn", "waitress")


def a_share(share: float = 0.5, name: str = "half") -> Benchmark:
    benchmark = json_query(STACKS)
    return dataclasses.replace(
        benchmark, name=name, load=CapacityShareLoad(share), mode="whole", windows=1, window_s=3.0
    )


def a_suite_of(*benchmarks: Benchmark) -> Suite:
    return dataclasses.replace(a_suite(STACKS), benchmarks=benchmarks)


def pilot_suite(*benchmarks: Benchmark) -> Suite:
    found = calibration_suite(a_suite_of(*benchmarks))
    assert found is not None
    return found


def measured(
    suite: Suite,
    characters: dict[str, Character] | None = None,
    failures: tuple[Failure, ...] = (),
) -> Run:
    wanted = calibration_suite(suite)
    assert wanted is not None
    return a_run(wanted, characters=characters or dict(CHARACTERS), failures=failures)


def rate_of(suite: Suite, benchmark: str) -> OpenLoad:
    load = suite.benchmark(benchmark).load
    assert isinstance(load, OpenLoad)
    return load


def origin_of(suite: Suite, benchmark: str) -> ShareOfCapacity:
    origin = rate_of(suite, benchmark).of_capacity
    assert origin is not None
    return origin


def failed_in_all_rounds(stack: str) -> tuple[Failure, ...]:
    return tuple(a_failure(stack, round_) for round_ in range(1, ROUNDS + 1))


def test_where_all_rates_are_known_there_is_no_pilot() -> None:
    assert calibration_suite(a_suite()) is None


def test_a_pilot_drives_as_the_closed_benchmark_on_the_same_workload_does() -> None:
    closed = dataclasses.replace(json_query(STACKS, windows=8), load=ClosedLoad(24), window_s=0.4)
    (benchmark,) = pilot_suite(a_share(), closed).benchmarks
    assert (benchmark.load, benchmark.window_s, benchmark.windows) == (ClosedLoad(24), 0.4, 4)
    assert benchmark.mode == "alternate"


def test_a_closed_benchmark_of_other_stacks_is_no_model() -> None:
    other = dataclasses.replace(json_query(STACKS[:2]), load=ClosedLoad(24))
    (benchmark,) = pilot_suite(a_share(), other).benchmarks
    assert benchmark.load == ClosedLoad(16)


def test_shares_of_one_capacity_have_one_pilot_and_others_their_own() -> None:
    waits = dataclasses.replace(
        wait_50ms(STACKS), name="waits", load=CapacityShareLoad(0.5), mode="whole", windows=1
    )
    pilot = pilot_suite(a_share(0.5, "half"), waits, a_share(0.8, "most"))
    assert [benchmark.name for benchmark in pilot.benchmarks] == ["half", "waits"]


def test_an_app_that_waits_gets_connections_enough_and_windows_of_many_waits() -> None:
    waits = dataclasses.replace(
        wait_50ms(STACKS), load=CapacityShareLoad(0.5), mode="whole", windows=1, window_s=3.0
    )
    (benchmark,) = pilot_suite(waits).benchmarks
    assert (benchmark.load, benchmark.window_s) == (ClosedLoad(100), 1.0)


def test_a_control_takes_no_part_in_a_pilot_and_nothing_ends_it_early() -> None:
    suite = dataclasses.replace(
        controlled(a_suite_of(a_share(), json_query(STACKS)), wanted=True),
        stop_rule=Precision(0.03),
    )
    pilot = calibration_suite(suite)
    assert pilot is not None
    assert [stack.name for stack in pilot.stacks] == [*STACKS]
    assert all(benchmark.stacks == STACKS for benchmark in pilot.benchmarks)
    assert (pilot.rounds, pilot.stop_rule, pilot.control) == (ROUNDS, None, None)


def test_a_share_that_is_not_driven_in_whole_trials_is_refused() -> None:
    with pytest.raises(BadInput, match=r"'half' of suite 'quick': .* whole trials"):
        calibration_suite(a_suite_of(dataclasses.replace(a_share(), mode="duet")))


def test_the_stack_with_the_smallest_capacity_sets_one_rate_for_all() -> None:
    suite = a_suite_of(a_share(0.5, "half"), a_share(0.8, "most"), json_query(STACKS))
    found = with_rates(suite, measured(suite))
    origin = origin_of(found, "half")
    assert origin.stack == "waitress"
    assert origin.per_s == pytest.approx(CHARACTERS["waitress"].requests_per_s, rel=0.1)
    assert set(origin.others) == {"granian", "gunicorn"}
    assert rate_of(found, "half").rate_per_s == rounded(0.5 * origin.per_s)
    assert rate_of(found, "most").rate_per_s == rounded(0.8 * origin.per_s)
    assert found.benchmark("json_query") == suite.benchmark("json_query")


def test_the_rest_of_a_load_stays_as_requested() -> None:
    load = CapacityShareLoad(0.5, "constant", 200, 4.0)
    suite = a_suite_of(dataclasses.replace(a_share(), load=load))
    found = rate_of(with_rates(suite, measured(suite)), "half")
    assert (found.arrival, found.connections, found.timeout_s) == ("constant", 200, 4.0)


def test_a_note_names_the_stack_that_set_the_rates_and_the_other_capacities() -> None:
    suite = a_suite_of(a_share(0.5, "half"), a_share(0.8, "most"))
    (note,) = with_rates(suite, measured(suite)).notes
    assert note.startswith(
        f"half and most have their rates from a pilot of {ROUNDS} rounds with 16 connections: "
        f"waitress had the lowest capacity, 1,"
    )
    assert "; the others: gunicorn 2," in note


def test_a_stack_that_failed_in_the_pilot_does_not_set_the_rate() -> None:
    suite = a_suite_of(a_share())
    found = with_rates(suite, measured(suite, failures=failed_in_all_rounds("waitress")))
    origin = origin_of(found, "half")
    assert origin.stack == "gunicorn"
    assert origin.left_out.keys() == {"waitress"}
    reason = origin.left_out["waitress"]
    assert reason.startswith("start: ")
    assert f"waitress ({reason})" in found.notes[0]


def test_a_throughput_that_gates_void_is_no_capacity() -> None:
    sheds = {
        **CHARACTERS,
        "waitress": dataclasses.replace(CHARACTERS["waitress"], failed_share=0.2),
    }
    suite = a_suite_of(a_share())
    origin = origin_of(with_rates(suite, measured(suite, sheds)), "half")
    assert origin.stack == "gunicorn"
    assert origin.left_out["waitress"].startswith("errors: ")


def test_a_capacity_that_the_load_engine_set_is_called_a_lower_bound() -> None:
    busy = {
        **CHARACTERS,
        "waitress": dataclasses.replace(CHARACTERS["waitress"], generator_share=0.95),
    }
    suite = a_suite_of(a_share())
    found = with_rates(suite, measured(suite, busy))
    assert origin_of(found, "half").at_least
    assert "at least 1," in found.notes[0]


def test_what_the_machine_withheld_a_stack_would_have_borne() -> None:
    """A machine that is not ours alone is no reason to leave all stacks out."""
    suite = a_suite_of(a_share())
    run = measured(suite)
    stolen = MachineConditions(1.0, (0,), 1, steal_s=0.5)
    disturbed = tuple(
        dataclasses.replace(m, surroundings=stolen) if m.trial.cell.stack == "waitress" else m
        for m in run.measurements
    )
    origin = origin_of(with_rates(suite, dataclasses.replace(run, measurements=disturbed)), "half")
    assert (origin.stack, origin.at_least, origin.left_out) == ("waitress", True, {})


def test_a_benchmark_without_any_capacity_is_left_out_with_its_stacks() -> None:
    suite = a_suite_of(a_share(), dataclasses.replace(json_query(("uvicorn",)), name="other"))
    suite = dataclasses.replace(suite, stacks=a_suite((*STACKS, "uvicorn")).stacks)
    failures = tuple(f for stack in STACKS for f in failed_in_all_rounds(stack))
    found = with_rates(suite, measured(suite, failures=failures))
    assert [benchmark.name for benchmark in found.benchmarks] == ["other"]
    assert [stack.name for stack in found.stacks] == ["uvicorn"]
    assert found.notes[0].startswith("half is left")
    assert "granian (start: " in found.notes[0]


def test_where_no_stack_has_a_capacity_the_first_failure_is_reported() -> None:
    suite = a_suite_of(a_share())
    failures = tuple(f for stack in STACKS for f in failed_in_all_rounds(stack))
    with pytest.raises(StackFailed, match="of half; granian: ") as failure:
        with_rates(suite, measured(suite, failures=failures))
    assert failure.value.phase == "start"


def test_a_plan_keeps_where_its_rates_came_from() -> None:
    suite = a_suite_of(a_share())
    planned = plan(with_rates(suite, measured(suite)), 1)
    assert PLAN.read(PLAN.write(planned), 2) == planned


def test_a_rate_names_the_capacity_that_it_is_a_share_of() -> None:
    of = Capacities({"waitress": 1_240.0, "uvicorn": 3_400.0}).share(0.5, 16)
    assert numbers_in(str(of)) == [50, 1_240]
    assert "(waitress, " in str(of)
    assert numbers_in(str(CapacityShareLoad(0.5))) == [50]
    assert str(CapacityShareLoad(0.5)).endswith("Poisson arrivals")


def test_one_round_without_a_failure_is_enough_for_a_capacity() -> None:
    suite = a_suite_of(a_share())
    run = measured(suite, failures=(a_failure("waitress", 1),))
    assert "waitress" in capacities(run, run.plan.suite.benchmarks[0]).per_s


@given(st.floats(1e-3, 1e7))
def test_a_rounded_rate_is_off_by_no_more_than_two_and_a_half_per_cent(per_s: float) -> None:
    assert math.isclose(rounded(per_s), per_s, rel_tol=0.0251)
    assert len(f"{rounded(per_s):.6e}".partition("e")[0].rstrip("0").replace(".", "")) <= 3


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.floats(1.0, 1e6), min_size=1),
    st.floats(0.01, 0.99),
)
def test_no_stack_has_a_smaller_capacity_than_the_one_that_sets_the_rate(
    per_s: dict[str, float], share: float
) -> None:
    of = Capacities(per_s).share(share, 16)
    assert of is not None
    assert {of.stack: of.per_s, **of.others} == per_s
    assert all(of.per_s <= other for other in of.others.values())


@pytest.mark.parametrize(
    ("window_s", "servers", "expected"),
    [(0.15, 6, (0.15, 4)), (0.6, 6, (0.3, 4)), (0.6, 15, (0.3, 2)), (2.0, 15, (2.0, 2))],
)
def test_the_pilot_of_a_race_is_soon_over(
    window_s: float, servers: int, expected: tuple[float, int]
) -> None:
    names = tuple(f"server-{number}" for number in range(servers))
    closed = dataclasses.replace(json_query(names, windows=8), window_s=window_s, lead_in_s=0.05)
    half = dataclasses.replace(
        closed, name="half", load=CapacityShareLoad(0.5), mode="whole", windows=1
    )
    race = dataclasses.replace(
        a_suite(names),
        benchmarks=(closed, half),
        race_info=RaceInfo("app", "", "/", closed.name, ("half",)),
    )
    pilot = calibration_suite(race)
    assert pilot is not None
    (benchmark,) = pilot.benchmarks
    assert (benchmark.window_s, benchmark.windows) == expected
    assert pilot.warm_up.at_most_s < race.warm_up.at_most_s
