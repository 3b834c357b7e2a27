"""Memory: the plane that is fitted, and what it predicts."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timetrial.features.tune.grid import Candidate
from timetrial.features.tune.memory import fit
from timetrial.model.summary import Estimate
from timetrial.model.units import MIB


def taken(
    base: float, worker: float, thread: float, settings: list[tuple[int, int]], noise: float = 0.0
) -> dict[Candidate, float]:
    randomness = random.Random(1)  # noqa: S311 - numbers that must repeat
    return {
        Candidate(workers, threads, "server"): MIB
        * (base + worker * workers + thread * workers * threads + randomness.gauss(0, noise))
        for workers, threads in settings
    }


SETTINGS = [(1, 1), (2, 1), (3, 1), (1, 8), (2, 8), (3, 8), (1, 32)]


@given(st.floats(5, 100), st.floats(1, 200), st.floats(0.01, 2))
def test_a_plane_is_found_exactly_where_there_is_no_noise(
    base: float, worker: float, thread: float
) -> None:
    found = fit(taken(base, worker, thread, SETTINGS))
    assert found is not None
    assert found.thread_bytes is not None
    assert found.base_bytes.value == pytest.approx(base * MIB, rel=1e-6)
    assert found.worker_bytes.value == pytest.approx(worker * MIB, rel=1e-6)
    expected = MIB * (base + 16 * worker + 64 * thread)
    assert found.predict(16, 4).value == pytest.approx(expected, rel=1e-6)


def test_without_threads_there_is_a_line() -> None:
    found = fit(taken(20, 30, 0, [(1, 1), (2, 1), (4, 1)]))
    assert found is not None
    assert found.thread_bytes is None
    assert found.predict(8, 1).value == pytest.approx(260 * MIB)


def test_intervals_of_predictions_hold_and_widen_with_the_distance() -> None:
    held = 0
    for seed in range(200):
        randomness = random.Random(seed)  # noqa: S311 - numbers that must repeat
        measured = {
            Candidate(workers, threads, "server"): MIB
            * (20 + 30 * workers + 0.2 * workers * threads + randomness.gauss(0, 1))
            for workers, threads in SETTINGS
        }
        found = fit(measured)
        assert found is not None
        prediction = found.predict(16, 4)
        assert prediction.low is not None
        assert prediction.high is not None
        truth = MIB * (20 + 30 * 16 + 0.2 * 64 + randomness.gauss(0, 1))
        held += prediction.low <= truth <= prediction.high
        assert _width(found.predict(32, 4)) > _width(prediction) > _width(found.predict(2, 4))
    assert 180 <= held <= 199


def test_as_many_unknowns_as_points_predict_without_an_interval() -> None:
    found = fit(taken(20, 30, 0.5, [(1, 1), (4, 1), (1, 16)]))
    assert found is not None
    prediction = found.predict(8, 1)
    assert prediction.value == pytest.approx(264 * MIB)
    assert (prediction.low, prediction.high) == (None, None)


def test_one_number_of_workers_gives_no_slope() -> None:
    assert fit(taken(20, 30, 0.5, [(1, 1), (1, 2), (1, 4)])) is None
    assert fit({}) is None


def test_it_says_how_many_workers_fit_into_a_memory() -> None:
    found = fit(taken(20, 30, 0.0, [(1, 1), (2, 1), (4, 1)]))
    assert found is not None
    assert found.workers_in(1024 * MIB, 1) == math.floor((1024 - 20) / 30)


def _width(estimate: Estimate) -> float:
    assert estimate.low is not None
    assert estimate.high is not None
    return estimate.high - estimate.low
