"""A suite for wrk and k6: what changes, and what is refused."""

from __future__ import annotations

import dataclasses

import pytest

from evidence import numbers_in
from fake_stacks import small_suite
from timetrial.drivers.choice import DRIVERS, read_names
from timetrial.model.errors import BadInput
from timetrial.model.load import CapacityShareLoad, ClosedLoad, Load, OpenLoad
from timetrial.model.suite import DraftSuite
from timetrial.runner.driver_adaptation import driven_by, tools_of

KNOWN = ", ".join(DRIVERS)


def windows(suite: DraftSuite) -> list[tuple[str, str, float, int]]:
    return [(each.name, each.driver, each.window_s, each.windows) for each in suite.benchmarks]


def test_the_engine_leaves_a_suite_as_it_is() -> None:
    suite = small_suite()
    assert driven_by(suite, ["engine"]) is suite
    assert tools_of(suite) == ()


def test_a_tool_gets_whole_seconds_of_at_least_the_same_time() -> None:
    suite = small_suite()
    benchmark = dataclasses.replace(suite.benchmarks[0], window_s=0.6, windows=6)
    fitted = driven_by(dataclasses.replace(suite, benchmarks=(benchmark,)), ["k6"])
    assert windows(fitted) == [("hello", "k6", 1.0, 4)]
    assert fitted.benchmarks[0].lead_in_s == benchmark.lead_in_s
    (note,) = fitted.notes
    assert note.startswith("hello ")
    assert numbers_in(note) == [4, 1, 6, 0.6]
    assert tools_of(fitted) == ("k6",)


def test_whole_seconds_stay_and_wrk_has_no_lead_in() -> None:
    suite = small_suite()
    benchmark = dataclasses.replace(suite.benchmarks[0], window_s=2.0)
    fitted = driven_by(dataclasses.replace(suite, benchmarks=(benchmark,)), ["wrk"])
    assert windows(fitted) == [("hello", "wrk", 2.0, 2)]
    assert fitted.benchmarks[0].lead_in_s == 0
    assert fitted.notes == ()


def test_several_drivers_hold_each_benchmark_once() -> None:
    fitted = driven_by(small_suite(), ["engine", "wrk"])
    assert [each.name for each in fitted.benchmarks] == ["hello", "hello@wrk", "echo", "echo@wrk"]
    assert [each.base_name for each in fitted.benchmarks] == ["hello", "hello", "echo", "echo"]
    assert {(each.window_s, each.windows) for each in fitted.benchmarks} == {(1.0, 2)}
    assert tools_of(fitted) == ("wrk",)


@pytest.mark.parametrize("load", [OpenLoad(100), CapacityShareLoad(0.5)])
def test_a_load_that_a_tool_cannot_drive_is_refused_with_the_benchmarks_name(load: Load) -> None:
    suite = small_suite()
    benchmark = dataclasses.replace(suite.benchmarks[0], load=load)
    with pytest.raises(BadInput, match="benchmark 'hello' of suite 'small': wrk has no open load"):
        driven_by(dataclasses.replace(suite, benchmarks=(benchmark,)), ["wrk"])


def test_what_a_tool_cannot_drive_is_left_out_and_the_run_says_so() -> None:
    suite = small_suite()
    by_rate = dataclasses.replace(suite.benchmarks[0], load=OpenLoad(100))
    suite = dataclasses.replace(suite, benchmarks=(by_rate, *suite.benchmarks[1:]))
    fitted = driven_by(suite, ["engine", "wrk"])
    assert [each.name for each in fitted.benchmarks] == ["hello", "echo", "echo@wrk"]
    assert fitted.notes[-1].startswith("hello@wrk ")
    assert "no open load" in fitted.notes[-1]


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_load_that_a_driver_can_drive_is_not_refused(driver: str) -> None:
    suite = small_suite()
    benchmark = dataclasses.replace(suite.benchmarks[0], load=ClosedLoad(4))
    suite = dataclasses.replace(suite, benchmarks=(benchmark,))
    assert len(driven_by(suite, read_names(driver)).benchmarks) == 1


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("wkr", "there is no driver called 'wkr'; did you mean 'wrk'?"),
        ("", f"'' does not name drivers, each once; known are {KNOWN}"),
        ("wrk,wrk", f"'wrk,wrk' does not name drivers, each once; known are {KNOWN}"),
    ],
)
def test_names_of_no_drivers_are_refused(text: str, sentence: str) -> None:
    with pytest.raises(BadInput) as refused:
        read_names(text)
    assert str(refused.value) == sentence
