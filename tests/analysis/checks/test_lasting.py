"""A single moment of a short measurement is no disturbance; what lasts is one."""

from __future__ import annotations

import dataclasses

import pytest
from subjects import a_history, a_round, found, surroundings

from runs import a_window


@pytest.mark.parametrize(
    ("waits_s", "fires"),
    [([0.0, 0.03, 0.0, 0.0], False), ([0.03, 0.0, 0.0, 0.03], True), ([0.1, 0.0, 0.0, 0.0], True)],
)
def test_a_moment_in_one_short_window_is_no_disturbance(
    waits_s: list[float], *, fires: bool
) -> None:
    short = a_window(length_s=0.1, completions=100)
    windows = [
        dataclasses.replace(
            short, generator_wait_s=each, server_wait_s=each, foreign_cpu_s=min(each, 0.05)
        )
        for each in waits_s
    ]
    subject = a_history(a_round(*windows))
    assert (found("generator-waited", subject) is not None) == fires
    two_moments = sum(min(each, 0.05) for each in waits_s) > 0.05
    assert (found("server-waited", subject) is not None) == two_moments


@pytest.mark.parametrize(("ticks", "fires"), [([5, 0], False), ([5, 5], True), ([9, 0], True)])
def test_a_few_ticks_of_steal_are_a_moment(ticks: list[int], *, fires: bool) -> None:
    rounds = [
        a_round(round_=number, around=surroundings(0.5, steal_s=each / 100))
        for number, each in enumerate(ticks, start=1)
    ]
    assert (found("steal", a_history(*rounds)) is not None) == fires
