"""Verdicts of the shipped code on rounds whose noise is known."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from synthetic import CONDITIONS, recording

import usual
from recorded import Recording, read, write
from resampling import Share
from shipped import (
    METRICS,
    MOST_ROUNDS,
    Metric,
    decide,
    difference,
    go_on_until_settled,
    shifted,
)
from tables import Level, levelled, tables_with_false_alarms
from timetrial.analysis.statistics.design import LOOKS
from timetrial.analysis.statistics.estimates import window_cpu_s_per_1000, window_throughput
from timetrial.model.measurement import MachineConditions, Measurement
from trials import (
    Shares,
    coverage_of_looks,
    coverage_outside,
    false_alarms,
    false_alarms_gone_on,
    often_found,
    pairs,
    power,
    power_gone_on,
    rounds_within,
    smallest_found,
    wrong_signs,
)

NOISE = 0.01
PAIR = {"two": ("a", "b")}
RECORDINGS = 12
"""Of which shares are counted together: by chance, those of one alone are off."""
OTHER = 9_000
"""Samples take no seed of a recording: the same numbers would make the one depend on the other."""


def joined(shares: Iterable[Shares], metric: Metric) -> Share:
    """Count together what samples of several recordings gave."""
    own = [each[metric] for each in shares]
    return Share(sum(each.hits for each in own), sum(each.of for each in own))


@given(st.floats(-0.5, 0.5), st.sampled_from(METRICS))
def test_a_shift_raises_the_ratio_by_as_much(by: float, metric: Metric) -> None:
    ((a, b),) = pairs(recording(PAIR, 1), "two", "a", "b")
    before, after = difference(metric, (a, b)), difference(metric, (a, shifted(b, by)))
    assert before is not None
    assert after is not None
    assert after - before == pytest.approx(by, abs=1e-6)


def test_stacks_that_change_their_names_change_the_sign() -> None:
    ((a, b),) = pairs(recording(PAIR, 1), "two", "a", "b")
    one, other = difference("throughput", (a, b)), difference("throughput", (b, a))
    assert one is not None
    assert other == pytest.approx(-one)


def test_equal_stacks_are_told_apart_in_one_of_twenty_comparisons_at_most() -> None:
    """Fixed rounds and looks alike, over many recordings: what one holds by chance does not."""
    recorded = [
        pairs(recording(PAIR, 60, seed=seed), "two", "a", "b") for seed in range(RECORDINGS)
    ]
    fixed = [false_alarms([e], "alternate", 12, 15, seed=OTHER + n) for n, e in enumerate(recorded)]
    gone_on = [
        false_alarms_gone_on([e], "alternate", 3, seed=OTHER + n) for n, e in enumerate(recorded)
    ]
    for metric in METRICS:
        low, high = joined(fixed, metric).bounds
        assert low <= 0.05 <= high
        assert joined((each.alarms for each in gone_on), metric).bounds[0] <= 0.05
    assert all(LOOKS[0] <= each.rounds <= LOOKS[-1] for each in gone_on)


def test_a_stack_that_is_ahead_is_found_and_never_the_wrong_way_round() -> None:
    rounds = pairs(recording(PAIR, 40, ahead={"b": 0.05}), "two", "a", "b")
    verdict = decide("throughput", rounds, "alternate")
    assert verdict is not None
    assert verdict.sign == 1
    assert often_found("throughput", rounds, "alternate", 12, 1, 30)
    assert not often_found("throughput", rounds, "alternate", 12, -1, 30)
    assert not often_found("throughput", rounds, "alternate", 4, 1, 30)
    equal = pairs(recording(PAIR, 40), "two", "a", "b")
    assert wrong_signs("throughput", equal, "alternate", math.log(1.1), 100, seed=1).hits == 0


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    recorded = [
        pairs(recording(PAIR, 60, ahead={"b": 0.03}, seed=seed), "two", "a", "b")
        for seed in range(RECORDINGS)
    ]
    fixed = [
        coverage_outside(e, "alternate", 12, 20, seed=OTHER + n) for n, e in enumerate(recorded)
    ]
    looks = [coverage_of_looks(e, "alternate", 3, seed=OTHER + n) for n, e in enumerate(recorded)]
    for metric in METRICS:
        assert 0.92 <= joined(fixed, metric).value <= 0.98
        low, high = joined(looks, metric).bounds
        assert low <= 0.97
        assert high >= 0.93


def test_the_smallest_difference_that_is_found_is_that_of_theory() -> None:
    """Of n differences with standard deviation s: (t + 0.84) · s / √n, roughly."""
    rounds = pairs(recording(PAIR, 60, noise=NOISE), "two", "a", "b")
    expected = (2.07 + 0.84) * NOISE * math.sqrt(2) / math.sqrt(24)
    found = smallest_found(power("throughput", rounds, "alternate", 24, 20))
    assert expected / 1.5 < found < expected * 1.5


def test_more_rounds_find_smaller_differences() -> None:
    rounds = pairs(recording(PAIR, 60), "two", "a", "b")
    few, many = (smallest_found(power("throughput", rounds, "alternate", n, 12)) for n in (6, 30))
    assert many < few


def test_a_run_that_stops_by_itself_does_so_the_earlier_the_clearer_it_is() -> None:
    clear = pairs(recording(PAIR, MOST_ROUNDS, ahead={"b": 0.3}), "two", "a", "b")
    vague = pairs(recording(PAIR, MOST_ROUNDS, noise=0.3), "two", "a", "b")
    early, late = (go_on_until_settled(each, "alternate") for each in (clear, vague))
    assert (early.rounds, late.rounds) == (LOOKS[0], LOOKS[-1])
    assert early.verdicts["throughput"].sign == 1
    equal = pairs(recording(PAIR, 20), "two", "a", "b")
    assert power_gone_on("throughput", equal, "alternate", 5)(0.3) == 1.0


def test_rounds_that_strangers_disturbed_do_not_count(tmp_path: Path) -> None:
    """As recorded, written and read: the checks that know no result look at every sample."""
    kept = recording(PAIR, 20)
    disturbed = dataclasses.replace(
        kept,
        rounds=tuple(
            dataclasses.replace(each, benchmarks={"two": _stolen_from(each.benchmarks["two"])})
            if number % 5 == 0
            else each
            for number, each in enumerate(kept.rounds)
        ),
    )
    write(disturbed, tmp_path / "r.json")
    found, whole, without = (
        decide("throughput", pairs(each, "two", "a", "b"), "alternate")
        for each in (
            read(tmp_path / "r.json"),
            kept,
            Recording(
                tuple(each for number, each in enumerate(kept.rounds) if number % 5), CONDITIONS
            ),
        )
    )
    assert found == without
    assert found != whole


def _stolen_from(measured: Mapping[str, Measurement]) -> dict[str, Measurement]:
    """The hypervisor took a tenth of the CPU time, and `b` was ten times as fast."""
    around = MachineConditions(passed_s=4.0, server_cpus=(0,), measured_cpus=2, steal_s=0.8)
    ahead = {name: shifted(each, math.log(10) * (name == "b")) for name, each in measured.items()}
    return {name: dataclasses.replace(each, surroundings=around) for name, each in ahead.items()}


@pytest.mark.parametrize("metric", METRICS)
def test_a_large_difference_is_found_in_duets_as_in_turns(metric: Metric) -> None:
    rounds = pairs(recording({"duet": "ab"}, 20), "duet", "a", "b")
    assert power(metric, rounds, "duet", 12, 5)(0.3) == 1.0
    assert power_gone_on(metric, rounds, "duet", 5)(0.3) == 1.0


def test_a_duet_that_was_shared_unevenly_has_no_ratio_of_throughputs() -> None:
    equal = pairs(recording({"duet": "ab"}, 12), "duet", "a", "b")
    rounds = [(a, shifted(b, 0.5)) for a, b in equal]
    assert decide("throughput", rounds, "duet") is None
    assert decide("cpu_s_per_1000", rounds, "duet") is not None


def test_time_is_turned_into_whole_rounds() -> None:
    assert [rounds_within(minutes, 7.0) for minutes in (1, 3)] == [8, 25]


def test_what_stacks_of_a_round_have_in_common_is_taken_out() -> None:
    (round_,) = recording({"four": "abcd"}, 1).of("four")
    level = levelled(round_, Level(log_rate=2.0, log_cost=3.0))
    rates = [math.log(window_throughput(each.windows)) for each in level]
    costs = [math.log(window_cpu_s_per_1000(each.windows) or 0) for each in level]
    assert sum(rates) / 4 == pytest.approx(2, abs=0.01)
    assert sum(costs) / 4 == pytest.approx(3, abs=0.01)


@pytest.mark.parametrize(("rounds", "looks"), [(8, False), (MOST_ROUNDS, True)])
def test_most_tables_of_twenty_equal_stacks_have_no_false_verdict(
    rounds: int,
    looks: bool,  # noqa: FBT001 - a case
) -> None:
    four = recording({"four": "abcd"}, 40).of("four")
    shares = tables_with_false_alarms(four, rounds, 5, seed=1, several_looks=looks)
    assert all(share.of == 5 and share.hits <= 1 for share in shares.values())


def test_runs_that_differ_from_start_to_start_fool_who_looks_at_seconds_alone() -> None:
    steady = [[1_000 + (7 * second + run) % 11 for second in range(15)] for run in range(9)]
    moody = [[count + 50 * (run % 3) for count in counts] for run, counts in enumerate(steady)]
    calm, fooled = usual.one_run_each(steady), usual.one_run_each(moody)
    assert usual.false_alarms(calm).hits == 0  # type: ignore[union-attr]  # there are runs
    assert usual.false_alarms(fooled).value == 1.0  # type: ignore[union-attr]  # likewise
    assert usual.coverage(fooled).value == 0.0  # type: ignore[union-attr]  # likewise
    small, large = usual.smallest_found(calm), usual.smallest_found(fooled)
    assert small is not None
    assert large is not None
    assert small < large


def test_the_best_of_three_hides_what_differs_between_runs_in_part() -> None:
    runs = [[1_000 + 50 * (run % 3)] * 15 for run in range(9)]
    said = usual.best_of_three(runs)
    assert len(said) == 4
    assert usual.false_alarms(said).hits == 0  # type: ignore[union-attr]  # there are runs


def test_without_runs_there_is_nothing_to_say() -> None:
    assert usual.false_alarms([]) is None
    assert usual.smallest_found(usual.best_of_three([[1, 2]])) is None
