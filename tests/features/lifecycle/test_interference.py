"""Experiments that were held while the machine was disturbed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence import numbers_in
from experiments_made_up import a_kill, a_reload, a_stop, surrounded
from timetrial.analysis.checks.thresholds import FOREIGN_CPU, STEAL
from timetrial.features.lifecycle.judge import remarks
from timetrial.features.lifecycle.stack_summary import excess, exclude_disturbed, summarize_stack
from timetrial.model.experiment import Experiment, MachineInterval

CALM, HOGGED = surrounded(), surrounded(foreign_cpu_s=1.4)


def said(*experiments: Experiment) -> str:
    return "; ".join(remarks(summarize_stack("a", 2, experiments)))


@pytest.mark.parametrize(
    ("machine_interval", "reason"),
    [
        (surrounded(foreign_cpu_s=1.4), "other processes took 35 % of a core from the server's"),
        (surrounded(steal_s=0.8), "the hypervisor gave 10 % of the CPU time to others"),
        (surrounded(throttled_s=0.4), "a CPU quota held everything back for 10 % of the time"),
        (surrounded(memory_pressure_s=1.0), "processes waited for memory for 25 % of the time"),
    ],
)
def test_what_goes_over_the_threshold_of_trials_is_a_disturbance(
    machine_interval: MachineInterval, reason: str
) -> None:
    found = excess(machine_interval)
    assert found is not None
    assert found.reason == reason


@given(
    foreign=st.none() | st.floats(0, FOREIGN_CPU.doubtful or 0),
    steal=st.none() | st.floats(0, STEAL.doubtful or 0),
)
def test_what_stays_below_the_thresholds_is_none(
    foreign: float | None, steal: float | None
) -> None:
    machine_interval = surrounded(
        None if foreign is None else foreign * 4.0, None if steal is None else steal * 8.0
    )
    assert excess(machine_interval) is None


def test_a_clock_tick_in_a_short_start_is_none() -> None:
    assert excess(surrounded(foreign_cpu_s=0.01, steal_s=0.01, passed_s=0.15)) is None


def test_where_nobody_looked_nothing_is_said() -> None:
    assert excess(None) is None
    assert excess(surrounded(None, None, seen_s=0.0)) is None
    assert said(a_stop(), a_reload(), a_kill()) == ""


def test_the_worst_of_several_disturbances_is_named() -> None:
    found = excess(surrounded(foreign_cpu_s=0.3, steal_s=0.8))
    assert found is not None
    assert found.reason.startswith("the hypervisor")


@given(st.lists(st.sampled_from([None, CALM, HOGGED]), min_size=1, max_size=7))
def test_disturbed_repeats_are_left_out_only_where_others_remain(
    seen: list[MachineInterval | None],
) -> None:
    sifted = exclude_disturbed("stop", seen, lambda machine_interval: machine_interval)
    calm = tuple(machine_interval for machine_interval in seen if machine_interval is not HOGGED)
    assert sifted.used == (calm or tuple(seen))
    assert (sifted.doubt is None) == (HOGGED not in seen)
    if sifted.doubt is not None:
        assert sifted.doubt.left_out == len(seen) - len(sifted.used)
        assert sifted.doubt.disturbed == seen.count(HOGGED)


def test_a_disturbed_start_is_not_in_the_median_of_starts_but_its_exit_is() -> None:
    summary = summarize_stack(
        "a",
        2,
        [
            a_stop(repeat=1, at_start=CALM, machine_interval=CALM, exit_s=0.3),
            a_stop(repeat=9, at_start=HOGGED, machine_interval=CALM, exit_s=0.5),
        ],
    )
    assert summary.startup_s is not None
    assert (round(summary.startup_s.median, 3), summary.startup_s.repeats) == (0.41, 1)
    assert summary.stop is not None
    assert summary.stop.exit_s is not None
    assert (summary.stop.exit_s.median, summary.stop.exit_s.repeats) == (0.4, 2)
    (doubt,) = summary.doubts
    assert (doubt.figures, doubt.disturbed, doubt.repeats, doubt.left_out) == ("start", 1, 2, 1)
    (remark,) = remarks(summary)
    assert numbers_in(remark) == [1, 2, 35]


def test_requests_that_were_lost_in_a_disturbed_repeat_do_not_count_beside_others() -> None:
    calm, hogged = a_stop(machine_interval=CALM), a_stop(repeat=2, lost=7, machine_interval=HOGGED)
    assert "never answered" not in said(calm, hogged)
    assert "up to 7" in said(hogged)
    assert "never answered" in said(hogged)


@pytest.mark.parametrize(
    ("experiment", "remark"),
    [
        (
            a_stop(machine_interval=HOGGED),
            "doubtful, as the machine was disturbed: exit time and lost requests at SIG",
        ),
        (
            a_reload(machine_interval=HOGGED),
            "doubtful, as the machine was disturbed: time and lost requests of a reload; at worst",
        ),
        (
            a_kill(machine_interval=HOGGED),
            "doubtful, as the machine was disturbed: time and lost requests of a killed",
        ),
    ],
)
def test_where_all_repeats_were_disturbed_the_figures_stay_and_are_doubtful(
    experiment: Experiment, remark: str
) -> None:
    assert said(experiment).startswith(remark)


def test_all_that_is_doubtful_of_a_stack_is_one_sentence_with_the_worst_reason() -> None:
    worse = surrounded(foreign_cpu_s=3.2)
    (remark,) = remarks(summarize_stack("a", 2, [a_stop(at_start=HOGGED, machine_interval=worse)]))
    assert remark == (
        "doubtful, as the machine was disturbed: the start time, exit time and lost requests at "
        "SIGTERM; at worst, other processes took 80 % of a core from the server's"
    )


def test_what_a_server_did_counts_whatever_the_machine_was_like() -> None:
    calm = a_kill(machine_interval=CALM)
    ended = a_kill(repeat=2, machine_interval=HOGGED, ended=True, exit_code=1, back_s=None)
    assert "dies (1 of" in said(calm, ended)
    assert "of 2 times)" in said(calm, ended)


def test_what_happened_in_a_disturbed_repeat_alone_is_not_said_to_happen_never() -> None:
    never, late = (
        a_stop(machine_interval=CALM, exit_s=None),
        a_stop(repeat=2, machine_interval=HOGGED, exit_s=4.0),
    )
    summary = summarize_stack("a", 2, [never, late])
    assert summary.stop is not None
    assert summary.stop.exit_s is not None
    assert summary.stop.exit_s.median == 4.0
