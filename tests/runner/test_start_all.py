"""Before a race all stacks are started: the first alone, then several at a time."""

from __future__ import annotations

import threading

import pytest

from answering import stacks
from fake_stacks import FakeStack
from timetrial.model import Stack, StackFailed
from timetrial.model.units import nanoseconds
from timetrial.runner.start_all import first_from, started_stacks
from timetrial.runner.starter import LiveStack


def test_the_first_start_is_over_before_any_other_begins() -> None:
    first_is_over = threading.Event()
    began_during_the_first: list[str] = []
    other_began = threading.Event()

    def start(stack: Stack, _round: int) -> LiveStack:
        if stack.name == "one":
            other_began.wait(0.1)
            first_is_over.set()
        elif not first_is_over.is_set():
            began_during_the_first.append(stack.name)
            other_began.set()
        raise StackFailed("start", "not now")

    with started_stacks(stacks("one", "second", "third"), start, lambda _event: None) as started:
        assert list(started.failed) == ["one", "second", "third"]
    assert not began_during_the_first


def up_for(stack: Stack, began_s: float, ended_s: float) -> FakeStack:
    running = FakeStack(stack, 0, 1, [])
    running.started_ns, running.ready_ns = nanoseconds(began_s), nanoseconds(ended_s)
    return running


@pytest.mark.parametrize(("cpu_s", "alone_s"), [(0.0, 2.0), (2.0, 1.0), (1.0, 1.25)])
def test_of_starts_that_kept_the_cpu_busy_their_cpu_time_is_what_one_takes_alone(
    cpu_s: float, alone_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two start at once, in two seconds, on one CPU."""
    monkeypatch.setattr("timetrial.runner.start_all.cpu_s_so_far", lambda _processes: cpu_s / 2)

    def start(stack: Stack, _round: int) -> LiveStack:
        return up_for(stack, 1.0, 3.0)

    with started_stacks(stacks("one", "second"), start, lambda _event: None) as started:
        assert started.times.alone_s == pytest.approx(alone_s)
        assert started.times.all_s == pytest.approx(2.0)


def test_a_stack_that_is_up_is_taken_once_and_then_started() -> None:
    one, dead = stacks("one", "dead")
    running = {stack.name: up_for(stack, 0.0, 1.0) for stack in (one, dead)}
    running["dead"].alive = False
    fresh = up_for(one, 2.0, 3.0)
    take = first_from(running, lambda _stack, _round: fresh)
    assert [take(one, 1), take(one, 1), take(dead, 1)] == [running["one"], fresh, fresh]
