"""What stands out in the life of a stack."""

from __future__ import annotations

import pytest

from experiments_made_up import a_kill, a_passage, a_reload, a_setback, a_stop, alone
from timetrial.features.lifecycle.judge import remarks
from timetrial.features.lifecycle.stack_summary import summarize_stack
from timetrial.model.experiment import Experiment
from timetrial.model.lifecycle_summary import StackSummary
from timetrial.model.units import MIB


def summary(*experiments: Experiment, workers: int = 2) -> StackSummary:
    return summarize_stack("a", workers, experiments)


def said(*experiments: Experiment, workers: int = 2) -> str:
    return "; ".join(remarks(summary(*experiments, workers=workers)))


def test_of_a_sound_life_nothing_is_said() -> None:
    assert said(a_stop(), a_reload(), a_kill()) == ""


@pytest.mark.parametrize(
    ("experiment", "remark"),
    [
        (
            a_kill(ended=True, exit_code=1, back_s=None),
            "the whole server ends when one worker dies, with exit code 1",
        ),
        (a_kill(back_s=None), "a killed worker does not come back"),
        (
            a_kill(outcome=a_passage(silent=range(10, 18))),
            "no request is answered for 0.8 s after one worker was killed",
        ),
        (a_kill(served=(190, 10)), "one of 2 workers does 95 % of the work (requests)"),
        (
            a_kill(served=(), cpu_s=(0.09, 0.01)),
            "one of 2 workers does 90 % of the work (CPU time)",
        ),
        (a_reload(ended=True), "SIGHUP ends the whole server"),
        (a_reload(replaced=0), "SIGHUP replaces no worker: new code is not served"),
        (a_reload(outcome=a_passage(lost=2, refused=3)), "a reload loses up to 5 requests"),
        (
            a_reload(outcome=a_passage(silent=range(11, 14))),
            "no request is answered for 0.3 s during a reload",
        ),
        (a_stop(exit_s=None), "SIGTERM does not end it within the time given"),
        (a_stop(lost=3, cut_off=3), "SIGTERM cuts off up to 3 requests that were in flight"),
        (
            a_stop(lost=1),
            "SIGTERM lets up to 1 request come in that is never answered",
        ),
        (a_stop(exit_s=6.2), "it takes up to 6.2 s to end"),
        (a_stop(left=1), "1 process lives on after SIGTERM has ended the main process"),
        (
            a_stop(exit_code=3),
            "it ends with exit code 3 after SIGTERM, which looks like a failure",
        ),
        (a_setback(), "the experiment 'stop' failed: start: the port is taken"),
    ],
)
def test_what_an_operator_has_to_know_is_said(experiment: Experiment, remark: str) -> None:
    assert remark in remarks(summary(experiment))


@pytest.mark.parametrize("code", [0, -15, 143])
def test_exit_codes_that_service_managers_expect_are_no_failure(code: int) -> None:
    assert said(a_stop(exit_code=code)) == ""


def test_what_happens_now_and_then_is_said_with_how_often() -> None:
    text = said(a_kill(repeat=1), a_kill(repeat=2), a_kill(repeat=3, ended=True, back_s=None))
    assert "dies (1 of" in text
    assert "of 3 times)" in text


def test_one_process_that_serves_has_no_worker_to_lose_and_nobody_to_share_with() -> None:
    found = summary(alone(), workers=1)
    assert found.worker is not None
    assert found.worker.alone
    assert remarks(found) == ()


def test_memory_is_that_of_the_tree_divided_by_the_workers() -> None:
    found = summary(a_stop(repeat=1), a_stop(repeat=2), workers=2)
    assert found.rest_bytes is not None
    assert found.loaded_bytes is not None
    assert found.rest_bytes.median == 20 * MIB
    assert found.loaded_bytes.median == 22 * MIB


def test_figures_of_repeats_are_their_median_with_the_least_and_the_most() -> None:
    found = summary(*(a_stop(repeat=repeat, lost=repeat) for repeat in (1, 2, 5)))
    assert found.stop is not None
    lost = found.stop.lost
    assert (lost.low, lost.median, lost.high, lost.repeats) == (1, 2, 5, 3)


def test_other_stacks_do_not_count() -> None:
    assert summary(a_stop("b"), a_kill("b")) == summary()
