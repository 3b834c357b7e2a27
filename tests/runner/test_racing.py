"""Servers that are clearly behind leave a race, and the time is spent on the others."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pytest

from fake_stacks import FakeStack, Stage, measured, small_suite, staged
from timetrial.analysis.checks.round_exclusion import Disturbance, ExcludedRounds
from timetrial.analysis.racing import leaving
from timetrial.analysis.recommendation import recommend
from timetrial.analysis.statistics.comparisons import is_significant
from timetrial.analysis.stopping import taken_s
from timetrial.analysis.summarize import summarize
from timetrial.drivers.driver import LoadSpec
from timetrial.drivers.scripted import Scene
from timetrial.model.dropped_stack import DroppedStack
from timetrial.model.events import (
    ProvisionalRanking,
    RoundMeasured,
    StackDropped,
    TrialStored,
    WindowMeasured,
)
from timetrial.model.measurement import MachineConditions, Measurement
from timetrial.model.race_info import Deployment, RaceInfo
from timetrial.model.run import Run
from timetrial.model.stop_rule import Budget, Precision, SoundRounds, StopRule
from timetrial.model.suite import Suite
from timetrial.model.units import NS_PER_S
from timetrial.runner.metering import TrialMeter, WindowCost
from timetrial.store import Store

RATES: Mapping[str, float] = {
    "granian": 10_000, "uvicorn": 9_500, "waitress": 6_000, "gunicorn": 4_000,
}  # fmt: skip
SLOW = {"waitress", "gunicorn"}


@pytest.fixture(autouse=True)
def disturbed(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """Let the rounds in which the machine is disturbed be these, whatever else runs on it."""
    rounds: set[int] = set()

    def excluded(measurements: Iterable[Measurement]) -> ExcludedRounds:
        numbers = {measurement.trial.round for measurement in measurements}
        found = (Disturbance(number, "granian", "it was") for number in sorted(numbers & rounds))
        return ExcludedRounds(tuple(found), len(numbers))

    monkeypatch.setattr("timetrial.analysis.cell_analysis.exclude_rounds", excluded)
    cost = WindowCost(None, None, None, alone=False)
    monkeypatch.setattr(TrialMeter, "end", lambda _meter: cost)
    conditions = MachineConditions(1.0, (1,), 2)
    monkeypatch.setattr(TrialMeter, "surroundings", lambda _meter: conditions)
    return rounds


def race_of(
    stop_rule: StopRule | None,
    rounds: int = 6,
    *,
    drops_slower: bool = True,
    unfit: tuple[str, ...] = (),
) -> Suite:
    """Plan a race in which 'hello' is the benchmark of capacity, and 'echo' that of latency."""
    suite = small_suite(rounds, tuple(RATES))
    race_info = RaceInfo(
        "app", "", "/", "hello", ("echo",),
        deployments=tuple(Deployment(name, (name,), (), unfit="it is old") for name in unfit),
        drops_slower=drops_slower,
    )  # fmt: skip
    return dataclasses.replace(suite, race_info=race_info, stop_rule=stop_rule)


def scattered(stage: Stage, rates: Mapping[str, float] = RATES) -> None:
    """Let servers have these rates, which scatter a little from round to round."""

    def scene(stack: FakeStack, _drive: LoadSpec, _path: str) -> Scene:
        swing = (stack.launch.port * 7_919 % 101 % 11 - 5) / 5
        return Scene(rates[stack.name] * (1 + 0.01 * swing))

    stage.script(scene)


def raced(folder: Path, suite: Suite, rates: Mapping[str, float] = RATES) -> tuple[Run, Stage]:
    with staged(folder, suite) as stage:
        scattered(stage, rates)
        return stage.execute(), stage


def starts_after(stage: Stage, round_: int) -> set[str]:
    return {name for number, name in stage.started if number > round_}


def test_the_clearly_slower_leave_after_three_rounds_and_are_not_started_again(
    tmp_path: Path,
) -> None:
    run, stage = raced(tmp_path, race_of(SoundRounds(6), 9))
    assert set(run.dropped) == {
        DroppedStack(benchmark, name, 3) for name in SLOW for benchmark in ("hello", "echo")
    }
    assert starts_after(stage, 3) == {"granian", "uvicorn"}
    assert {event.stack for event in stage.events_of(StackDropped)} == SLOW
    summary = summarize(run)
    assert summary.complete
    assert run.failures == ()
    (table, *_) = summary.tables
    left = {row.stack.name: row.dropped_after_round for row in table.rows}
    assert left == {"granian": None, "uvicorn": None, "waitress": 3, "gunicorn": 3}
    pairs = {frozenset((c.a, c.b)): c for c in table.comparisons if c.metric == "throughput"}
    assert is_significant(pairs[frozenset(("granian", "waitress"))])
    assert pairs[frozenset(("granian", "uvicorn"))].ratio.rounds == 6
    assert stage.events_of(TrialStored)[-1].done == stage.events_of(TrialStored)[-1].total


def test_keep_all_measures_all_to_the_end(tmp_path: Path) -> None:
    run, _ = raced(tmp_path, race_of(SoundRounds(4), 6, drops_slower=False))
    assert run.dropped == ()
    assert {name for number, _, name in measured(run) if number == 4} == set(RATES)


def test_with_a_precision_all_stay(tmp_path: Path) -> None:
    run, _ = raced(tmp_path, race_of(Precision(0.5), 4))
    assert run.dropped == ()


def test_servers_that_are_alike_stay(tmp_path: Path) -> None:
    run, _ = raced(tmp_path, race_of(SoundRounds(4), 6), dict.fromkeys(RATES, 5_000.0))
    assert run.dropped == ()


def test_a_disturbed_round_is_no_look(tmp_path: Path, disturbed: set[int]) -> None:
    disturbed.add(3)
    run, stage = raced(tmp_path, race_of(SoundRounds(5), 7))
    assert {left.after_round for left in run.dropped} == {4}
    assert starts_after(stage, 4) == {"granian", "uvicorn"}
    assert run.rounds_due() == 6


def test_two_stay_however_far_ahead_the_first_is(tmp_path: Path) -> None:
    rates = {**RATES, "granian": 40_000.0}
    run, stage = raced(tmp_path, race_of(SoundRounds(4), 6), rates)
    assert starts_after(stage, 3) == {"granian", "uvicorn"}
    choice = recommend(summarize(run))
    assert choice is not None
    assert (choice.kind, choice.stacks) == ("one", ("granian",))


def test_what_is_not_fit_for_production_drives_none_of_the_others_out(tmp_path: Path) -> None:
    rates = {"granian": 10_000.0, "uvicorn": 6_000.0, "waitress": 5_800.0, "gunicorn": 3_000.0}
    run, stage = raced(tmp_path, race_of(SoundRounds(4), 6, unfit=("granian",)), rates)
    assert starts_after(stage, 3) == {"granian", "uvicorn", "waitress"}
    choice = recommend(summarize(run))
    assert choice is not None
    assert choice.better_unfit is not None
    assert choice.better_unfit.stack == "granian"


def test_the_stack_of_the_control_stays(tmp_path: Path) -> None:
    suite = race_of(SoundRounds(4), 6)
    twin = dataclasses.replace(
        suite.stack("gunicorn"), name="gunicorn (control)", control_of="gunicorn"
    )
    benchmarks = tuple(
        dataclasses.replace(each, stacks=(*each.stacks, twin.name)) for each in suite.benchmarks
    )
    suite = dataclasses.replace(suite, stacks=(*suite.stacks, twin), benchmarks=benchmarks)
    _, stage = raced(tmp_path, suite, {**RATES, twin.name: RATES["gunicorn"]})
    assert starts_after(stage, 3) == set(RATES) - {"waitress"} | {twin.name}


def test_a_race_that_is_resumed_decides_as_one_that_is_not(tmp_path: Path) -> None:
    whole, _ = raced(tmp_path / "whole", race_of(SoundRounds(5), 7))
    with staged(tmp_path / "parts", race_of(SoundRounds(5), 7)) as stage:
        scattered(stage)
        for round_ in (3, 4):
            stage.on_event = interruption(round_)
            with pytest.raises(KeyboardInterrupt):
                stage.execute()
        stage.on_event = lambda _event: None
        after = stage.execute()
        assert leaving(stage.store.load(stage.run)) == ()
    assert {(d.stack, d.after_round) for d in after.dropped} == {(name, 3) for name in SLOW}
    assert {m.trial for m in after.measurements} == {m.trial for m in whole.measurements}


def interruption(round_: int) -> Callable[[object], None]:
    """Press Ctrl-C as soon as the first trial of a round is stored."""

    def interrupt(event: object) -> None:
        if isinstance(event, TrialStored) and event.measurement.trial.round == round_:
            raise KeyboardInterrupt

    return interrupt


def test_a_budget_is_filled_by_those_that_stay(tmp_path: Path) -> None:
    budget_s = 22.0
    run, stage = raced(tmp_path / "racing", race_of(Budget(budget_s), 12))
    everyone, _ = raced(tmp_path / "all", race_of(Budget(budget_s), 12, drops_slower=False))
    assert run.rounds_due() > everyone.rounds_due()
    assert 0.8 * budget_s < taken_s(run) <= budget_s
    assert stage.driver.now_ns / NS_PER_S <= 1.1 * budget_s
    assert stage.events_of(RoundMeasured)[-1].remaining_s == 0


def test_how_servers_stand_is_told_after_one_window_each_and_after_each_round(
    tmp_path: Path,
) -> None:
    _, stage = raced(tmp_path, race_of(SoundRounds(4), 6))
    told = stage.events_of(ProvisionalRanking)
    assert [(event.round, event.windows) for event in told] == [
        (1, 1), (1, 0), (2, 0), (3, 0), (4, 0),
    ]  # fmt: skip
    assert [name for name, _ in told[0].rates] == list(RATES)
    assert [name for name, _ in told[-1].rates] == ["granian", "uvicorn"]
    first = stage.events.index(told[0])
    windows = [event for event in stage.events[:first] if isinstance(event, WindowMeasured)]
    assert len([event for event in windows if event.cell.benchmark == "hello"]) == len(RATES) + 1


def test_it_travels_with_the_run(tmp_path: Path) -> None:
    with staged(tmp_path / "one", race_of(SoundRounds(4), 6)) as stage:
        scattered(stage)
        run = stage.execute()
        document = stage.store.export(run.number)
        (line,) = stage.store.list_runs()
    assert line.trials_planned == line.trials_measured
    with Store.open(tmp_path / "other.db") as other:
        assert other.load(other.add_document(document)).dropped == run.dropped
