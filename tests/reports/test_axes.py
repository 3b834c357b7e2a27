"""Axes: ticks are round and in order, and what is drawn lies between their ends."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from timetrial.reports.axes import Axis, axis, axis_around, axis_of_logs

VALUES = st.lists(st.floats(1e-4, 1e7), min_size=1, max_size=9)


def holds_all(found: Axis, values: list[float]) -> bool:
    return all(-1e-6 <= found.at(value) <= 100 + 1e-6 for value in values)


def is_in_order(found: Axis) -> bool:
    places = [tick.at for tick in found.ticks]
    return places == sorted(places) and len({tick.label for tick in found.ticks}) == len(places)


@given(VALUES)
def test_an_axis_around_values_holds_them_all_and_has_ticks_in_order(values: list[float]) -> None:
    found = axis_around(values)
    assert holds_all(found, values)
    assert is_in_order(found)
    assert 3 <= len(found.ticks) <= 9
    assert found.low >= 0


@given(st.floats(1, 1e6), st.floats(0.01, 0.2))
def test_a_small_change_takes_a_third_of_the_height_at_least(level: float, change: float) -> None:
    values = [level, level * (1 + 0.1 + change)]
    found = axis_around(values)
    assert found.at(values[1]) - found.at(values[0]) > 33


def test_values_that_are_alike_lie_amid_the_axis() -> None:
    found = axis_around([5_000.0, 5_000.0])
    assert 20 < found.at(5_000) < 80
    assert found.low > 4_000


@given(VALUES)
def test_a_logarithmic_axis_holds_all_and_has_few_ticks(values: list[float]) -> None:
    found = axis_of_logs(values)
    assert holds_all(found, values)
    assert is_in_order(found)
    assert 2 <= len(found.ticks) <= 6


def test_a_label_has_the_decimals_of_its_step() -> None:
    assert [tick.label for tick in axis(9.5)[1]] == ["0", "2.5", "5.0", "7.5"]
    assert [tick.label for tick in axis(0.9)[1]] == ["0", "0.25", "0.50", "0.75"]
    assert [tick.label for tick in axis(900)[1]] == ["0", "250", "500", "750"]
