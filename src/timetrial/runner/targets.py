"""What the generator is pointed at."""

from __future__ import annotations

from timetrial.drivers.driver import Request, Setting, Target
from timetrial.runner.starter import LiveStack
from timetrial.suite import Contest, Stack


def target(running: LiveStack, stack: Stack, contest: Contest) -> Target:
    address = f"{running.launch.host}:{running.launch.port}"
    request = Request(contest.workload.paths[stack.interface], contest.workload.expect)
    return Target(address=address, host=address, requests=(request,))


def setting(contest: Contest, cpus: tuple[int, ...]) -> Setting:
    load = contest.load
    return Setting(connections=load.connections, cpus=cpus, timeout_s=load.timeout_s)
