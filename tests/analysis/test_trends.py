"""Histories: what stands in one, and where its level changes."""

from __future__ import annotations

import dataclasses
import random

from hypothesis import given
from hypothesis import strategies as st

from runs import A_MACHINE, CHARACTERS, a_run, a_suite
from timetrial.analysis.summarize import summarize
from timetrial.analysis.trends import Point, changes, digest, histories
from timetrial.model.run import Run
from timetrial.model.run_digest import RunDigest
from timetrial.model.summary import Estimate

SUITE = a_suite(["granian", "uvicorn"], rounds=5)


def digest_of(number: int, run: Run | None = None) -> RunDigest:
    made = dataclasses.replace(
        run or a_run(SUITE, seed=number),
        number=number,
        created_at=f"2026-10-{number:02}T00:00:00+00:00",
    )
    return digest(summarize(made))


def points(values: list[float]) -> list[Point]:
    return [
        Point(number, "", Estimate(value, value * 0.98, value * 1.02, 5), "1", ())
        for number, value in enumerate(values, start=1)
    ]


def test_runs_are_ordered_by_time_whatever_their_order_in_the_store() -> None:
    found = histories([digest_of(3), digest_of(1), digest_of(2)])
    assert all([point.run for point in each.points] == [1, 2, 3] for each in found)


def test_another_machine_begins_another_history() -> None:
    elsewhere = dataclasses.replace(
        a_run(SUITE), machine=dataclasses.replace(A_MACHINE, cpu_model="Another CPU")
    )
    found = histories([digest_of(1), digest_of(2, elsewhere)])
    assert {len(each.points) for each in found} == {1}


def test_figures_that_findings_void_are_no_points() -> None:
    failing = dataclasses.replace(CHARACTERS["uvicorn"], failed_share=0.05)
    run = a_run(SUITE, characters={**CHARACTERS, "uvicorn": failing})
    found = histories([digest_of(1, run)])
    assert {each.stack for each in found} == {"granian"}


def test_a_step_is_found_with_its_size() -> None:
    noise = random.Random(1)  # noqa: S311 - numbers that must repeat
    values = [1_000 * noise.gauss(1, 0.01) for _ in range(8)]
    values += [900 * noise.gauss(1, 0.01) for _ in range(8)]
    (change,) = changes(points(values))
    assert change.run == 9
    assert abs(change.ratio - 0.9) < 0.01


@given(seed=st.integers(0, 10_000), runs=st.integers(1, 40))
def test_a_level_that_stays_changes_seldom(seed: int, runs: int) -> None:
    noise = random.Random(seed)  # noqa: S311 - numbers that must repeat
    found = changes(points([1_000 * noise.gauss(1, 0.01) for _ in range(runs)]))
    assert len(found) <= 1


def test_few_runs_say_nothing() -> None:
    assert changes(points([1_000.0, 500.0, 500.0])) == ()
