"""What the generator is pointed at."""

from __future__ import annotations

from timetrial.drivers.driver import Target
from timetrial.runner.starter import LiveStack
from timetrial.suite import Contest, Stack


def target(running: LiveStack, stack: Stack, contest: Contest) -> Target:
    address = f"{running.launch.host}:{running.launch.port}"
    return Target(
        address=address,
        host=address,
        path=contest.workload.paths[stack.interface],
        expect=contest.workload.expect,
    )
