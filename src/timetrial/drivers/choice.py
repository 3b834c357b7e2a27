"""Load tools by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import get_args

from timetrial.drivers.driver import Driver, LoadSpec, SessionConfig, Target
from timetrial.drivers.k6 import K6Driver
from timetrial.drivers.wrk import WrkDriver
from timetrial.model.errors import BadInput, UnknownName
from timetrial.model.load_tool_report import DriverName
from timetrial.stacks.environment import Environments

DRIVERS: tuple[DriverName, ...] = get_args(DriverName)


@dataclass(frozen=True, slots=True)
class LoadTool:
    """A driver that is not the engine."""

    find: Callable[[Environments], Driver]
    """Finds it on this machine, or installs it. Raises BadInput, with how to get it."""
    refusal: Callable[[Target, SessionConfig, LoadSpec], str | None]
    """Says in one sentence what it cannot do of this; None: it can do it all."""
    is_installable: bool = False
    """Whether it is installed where it is not on PATH; that may take a while."""
    has_lead_in: bool = True
    """Whether it can drive before its window opens."""


TOOLS: Mapping[DriverName, LoadTool] = {
    "wrk": LoadTool(lambda _: WrkDriver.find(), WrkDriver.refusal, has_lead_in=False),
    "k6": LoadTool(K6Driver.find, K6Driver.refusal, is_installable=True),
}


def read_names(text: str) -> tuple[DriverName, ...]:
    """Read names as in 'engine,wrk'. Raises BadInput for others, for none, and for doubles."""
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
