"""Load tools, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import get_args

from timetrial.drivers.driver import Driver, LoadSpec, SessionConfig, Target
from timetrial.drivers.k6 import K6Driver
from timetrial.drivers.wrk import WrkDriver
from timetrial.model import BadInput, DriverName, UnknownName
from timetrial.stacks.environment import Environments, Told

DRIVERS: tuple[DriverName, ...] = get_args(DriverName)


@dataclass(frozen=True, slots=True)
class LoadTool:
    """A driver that is not the engine."""

    find: Callable[[Environments, Told], Driver]
    """Finds the tool on this machine, or tells that it installs it, and does.

    Raises BadInput, with how to install it."""
    refusal: Callable[[Target, SessionConfig, LoadSpec], str | None]
    """Returns in one sentence what the tool cannot do of a load; None: it can do it all."""
    has_lead_in: bool = True
    """Whether it can send requests before the window opens."""


TOOLS: Mapping[DriverName, LoadTool] = {
    "wrk": LoadTool(lambda *_: WrkDriver.find(), WrkDriver.refusal, has_lead_in=False),
    "k6": LoadTool(K6Driver.find, K6Driver.refusal),
}


def read_names(text: str) -> tuple[DriverName, ...]:
    """Read names such as 'engine,wrk'. Raises BadInput for unknown, missing or repeated ones."""
    named = [part.strip() for part in text.split(",") if part.strip()]
    found: list[DriverName] = []
    for name in named:
        known = next((driver for driver in DRIVERS if driver == name), None)
        if known is None:
            raise UnknownName("driver", name, DRIVERS)
        found.append(known)
    if not found or len(found) > len(set(found)):
        raise BadInput(f"{text!r} does not name drivers, each once; known are {', '.join(DRIVERS)}")
    return tuple(found)
