"""Kinds of options that several verbs take."""

from __future__ import annotations

import math
import os
import re

import click

_DURATION = re.compile(r"(?P<number>\d+(\.\d+)?|\.\d+)\s*(?P<unit>ms|s|m|min|h)?")
_UNIT_S = {"ms": 0.001, None: 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
_LONGEST_S = 24 * 3600.0


class Duration(click.ParamType[float]):
    """A span of time in seconds, given as '10', '10s', '500ms', '2m' or '1h'."""

    name = "duration"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        if isinstance(value, float):
            return value
        match = _DURATION.fullmatch(str(value).strip())
        if match is None:
            self.fail(f"{value!r} is no duration; examples are 10s, 500ms, 2m", param, ctx)
        duration_s = float(match["number"]) * _UNIT_S[match["unit"]]
        if not 0 < duration_s <= _LONGEST_S or math.isnan(duration_s):
            self.fail(f"{value!r} is not between 1ms and 24h", param, ctx)
        return duration_s


class CpuSet(click.ParamType[tuple[int, ...]]):
    """CPU numbers, given as '1', '0,2' or '0-3,6'."""

    name = "cpus"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        if isinstance(value, tuple):
            return value
        try:
            cpus = {cpu for part in str(value).split(",") for cpu in _span(part)}
        except ValueError:
            self.fail(f"{value!r} is no set of CPUs; examples are 1 and 0-3,6", param, ctx)
        allowed = os.sched_getaffinity(0)
        if missing := sorted(cpus - allowed):
            self.fail(f"CPU {missing[0]} is not one of {sorted(allowed)}", param, ctx)
        return tuple(sorted(cpus))


def _span(part: str) -> range:
    first, _, last = part.partition("-")
    return range(int(first), int(last or first) + 1)
