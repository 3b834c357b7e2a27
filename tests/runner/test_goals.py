"""A run goes on as long as its goal asks, and what ended is not started again."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from fake_stacks import FakeStack, Stage, measured, small_suite, staged
from timetrial.analysis.statistics.design import LOOKS
from timetrial.analysis.stopping import ended_by_user, taken_s
from timetrial.analysis.summarize import summarize
from timetrial.drivers.driver import LoadSpec
from timetrial.drivers.scripted import Scene
from timetrial.model.events import (
    BenchmarkStopped,
    RoundMeasured,
    RunStarted,
    StackStarting,
    TrialStored,
)
from timetrial.model.stop_rule import Budget, Precision, StopRule, Watch
from timetrial.model.suite import Suite

PAIR = ("gunicorn", "uvicorn")
OF_BENCHMARK = {"/hello": 0.0, "/echo": 0.2}
"""How far the stacks' rates scatter from round to round."""


def suite_with(stop_rule: StopRule) -> Suite:
    return dataclasses.replace(small_suite(LOOKS[-1], PAIR), stop_rule=stop_rule)


def scattered(stage: Stage) -> None:
    """Let stacks be alike in both benchmarks, steady in one and not in the other."""

    def scene(stack: FakeStack, _drive: LoadSpec, path: str) -> Scene:
        swing = (hash((stack.launch.port * 7_919) % 101) % 11 - 5) / 5
        return Scene(10_000 * (1 + OF_BENCHMARK[path] * swing))

    stage.script(scene)


def test_a_benchmark_that_is_decided_ends_and_the_other_goes_on(tmp_path: Path) -> None:
    with staged(tmp_path, suite_with(Precision(0.01))) as stage:
        scattered(stage)
        run = stage.execute()
    rounds = {
        name: {n for n, benchmark, _ in measured(run) if benchmark == name}
        for name in ("hello", "echo")
    }
    assert max(rounds["hello"]) == 12
    assert max(rounds["echo"]) == 32
    assert run.pending() == ()
    assert summarize(run).complete
    assert [(stop.benchmark, stop.after_round) for stop in run.stops] == [("hello", 12)]
    assert len(stage.events_of(BenchmarkStopped)) == 1


def test_a_run_of_which_all_is_decided_starts_no_stack_any_more(tmp_path: Path) -> None:
    with staged(tmp_path, suite_with(Precision(0.05))) as stage:
        run = stage.execute()
        starts = len(stage.started)
        (line,) = stage.store.list_runs()
        assert stage.execute() == run
    assert starts == len(stage.started) == 12 * len(PAIR)
    assert (line.trials_measured, line.trials_planned) == (48, 48)


def test_a_run_that_goes_on_keeps_its_goal(tmp_path: Path) -> None:
    with staged(tmp_path, suite_with(Precision(0.05))) as stage:

        def interrupt(event: object) -> None:
            if isinstance(event, RoundMeasured) and event.round == 7:
                raise KeyboardInterrupt

        stage.on_event = interrupt
        with pytest.raises(KeyboardInterrupt):
            stage.execute()
        assert not summarize(stage.store.load(stage.run)).complete
        stage.on_event = lambda _event: None
        run = stage.execute()
    assert run.rounds_due() == 12
    assert stage.events_of(RunStarted)[-1].rounds == 12, "those of before included"


def test_progress_counts_what_is_expected_and_not_what_could_be(tmp_path: Path) -> None:
    with staged(tmp_path, suite_with(Precision(0.05))) as stage:
        stage.execute()
    (started,) = stage.events_of(RunStarted)
    assert (started.rounds, started.trials) == (12, 48)
    assert {event.total for event in stage.events_of(TrialStored)} == {48}
    assert stage.events_of(TrialStored)[-1].done == 48
    told = stage.events_of(RoundMeasured)
    assert [event.round for event in told] == list(range(1, 13))
    assert {event.rounds for event in told} == {12}
    assert told[-1].remaining_s == 0
    assert told[0].widest is None
    assert told[5].widest is not None
    assert told[5].widest.provisional


def interrupt_at(stage: Stage, round_: int) -> None:
    """Press Ctrl-C when a round's first stack is about to be started."""

    def interrupt(event: object) -> None:
        if isinstance(event, StackStarting) and event.round == round_:
            raise KeyboardInterrupt

    stage.on_event = interrupt
    with pytest.raises(KeyboardInterrupt):
        stage.execute()
    stage.on_event = lambda _event: None


def test_a_budget_is_filled_and_kept(tmp_path: Path) -> None:
    with staged(tmp_path, suite_with(Budget(15.0))) as stage:
        run = stage.execute()
    done = run.rounds_due()
    assert 1 < done < LOOKS[-1]
    assert run.pending() == ()
    assert summarize(run).complete
    assert {(stop.benchmark, stop.after_round) for stop in run.stops} == {
        ("hello", done),
        ("echo", done),
    }
    # Another round of the average length would have gone beyond it.
    assert taken_s(run) <= 15.0 < taken_s(run) * (done + 1) / done


def test_a_run_that_is_resumed_keeps_its_budget(tmp_path: Path) -> None:
    with staged(tmp_path / "whole", suite_with(Budget(15.0))) as stage:
        in_one_go = stage.execute()
    with staged(tmp_path / "parts", suite_with(Budget(15.0))) as stage:
        interrupt_at(stage, round_=2)
        before = stage.store.load(stage.run)
        assert before.pending()
        stage.driver.wait(3_600)
        after = stage.execute()
    assert after.plan == before.plan
    assert after.pending() == ()
    assert after.rounds_due() == in_one_go.rounds_due()


def test_ctrl_c_is_the_end_of_a_run_that_is_watched(tmp_path: Path) -> None:
    with staged(tmp_path, suite_with(Watch())) as stage:
        interrupt_at(stage, round_=4)
        for stop in ended_by_user(stage.store.load(stage.run)):
            stage.store.add_stop(stage.run, stop)
        run = stage.store.load(stage.run)
    assert run.rounds_due() == 3
    assert run.pending() == ()
    summary = summarize(run)
    assert summary.complete
    assert any(
        comparison.metric == "throughput"
        for table in summary.tables
        for comparison in table.comparisons
    )


def test_of_rounds_in_virtual_time_the_expected_length_is_learnt(tmp_path: Path) -> None:
    with staged(tmp_path, suite_with(Budget(15.0))) as stage:
        run = stage.execute()
    told = stage.events_of(RoundMeasured)
    round_s = taken_s(run) / run.rounds_due()
    assert told[0].remaining_s == pytest.approx((told[0].rounds - 1) * round_s, rel=0.1)
    assert told[-1].remaining_s == 0
