"""Load tools by name."""

from __future__ import annotations

from typing import get_args

from timetrial.drivers.driver import Drive, Driver, SessionConfig, Target
from timetrial.drivers.k6 import K6Driver
from timetrial.drivers.wrk import WrkDriver
from timetrial.model.errors import BadInput, UnknownName
from timetrial.model.load_tool_report import DriverName
from timetrial.stacks.environment import Environments

DRIVERS: tuple[DriverName, ...] = get_args(DriverName)
INSTALLABLE: tuple[DriverName, ...] = ("k6",)
"""What is installed where it is not on PATH; that may take a while."""


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


def refusal(name: DriverName, target: Target, setting: SessionConfig, drive: Drive) -> str | None:
    """Say in one sentence what a driver cannot do of this; None: it can do it all."""
    match name:
        case "engine":
            return None
        case "wrk":
            return WrkDriver.refusal(target, setting, drive)
        case "k6":
            return K6Driver.refusal(target, setting, drive)


def find_tool(name: DriverName, environments: Environments) -> Driver:
    """Find a tool on this machine, or install it. Raises BadInput, with how to get it."""
    if name == "wrk":
        return WrkDriver.find()
    return K6Driver.find(environments)
