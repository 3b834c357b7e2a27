"""What is known of a run while it goes on."""

from __future__ import annotations

from itertools import accumulate

from progress_events import FEW, NEVER_STARTS, events, state_after

from timetrial.cli.progress.state import ProgressState, after
from timetrial.model.events import (
    BenchmarkOutline,
    BenchmarkStopped,
    PilotStarted,
    RoundMeasured,
    RunEnded,
    RunStarted,
    StackDropped,
    StackStarting,
    TrialProgress,
    WindowMeasured,
)
from timetrial.model.stop_rule import StopDecision
from timetrial.model.trial import Cell

STARTED = RunStarted(3, 12, 48, 130.0, (BenchmarkOutline("hello", ("uvicorn", "uwsgi")),))


def test_before_the_first_round_all_servers_are_there_and_none_has_a_figure() -> None:
    state = state_after(events()[:1])
    assert (state.run, state.round, state.rounds, state.done) == (1, 0, 3, 0)
    assert [benchmark.name for benchmark in state.benchmarks] == ["hello", "echo"]
    for benchmark in state.benchmarks:
        assert [stack.stack for stack in benchmark.stacks] == list(FEW)
        assert benchmark.leader is None


def test_rounds_and_trials_never_go_back_and_no_round_is_beyond_the_last() -> None:
    states = list(accumulate(events(), after, initial=ProgressState()))
    rounds, trials = [state.round for state in states], [state.done for state in states]
    assert rounds == sorted(rounds)
    assert trials == sorted(trials)
    assert all(state.round <= state.rounds for state in states)
    assert states[-1].done == 3 * 2 * (len(FEW) - 1)


def test_at_the_end_the_fastest_is_the_first_and_nothing_is_being_done() -> None:
    state = state_after(events())
    assert (state.round, state.rounds, state.left_s) == (3, 3, None)
    assert (state.doing, state.present) == (None, None)
    for benchmark in state.benchmarks:
        names = [stack.stack for stack in benchmark.stacks]
        assert names == ["waitress", "uvicorn", "daphne", NEVER_STARTS]
        assert benchmark.leader == benchmark.stacks[0]
        first = benchmark.stacks[0].throughput
        assert first is not None
        assert first.rounds == 3
        assert first.low is not None


def test_windows_give_a_figure_until_a_round_does() -> None:
    told = events()
    windows = [event for event in told if isinstance(event, WindowMeasured)]
    state = state_after(told[: told.index(windows[0]) + 1])
    (known,) = [
        stack for benchmark in state.benchmarks for stack in benchmark.stacks if stack.rates
    ]
    assert (known.stack, known.per_s) == (windows[0].cell.stack, windows[0].completions_per_s)
    assert state.present == windows[0].cell
    first = next(place for place, event in enumerate(told) if isinstance(event, RoundMeasured))
    assert all(
        stack.throughput is not None
        for benchmark in state_after(told[: first + 1]).benchmarks
        for stack in benchmark.stacks
        if stack.stack != NEVER_STARTS
    )


def test_an_open_window_changes_nothing() -> None:
    state = state_after(events()[:20])
    told = TrialProgress(1, Cell("hello", "uvicorn"), 1_000.0, 0.5)
    assert after(state, told) is state


def test_a_run_that_is_ended_by_hand_has_no_last_round_and_no_time_left() -> None:
    for state in accumulate(events(4, FEW[:1], watch=True), after, initial=ProgressState()):
        assert (state.rounds, state.left_s) == (0, None)


def test_what_left_a_race_leads_no_longer_and_what_has_ended_is_marked() -> None:
    stop = StopDecision("hello", 12, "every pair differs")
    state = state_after(
        [
            STARTED,
            WindowMeasured(1, Cell("hello", "uwsgi"), 900.0, 1.0, 60.0),
            WindowMeasured(1, Cell("hello", "uvicorn"), 800.0, 2.0, 59.0),
            StackDropped("uwsgi", 3),
            BenchmarkStopped(stop),
        ]
    )
    (hello,) = state.benchmarks
    assert hello.leader is not None
    assert hello.leader.stack == "uvicorn"
    assert [stack.left_after for stack in hello.stacks] == [0, 3]
    assert hello.ended == BenchmarkStopped(stop)


def test_a_run_begins_afresh_after_its_pilot() -> None:
    pilot = PilotStarted(6, 12.0, 1, STARTED.benchmarks)
    windows = [WindowMeasured(1, Cell("hello", "uwsgi"), 900.0, 1.0, 6.0)]
    in_pilot = state_after([pilot, StackStarting(1, "uwsgi"), *windows])
    assert (in_pilot.pilot, in_pilot.round, in_pilot.left_s) == (True, 1, 6.0)
    state = after(in_pilot, STARTED)
    assert state == state_after([STARTED])
    assert state_after([STARTED, RunEnded(3, complete=True)]) == state
