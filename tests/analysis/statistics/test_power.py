"""Noise floors: the formulas against simulation and SciPy's distributions."""

from __future__ import annotations

import math
import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from timetrial.analysis.statistics.mean_inference import centre
from timetrial.analysis.statistics.power import POWER, detectable, half_width, noise_floors
from timetrial.analysis.statistics.t_distribution import quantile

SDS = st.floats(1e-4, 0.5)
ROUNDS = st.integers(3, 200)


@given(SDS, ROUNDS)
def test_the_chance_to_find_the_detectable_difference_is_the_power(sd: float, rounds: int) -> None:
    shift = detectable(sd, rounds) / (sd / math.sqrt(rounds))
    critical = quantile(rounds - 1, 0.95)
    found = 1 - special.nctdtr(rounds - 1, shift, critical)
    assert found == pytest.approx(POWER, abs=1e-6)


def test_simulated_runs_find_it_in_80_of_100() -> None:
    randomness = random.Random(1)  # noqa: S311 - numbers that must repeat
    rounds, sd, runs = 8, 0.01, 2_000
    true = detectable(sd, rounds)
    found = 0
    for _ in range(runs):
        found += centre([randomness.gauss(true, sd) for _ in range(rounds)]).p < 0.05
    assert found / runs == pytest.approx(POWER, abs=0.03)


@given(SDS, ROUNDS)
def test_more_rounds_and_less_noise_show_smaller_differences(sd: float, rounds: int) -> None:
    assert detectable(sd, rounds + 1) < detectable(sd, rounds)
    assert half_width(sd, rounds + 1) < half_width(sd, rounds)
    assert detectable(2 * sd, rounds) == pytest.approx(2 * detectable(sd, rounds))


@given(SDS, ROUNDS)
def test_what_is_found_in_80_of_100_is_larger_than_the_half_width(sd: float, rounds: int) -> None:
    assert detectable(sd, rounds) > half_width(sd, rounds)


def test_the_half_width_is_that_of_the_interval() -> None:
    differences = [0.01, -0.02, 0.005, 0.03, -0.01, 0.0]
    expected = centre(differences).half_width
    assert half_width(statistics.stdev(differences), 6) == pytest.approx(expected)


def test_floors_are_given_for_the_lengths_that_have_room_for_three_rounds() -> None:
    floors = noise_floors([0.01, -0.01, 0.02, -0.02], 25.0, (60.0, 300.0, 600.0))
    assert [(floor.length_s, floor.rounds) for floor in floors] == [(300.0, 12), (600.0, 24)]
    sd = statistics.stdev([0.01, -0.01, 0.02, -0.02])
    assert floors[0].detectable == pytest.approx(math.expm1(detectable(sd, 12)))
    assert floors[0].half_width == pytest.approx(math.expm1(half_width(sd, 12)))


def test_one_round_has_no_noise_to_be_seen() -> None:
    with pytest.raises(ValueError, match="two rounds"):
        noise_floors([0.01], 5.0, (60.0,))
