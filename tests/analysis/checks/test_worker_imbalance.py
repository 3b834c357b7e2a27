"""One worker that does the work of several, where the others could have worked."""

from __future__ import annotations

import dataclasses

import pytest
from subjects import a_history, a_round, found, used

from timetrial.analysis.checks.worker_imbalance import allowed_share


@pytest.mark.parametrize(
    ("workers", "cpu_s", "fires"),
    [
        (2, (0.0, 0.30, 0.30), False),
        (2, (0.0, 0.45, 0.15), False),
        (2, (0.0, 0.46, 0.14), True),
        (4, (0.3, 0.1, 0.1, 0.1), False),
        (4, (0.35, 0.1, 0.1, 0.05), True),
        (4, (0.6,), False),
        (1, (0.6, 0.0), False),
        (2, (0.04, 0.0), False),
    ],
)
def test_one_worker_that_does_the_work_of_all_is_doubted(
    workers: int, cpu_s: tuple[float, ...], *, fires: bool
) -> None:
    subject = dataclasses.replace(a_round(), uses=used(*cpu_s, cpus=tuple(range(workers))))
    finding = found("worker-imbalance", a_history(subject, workers=workers))
    assert (finding is not None) == fires


@pytest.mark.parametrize(
    ("cpus", "cpu_s", "fires"),
    [
        ((0,), (0.6, 0.0, 0.0, 0.0), False),  # the scheduler decides; no CPU is idle for it
        ((0, 1), (0.4, 0.1, 0.1, 0.0), False),
        ((0, 1), (0.5, 0.1, 0.0, 0.0), True),
        ((), (0.6, 0.0, 0.0, 0.0), False),  # they are gone, and had the one that was planned
    ],
)
def test_workers_are_held_to_the_cpus_that_they_can_use(
    cpus: tuple[int, ...], cpu_s: tuple[float, ...], *, fires: bool
) -> None:
    subject = dataclasses.replace(a_round(), uses=used(*cpu_s, cpus=cpus))
    finding = found("worker-imbalance", a_history(subject, workers=len(cpu_s)))
    assert (finding is not None) == fires


def test_what_one_worker_may_do_lies_between_a_fair_share_and_all() -> None:
    for workers in range(2, 65):
        assert 1 / workers < allowed_share(workers) < 1
