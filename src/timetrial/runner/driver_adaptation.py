"""A suite for other drivers than the engine: what changes, and what cannot be."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from timetrial.drivers.choice import refusal
from timetrial.model import paired_load
from timetrial.model.errors import BadInput
from timetrial.model.load import ShareLoad
from timetrial.model.load_tool_report import ENGINE, DriverName
from timetrial.model.suite import Contest, Suite
from timetrial.runner.driver_inputs import drive, setting, target_at

_SOME_ADDRESS = "127.0.0.1:1"


def driven_by(suite: Suite, drivers: Sequence[DriverName]) -> Suite:
    """Let these drive the suite; with several, each contest is held once by each of them.

    Tools start a process for each window, so windows become whole seconds, as few as hold at least
    the time that was asked for. What a tool cannot drive is left out, and a note says so. Raises
    BadInput where nothing is left, and for a duet of stacks that may not be loaded at once.
    """
    _check_duets(suite)
    if list(drivers) == [ENGINE]:
        return suite
    lengths = [(contest, _with_long_windows(contest)) for contest in suite.contests]
    asked = [
        _by(driver, contest, alone=len(drivers) == 1)
        for _, contest in lengths
        for driver in drivers
    ]
    refused = {contest.name: why for contest in asked if (why := _refusal(suite, contest))}
    held = tuple(contest for contest in asked if contest.name not in refused)
    if not held:
        name, why = next(iter(refused.items()))
        raise BadInput(f"contest {name!r} of suite {suite.name!r}: {why}")
    left_out = (f"{name} is left out: {why}." for name, why in refused.items())
    taking_part = {stack for contest in held for stack in contest.stacks}
    return replace(
        suite,
        stacks=tuple(stack for stack in suite.stacks if stack.name in taking_part),
        contests=held,
        notes=(*suite.notes, *_notes(lengths), *left_out),
    )


def tools_of(suite: Suite) -> tuple[DriverName, ...]:
    """List what a suite needs besides the engine."""
    drivers = dict.fromkeys(contest.driver for contest in suite.contests)
    return tuple(driver for driver in drivers if driver != ENGINE)


def _check_duets(suite: Suite) -> None:
    for contest in suite.contests:
        if contest.mode == "duet" and (
            why := paired_load.refusal([suite.stack(name) for name in contest.stacks])
        ):
            raise BadInput(f"contest {contest.name!r} of suite {suite.name!r}: {why}")


def _refusal(suite: Suite, contest: Contest) -> str | None:
    """Say why a contest's driver cannot drive its load; None: it can."""
    if contest.mode == "duet" and contest.driver != ENGINE:
        return f"{contest.driver} loads one stack at a time, a duet two: leave it to the engine"
    load = contest.load
    if isinstance(load, ShareLoad):
        # Whether it can be driven is no question of how many.
        contest = replace(contest, load=load.at(1.0))
    shapes = (
        (target_at(_SOME_ADDRESS, suite.stack(name), contest), setting(contest, ()))
        for name in contest.stacks
    )
    found = (refusal(contest.driver, *shape, drive(contest, 0, 0)) for shape in shapes)
    return next((why for why in found if why), None)


def _with_long_windows(contest: Contest) -> Contest:
    window_s = float(max(1, math.ceil(contest.window_s)))
    if window_s == contest.window_s:
        return contest
    if contest.mode == "whole":
        return replace(contest, window_s=window_s)
    pairs = math.ceil(contest.windows * contest.window_s / (2 * window_s))
    return replace(contest, window_s=window_s, windows=2 * max(1, pairs))


def _by(driver: DriverName, contest: Contest, *, alone: bool) -> Contest:
    name = contest.name if alone or driver == ENGINE else f"{contest.name}@{driver}"
    lead_in_s = 0.0 if driver == "wrk" else contest.lead_in_s
    return replace(contest, name=name, driver=driver, lead_in_s=lead_in_s)


def _notes(contests: Iterable[tuple[Contest, Contest]]) -> Iterator[str]:
    for before, after in contests:
        if after.window_s != before.window_s:
            yield (
                f"{before.name} has {after.windows} windows of {after.window_s:g} s instead of "
                f"{before.windows} of {before.window_s:g} s: a tool takes a process for each."
            )
