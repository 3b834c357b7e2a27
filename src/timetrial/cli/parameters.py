"""Kinds of options that several verbs take."""

from __future__ import annotations

import itertools
import os
import re

import click

from timetrial.verbs.options.common import LONGEST_S, SHORTEST_S, SMALLEST_BYTES

_DURATION = re.compile(r"(?P<number>\d+(\.\d+)?|\.\d+)\s*(?P<unit>ms|s|m|min|h)?")
_SHARE = re.compile(r"(?P<number>\d+(\.\d+)?|\.\d+)\s*(?P<percent>%)?")
_UNIT_S = {"ms": 0.001, None: 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}


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
        if not SHORTEST_S <= duration_s <= LONGEST_S:
            self.fail(f"{value!r} is not between 1ms and 24h", param, ctx)
        return duration_s


def duration_text(seconds: float) -> str:
    """Write a span of time as it is typed: 300.0 as '5m'."""
    for unit, length_s in (("h", 3600.0), ("m", 60.0), ("s", 1.0)):
        if seconds >= length_s and seconds % length_s == 0:
            return f"{seconds / length_s:g}{unit}"
    return f"{1000 * seconds:g}ms"


class Share(click.ParamType[float]):
    """A share of 1, given as '3%', '3 %' or '0.03'."""

    name = "share"

    def __init__(self, smallest: float, largest: float) -> None:
        self.smallest = smallest
        self.largest = largest

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        if isinstance(value, float):
            return value
        match = _SHARE.fullmatch(str(value).strip())
        if match is None:
            self.fail(f"{value!r} is no share; examples are 3%, 0.5%, 0.03", param, ctx)
        share = float(match["number"]) / (100 if match["percent"] else 1)
        if not self.smallest <= share <= self.largest:
            bounds = f"{100 * self.smallest:g}% and {100 * self.largest:g}%"
            self.fail(f"{value!r} is not between {bounds}", param, ctx)
        return share


def share_text(share: float) -> str:
    """Write a share as it is typed: 0.05 as '5%'."""
    return f"{100 * share:g}%"


class CpuSet(click.ParamType[tuple[int, ...]]):
    """CPU numbers, given as '1', '0,2' or '0-3,6'."""

    name = "cpus"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        if isinstance(value, tuple):
            return value
        try:
            spans = [_span(part) for part in str(value).split(",")]
        except ValueError:
            self.fail(f"{value!r} is no set of CPUs; examples are 1 and 0-3,6", param, ctx)
        allowed = os.sched_getaffinity(0)
        for cpu in itertools.chain(*spans):
            if cpu not in allowed:
                known = ", ".join(map(str, sorted(allowed)))
                self.fail(f"CPU {cpu} is not one of those that can be used: {known}", param, ctx)
        return tuple(sorted(set(itertools.chain(*spans))))


def _span(part: str) -> range:
    first, dash, last = part.partition("-")
    span = range(int(first), int(last if dash else first) + 1)
    if not span:
        raise ValueError("it ends before it begins")
    return span


_SIZE = re.compile(r"(?P<number>\d+(\.\d+)?)\s*(?P<unit>[kmg]i?b?|b)?", re.IGNORECASE)
_UNIT_BYTES = {"k": 1024, "m": 1024**2, "g": 1024**3}


class Size(click.ParamType[int]):
    """An amount of memory in bytes, given as '512MiB', '1GiB', '1.5G'; units are binary."""

    name = "size"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        if isinstance(value, int):
            return value
        match = _SIZE.fullmatch(str(value).strip())
        if match is None:
            self.fail(f"{value!r} is no amount of memory; examples are 512MiB and 1GiB", param, ctx)
        unit = (match["unit"] or "b")[0].lower()
        size_bytes = round(float(match["number"]) * _UNIT_BYTES.get(unit, 1))
        if size_bytes < SMALLEST_BYTES:
            self.fail(f"{value!r} is less than 1MiB; examples are 512MiB and 1GiB", param, ctx)
        return size_bytes
