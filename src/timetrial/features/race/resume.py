"""Whether a race to resume is the one that was begun."""

from __future__ import annotations

from collections.abc import Callable

from timetrial.features.race.suite import race_info_of
from timetrial.model import DraftSuite


def difference(begun: DraftSuite, requested: DraftSuite) -> str | None:
    """Say in what a requested race differs from the one that was begun; None if in nothing.

    What was found out before the first was measured (rates, correct answers, servers that did not
    start) is not requested again, and is no difference.
    """
    for what, described in _COMPARED.items():
        before, now = described(begun), described(requested)
        if before != now:
            return f"{what}: {before} then, {now} now"
    excluded = {server.server for server in race_info_of(begun).excluded_servers}
    stacks_before, stacks_now = _stacks(begun), _stacks(requested)
    for name, shape in stacks_now.items():
        if name not in stacks_before and name not in excluded:
            return f"{name} took no part then"
        if stacks_before.get(name, shape) != shape:
            return f"{name}: {stacks_before[name]} then, {shape} now"
    missing = next((name for name in stacks_before if name not in stacks_now), None)
    return f"{missing} takes no part now" if missing else None


def _app(suite: DraftSuite) -> str:
    race_info = race_info_of(suite)
    return f"{race_info.app} ({race_info.framework or 'no framework'}) in {race_info.folder}"


def _requests(suite: DraftSuite) -> str:
    return ", ".join(
        f"{step.method} {' | '.join(dict.fromkeys(step.paths.values()))}"
        for step in suite.benchmark(race_info_of(suite).capacity).workload.steps
    )


_COMPARED: dict[str, Callable[[DraftSuite], str]] = {
    "the app": _app,
    "the requests": _requests,
    "the load": lambda suite: str(suite.benchmark(race_info_of(suite).capacity).load),
    "response times": lambda suite: ", ".join(race_info_of(suite).latency),
}


def _stacks(suite: DraftSuite) -> dict[str, str]:
    return {
        stack.name: (
            f"{stack.interface.upper()}, {stack.workers} × {stack.threads} (workers × threads)"
        )
        for stack in suite.stacks
        if stack.control_of is None
    }
