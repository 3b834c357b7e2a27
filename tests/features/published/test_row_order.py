"""Which of two published rows was faster, and what two that differ too little say."""

from __future__ import annotations

import math

import pytest

from samples import FIRST, SECOND, changed, real, rows_of, sound
from timetrial.features.published.detectors import judge
from timetrial.features.published.row import JudgedRow, PublishedRow
from timetrial.features.published.row_order import (
    WITHIN_NOISE,
    Bounds,
    Noise,
    bounds,
    direction,
    rerun_noise,
)

NOISE = Noise(1.07, "quick")
UVICORN, SYNC = (real("sync-vs-async", "visit", name, FIRST) for name in ("uvicorn-2", "sync-2"))


def judged(row: PublishedRow) -> JudgedRow:
    return judge((row,))[0]


def database(stack: str, document: str = FIRST) -> JudgedRow:
    return judged(real("sync-vs-async", "visit", stack, document))


def test_noise_is_what_lies_between_two_runs_of_one_sound_row() -> None:
    noise = rerun_noise(rows_of("sync-vs-async"))
    assert noise.suite == "sync-vs-async"
    assert round(noise.ratio, 4) == round(78.900679 / 73.679303, 4)


def test_a_collection_without_a_sound_rerun_borrows_the_noise_of_others() -> None:
    assert rerun_noise(rows_of("django-workers")) == Noise(1.0, None)
    borrowed = rerun_noise(rows_of("django-workers"), rows_of("sync-vs-async"))
    assert borrowed.suite == "sync-vs-async"


def test_two_runs_of_one_row_are_not_told_apart() -> None:
    noise = rerun_noise(rows_of("sync-vs-async"))
    runs = database("sync-2", FIRST), database("sync-2", SECOND)
    found = direction(*runs, noise)
    assert (found.heading, found.reasons) == ("cannot tell", (WITHIN_NOISE,))
    assert found.ratio in {noise.ratio, 1 / noise.ratio}


def test_sound_rows_have_a_direction_and_a_ratio() -> None:
    found = direction(judged(sound(20_000)), judged(sound(10_000)), NOISE)
    assert (found.heading, found.ratio) == ("higher", 2.0)


def test_turned_round_the_direction_is_the_opposite() -> None:
    found = direction(judged(sound(10_000)), judged(sound(20_000)), NOISE)
    assert (found.heading, found.ratio) == ("lower", 0.5)


def test_rows_at_the_ceiling_cannot_be_told_apart() -> None:
    found = direction(database("uvicorn-2"), database("gevent-2"), NOISE)
    assert (found.heading, found.ratio) == ("cannot tell", None)
    assert found.reasons == ("ceiling-of-the-client",)


def test_a_row_at_the_ceiling_is_at_least_that_much_faster_than_one_below() -> None:
    found = direction(database("uvicorn-2"), database("sync-2"), NOISE)
    assert (found.heading, found.ratio) == ("higher", None)
    assert found.reasons == ("ceiling-of-the-client",)


def test_failures_that_were_counted_leave_an_upper_bound() -> None:
    daphne = judged(real("django-workers", "sync/json", "daphne"))
    gevent = judged(real("django-workers", "sync/json", "gunicorn-gevent"))
    found = bounds(daphne)
    assert found is not None
    assert (round(found.low), round(found.high)) == (113, 279)
    assert direction(gevent, daphne, NOISE).heading == "higher"


def test_bounds_that_overlap_cannot_tell() -> None:
    half_late = judged(changed(sound(20_000), timeouts=10_000, latency_mean_us=50_000))
    found = direction(half_late, judged(sound(15_000)), NOISE)
    assert (found.heading, found.reasons) == ("cannot tell", ("failures-counted",))


def test_a_row_at_the_ceiling_has_no_upper_bound() -> None:
    assert bounds(database("uvicorn-2")) == Bounds(225.046201, math.inf)


def test_a_crash_bounds_nothing() -> None:
    crashed = judged(real("pipelining", "depth-5", "japronto-hello"))
    other = judged(real("pipelining", "depth-5", "aiohttp-hello"))
    assert bounds(crashed) is None
    found = direction(other, crashed, NOISE)
    assert (found.heading, found.ratio) == ("cannot tell", None)
    assert found.reasons == ("stopped-answering",)


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        pytest.param(sound(20_000), sound(10_000), "2.00 times", id="ratio"),
        pytest.param(UVICORN, SYNC, "at least 2.85 times", id="lower bound"),
        pytest.param(SYNC, UVICORN, "at most 0.351 times", id="upper bound"),
        pytest.param(
            sound(20_000),
            sound(19_000),
            "they are 5.3 % apart, and two runs of one row 7 %",
            id="within noise",
        ),
        pytest.param(
            real("pipelining", "depth-5", "aiohttp-hello"),
            real("pipelining", "depth-5", "japronto-hello"),
            "japronto-hello in depth-5 (stopped-answering) is void",
            id="one void",
        ),
        pytest.param(
            UVICORN,
            real("sync-vs-async", "visit", "gevent-2", FIRST),
            "uvicorn-2 in visit (ceiling-of-the-client) and gevent-2 in visit "
            "(ceiling-of-the-client) are void",
            id="both void",
        ),
    ],
)
def test_what_a_direction_rests_on_is_a_clause(
    one: PublishedRow, other: PublishedRow, why: str
) -> None:
    assert direction(judged(one), judged(other), NOISE).why == why
