"""Starts of both sides: in turns, two at a time, until enough are counted."""

from __future__ import annotations

import threading

import pytest

from timetrial.features.counting.figure import Figure
from timetrial.features.counting.readings import Cancelled
from timetrial.features.counting.sides import Figures, Sides, count_sides
from timetrial.model import Event, StackFailed, StartCounted

NAMES = ("old", "new")


class Counted:
    """Counts without servers, and remembers what was counted."""

    def __init__(self) -> None:
        self.starts: list[tuple[int, int]] = []

    def __call__(self, side: int, number: int, cancelled: threading.Event) -> Figures:
        assert not cancelled.is_set()
        self.starts.append((side, number))
        return {"GET /": Figure(100.0 + side, 10.0)}


def test_old_and_new_take_turns_up_to_the_look_that_is_enough() -> None:
    counted, events = Counted(), list[Event]()
    sides = count_sides(NAMES, counted, lambda s: s.starts >= 6, events.append, at_once=1)
    assert sides.starts == 6
    assert counted.starts[:6] == [(0, 0), (1, 0), (1, 1), (0, 1), (0, 2), (1, 2)]
    assert len(counted.starts) == 12
    assert events[:2] == [StartCounted("old", 1, 16), StartCounted("new", 1, 16)]


def test_what_stays_undecided_ends_with_sixteen_starts_of_each() -> None:
    looks: list[int] = []

    def never(sides: Sides) -> bool:
        looks.append(sides.starts)
        return False

    sides = count_sides(NAMES, Counted(), never, lambda _: None, at_once=2)
    assert (sides.starts, looks) == (16, [4, 6, 8, 12, 16])


def test_two_run_at_a_time() -> None:
    together = threading.Barrier(2, timeout=60)

    def count(side: int, number: int, _cancelled: threading.Event) -> Figures:
        together.wait()
        return {"GET /": Figure(100.0 + side + number, 10.0)}

    sides = count_sides(NAMES, count, lambda _: True, lambda _: None, at_once=2)
    assert [figures["GET /"].instructions for figures in sides.new] == [101, 102, 103, 104]


def test_a_start_that_fails_ends_the_other_one_too() -> None:
    ended = threading.Event()

    def count(side: int, _number: int, cancelled: threading.Event) -> Figures:
        if side == 1:
            raise StackFailed("start", "did not start")
        assert cancelled.wait(60)
        ended.set()
        raise Cancelled

    with pytest.raises(StackFailed):
        count_sides(NAMES, count, lambda _: True, lambda _: None, at_once=2)
    assert ended.is_set()
