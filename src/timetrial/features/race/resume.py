"""Whether a race that is to go on is the one that was begun."""

from __future__ import annotations

from collections.abc import Callable

from timetrial.features.race.suite import known
from timetrial.model.suite import DraftSuite, Stack
from timetrial.model.workload import Workload


def difference(begun: DraftSuite, asked: DraftSuite) -> str | None:
    """Say in what a race that is asked for differs from the one that was begun; None: in nothing.

    What was found out before that one was measured (rates, correct answers, servers that did not
    start) is not asked for again, and is no difference.
    """
    for what, found in _ASKED.items():
        before, now = found(begun), found(asked)
        if before != now:
            return f"{what}: {before} then, {now} now"
    gone = {excluded.server for excluded in known(begun).excluded_servers}
    ours, theirs = _stacks(begun), _stacks(asked)
    for name, shape in theirs.items():
        if name not in ours and name not in gone:
            return f"{name} took no part then"
        if ours.get(name, shape) != shape:
            return f"{name}: {ours[name]} then, {shape} now"
    missing = [name for name in ours if name not in theirs]
    return f"{missing[0]} takes no part now" if missing else None


def _app(suite: DraftSuite) -> str:
    race_info = known(suite)
    return f"{race_info.app} ({race_info.framework or 'no framework'}) in {race_info.folder}"


def _requests(suite: DraftSuite) -> str:
    return _asked(suite.benchmark(known(suite).capacity).workload)


def _asked(workload: Workload) -> str:
    return ", ".join(
        f"{step.method} {' | '.join(dict.fromkeys(step.paths.values()))}" for step in workload.steps
    )


def _load(suite: DraftSuite) -> str:
    return str(suite.benchmark(known(suite).capacity).load)


def _latency(suite: DraftSuite) -> str:
    return ", ".join(known(suite).latency)


_ASKED: dict[str, Callable[[DraftSuite], str]] = {
    "the app": _app,
    "the requests": _requests,
    "the load": _load,
    "response times": _latency,
}


def _stacks(suite: DraftSuite) -> dict[str, str]:
    return {stack.name: _shape(stack) for stack in suite.stacks if stack.control_of is None}


def _shape(stack: Stack) -> str:
    return f"{stack.interface.upper()}, {stack.workers} × {stack.threads} (workers × threads)"
