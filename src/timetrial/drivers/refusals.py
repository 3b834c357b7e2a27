"""Load shapes that no tool but the engine can do, in one sentence each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from timetrial.drivers.driver import SessionConfig, Target
from timetrial.model.body_template import TOKEN
from timetrial.model.load_tool_report import DriverName
from timetrial.model.workload import Request


def of_target(tool: DriverName, target: Target) -> str | None:
    """Say what the tool cannot do at this target; None: nothing."""
    if target.tls is not None:
        return f"{tool} is driven over plain HTTP here: a target with TLS needs the engine"
    if target.address.startswith("unix:"):
        return f"{tool} reaches no Unix socket such as {target.address!r}"
    if target.sources:
        return f"{tool} does not choose the address that it connects from"
    if any(TOKEN in part for request in target.requests for part in _texts(request)):
        return f"{tool} gives no request a number of its own: {TOKEN!r} needs the engine"
    return None


def of_setting(tool: DriverName, setting: SessionConfig) -> str | None:
    """Say what the tool cannot do of this setting; None: nothing."""
    if setting.backend != "auto":
        return f"{tool} does not let the backend {setting.backend!r} be chosen"
    return None


def first(objections: Sequence[str | None]) -> str | None:
    return next((each for each in objections if each is not None), None)


def _texts(request: Request) -> Iterator[str]:
    yield request.path
    yield request.body.decode("utf-8", errors="replace")
    for _, value in request.headers:
        yield value
    if request.expect is not None:
        yield request.expect.body_template or ""
