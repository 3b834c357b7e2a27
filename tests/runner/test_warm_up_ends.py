"""When a warm-up ends: it goes on while the stack is seen not to be steady, within its time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from fake_stacks import CPUS, benchmark
from timetrial.drivers.driver import LoadResult, LoadSpec, OnProgress, Progress, Target
from timetrial.drivers.driver import SessionConfig as DriverSetting
from timetrial.drivers.scripted import Scene, ScriptedDriver, ScriptedSession
from timetrial.machine.clock import Clock
from timetrial.model.measurement import WarmUpSeries
from timetrial.model.suite import WarmUp
from timetrial.model.units import nanoseconds
from timetrial.model.workload import Expectation, Request
from timetrial.runner.warm_up import WarmUpMeans, warm_up

Rate = Callable[[float], float]
"""Requests a second, by the seconds since the warm-up began."""


class PlayedSession(ScriptedSession):
    """Tells of its progress, by the clock of the script."""

    def __init__(self, inner: ScriptedSession, rate: Rate) -> None:
        super().__init__(inner._driver, inner._opened)
        self.now_s = 0.0
        self._rate = rate

    def run_load(self, spec: LoadSpec, on_progress: OnProgress | None = None) -> LoadResult:
        result = super().run_load(spec)
        left_s = (result.closed_ns - result.opened_ns) / 1e9
        done = 0.0
        while left_s >= spec.progress_every_s - 1e-9 and on_progress is not None:
            done += self._rate(self.now_s) * spec.progress_every_s
            self.now_s += spec.progress_every_s
            left_s -= spec.progress_every_s
            on_progress(Progress(round(done), 0, 0, 8))
        return result


class PlayedDriver(ScriptedDriver):
    """A stack that answers at a rate which changes."""

    def __init__(self, rate: Rate) -> None:
        super().__init__(lambda _target, _drive: Scene(1_000))
        self._rate = rate
        self.session: PlayedSession | None = None

    def open(self, targets: Sequence[Target], setting: DriverSetting) -> PlayedSession:
        self.session = PlayedSession(super().open(targets, setting), self._rate)
        return self.session


def warmed(rate: Rate, limits: WarmUp) -> WarmUpSeries:
    driver = PlayedDriver(rate)

    def now_ns() -> int:
        return nanoseconds(driver.session.now_s) if driver.session is not None else 0

    target = Target("127.0.0.1:1", "h", (Request("/", Expectation()),))
    parts = [(benchmark("hello", ["uvicorn"]), target)]
    (series,) = warm_up(parts, WarmUpMeans(limits, driver, CPUS, Clock(now_ns)))
    assert driver.open_sessions == 0
    return series


LIMITS = WarmUp(requests=500, at_most_s=3.0, at_least_s=0.5)


def test_a_steady_stack_ends_with_its_requests() -> None:
    series = warmed(lambda _s: 1_000, LIMITS)
    assert series.length_s == pytest.approx(0.5)
    assert series.completions == (50,) * 10
    assert series.server_cpu_s == (None,) * 10


def test_a_late_change_prolongs_it_until_it_has_lasted() -> None:
    series = warmed(lambda s: 1_000 if s < 0.345 else 3_000, LIMITS)
    assert series.length_s == pytest.approx(0.75)


def test_a_stack_that_never_gets_steady_has_the_longest_time() -> None:
    series = warmed(lambda s: 1_000 * 4**s, LIMITS)
    assert series.length_s == pytest.approx(3.0, abs=0.1)


def test_what_is_too_short_to_tell_is_not_prolonged() -> None:
    limits = WarmUp(requests=100, at_most_s=3.0, at_least_s=0.1)
    series = warmed(lambda s: 1_000 * 4**s, limits)
    assert series.length_s == pytest.approx(0.1)
