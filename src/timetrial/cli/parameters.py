"""How values that are more than a number or a word are read from the command line."""

from __future__ import annotations

import itertools
import math
import os
import re
from collections.abc import Callable
from decimal import Decimal
from typing import TypeVar, cast

import click

from timetrial.model import HEAVIEST, Request, Stage
from timetrial.project.requests.syntax import HEADER, METHOD, NO_METHOD, PATH, problem_of_header
from timetrial.verbs.options.common import (
    HIGHEST_RATE_PER_S,
    LONGEST_S,
    SHORTEST_S,
    SMALLEST_BYTES,
)

_T = TypeVar("_T")
_DURATION = re.compile(r"(?P<number>\d+(\.\d+)?|\.\d+)\s*(?P<unit>ms|s|m|min|h)?")
_UNIT_S = {"ms": 0.001, None: 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
_SHARE = re.compile(r"(?P<number>\d+(\.\d+)?|\.\d+)\s*(?P<percent>%)?")
_SIZE = re.compile(r"(?P<number>\d+(\.\d+)?)\s*(?P<unit>[kmg]i?b?|b)?", re.IGNORECASE)
_UNIT_BYTES = {"k": 1024, "m": 1024**2, "g": 1024**3}
_RATE = r"\d+(?:\.\d+)?"
_STAGE = re.compile(rf"(?P<first>{_RATE})(?:-(?P<last>{_RATE}))?@(?P<duration>.+)")
_WEIGHTED = re.compile(r"(?P<weight>\d+):(?P<path>/.*)", re.DOTALL)
_QUERY = re.compile(r"\?.+", re.DOTALL)
_HEADER_NAME = re.compile(r"([^:]+):")
_VARIABLE = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)=(?P<value>.*)", re.DOTALL)


class UnreadableError(ValueError):
    """A text that stands for no value of its kind, or for one that is out of bounds."""


class Parameter(click.ParamType[_T]):
    """A kind of parameter: its name, and what reads its text or raises UnreadableError."""

    def __init__(self, name: str, read: Callable[[str], _T]) -> None:
        self.name = name
        self._read = read

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> _T:
        if not isinstance(value, str):
            return cast("_T", value)
        try:
            return self._read(value)
        except UnreadableError as error:
            self.fail(str(error), param, ctx)


def read_duration(text: str) -> float:
    """Read a span of time, in seconds: '10', '10s', '500ms', '2m' or '1h'."""
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise UnreadableError(f"{text!r} is no duration; examples are 10s, 500ms, 2m")
    duration_s = float(match["number"]) * _UNIT_S[match["unit"]]
    if not SHORTEST_S <= duration_s <= LONGEST_S:
        raise UnreadableError(f"{text!r} is not between 1ms and 24h")
    return duration_s


def duration_text(seconds: float) -> str:
    """Write a span of time as it is typed: 300.0 as '5m'."""
    for unit, length_s in (("h", 3600.0), ("m", 60.0), ("s", 1.0)):
        if seconds >= length_s and seconds % length_s == 0:
            return f"{seconds / length_s:g}{unit}"
    return f"{1000 * seconds:g}ms"


def read_share(text: str, smallest: float, largest: float) -> float:
    """Read a share of 1: '3%', '3 %' or '0.03'."""
    match = _SHARE.fullmatch(text.strip())
    if match is None:
        raise UnreadableError(f"{text!r} is no share; examples are 3%, 0.5%, 0.03")
    share = float(match["number"]) / (100 if match["percent"] else 1)
    if not smallest <= share <= largest:
        raise UnreadableError(f"{text!r} is not between {100 * smallest:g}% and {100 * largest:g}%")
    return share


def share_text(share: float) -> str:
    """Write a share as it is typed: 0.05 as '5%'."""
    return f"{100 * share:g}%"


def read_cpus(text: str) -> tuple[int, ...]:
    """Read CPU numbers: '1', '0,2' or '0-3,6'."""
    try:
        spans = [_span(part) for part in text.split(",")]
    except ValueError as error:
        raise UnreadableError(f"{text!r} is no set of CPUs; examples are 1 and 0-3,6") from error
    allowed = os.sched_getaffinity(0)
    # A span may be longer than memory: the first number that is too high ends it.
    for cpu in itertools.chain(*spans):
        if cpu not in allowed:
            usable = ", ".join(map(str, sorted(allowed)))
            raise UnreadableError(f"CPU {cpu} is not one of those that can be used: {usable}")
    return tuple(sorted(set(itertools.chain(*spans))))


def _span(part: str) -> range:
    first, dash, last = part.partition("-")
    span = range(int(first), int(last if dash else first) + 1)
    if not span:
        raise ValueError("it ends before it begins")
    return span


def read_size(text: str) -> int:
    """Read an amount of memory, in bytes: '512MiB', '1GiB', '1.5G'; units are binary."""
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise UnreadableError(f"{text!r} is no amount of memory; examples are 512MiB and 1GiB")
    unit = (match["unit"] or "b")[0].lower()
    size_bytes = float(match["number"]) * _UNIT_BYTES.get(unit, 1)
    if size_bytes < SMALLEST_BYTES:
        raise UnreadableError(f"{text!r} is less than 1MiB; examples are 512MiB and 1GiB")
    if math.isinf(size_bytes):
        raise UnreadableError(f"{text!r} is more than there can be; examples are 512MiB and 1GiB")
    return round(size_bytes)


def read_bytes(text: str) -> int:
    """Read the size of a body: '1000', '64KiB' in binary units, '10MB' in decimal ones."""
    match = _SIZE.fullmatch(text.strip())
    if match is None or (size_bytes := _exact(match)) is None:
        raise UnreadableError(f"{text!r} is no size of a body; examples are 1000, 64KiB and 10MB")
    return size_bytes


def _exact(match: re.Match[str]) -> int | None:
    """Return a whole number of bytes; None for others."""
    unit = (match["unit"] or "b").lower()
    base = 1024 if "i" in unit else 1000
    size_bytes = Decimal(match["number"]) * base ** "bkmg".index(unit[0])
    return int(size_bytes) if size_bytes == int(size_bytes) else None


def read_rate(text: str) -> float:
    """Read a rate, in requests a second."""
    try:
        rate = float(text)
    except ValueError as error:
        raise UnreadableError(f"{text!r} is no rate; examples are 1000 and 0.5") from error
    if not _possible(rate):
        raise UnreadableError(f"{text!r} is not above 0 and at most {HIGHEST_RATE_PER_S:,}")
    return rate


def read_stage(text: str) -> Stage:
    """Read a stage of the open load model: '500@10s', or '100-1000@30s' for a ramp."""
    match = _STAGE.fullmatch(text.strip())
    if match is None:
        raise UnreadableError(f"{text!r} is no stage; examples are 500@10s and 100-1000@30s")
    duration_s = read_duration(match["duration"])
    first, last = float(match["first"]), float(match["last"] or match["first"])
    if not _possible(max(first, last)):
        problem = f"has no rate that is above 0 and at most {HIGHEST_RATE_PER_S:,}"
        raise UnreadableError(f"{text!r} {problem}")
    return Stage(duration_s, first, last)


def read_header(text: str) -> tuple[str, str]:
    """Read a request header: 'Name: value'."""
    match = HEADER.fullmatch(text)
    if match is None:
        name = _HEADER_NAME.match(text)
        raise UnreadableError(problem_of_header(name[1] if name else ""))
    return match["name"], match["value"]


def read_method(text: str) -> str:
    """Read a request method."""
    if METHOD.fullmatch(text) is None:
        raise UnreadableError(f"{text!r} {NO_METHOD}")
    return text


def read_weighted_path(text: str) -> Request:
    """Read a path, or a weight, a colon and a path: '/items', '3:/items'."""
    path, weight = text, 1.0
    if match := _WEIGHTED.fullmatch(text):
        path, weight = match["path"], float(match["weight"])
    if PATH.fullmatch(path) is None:
        problem = "is no path that begins with a slash and is percent-encoded"
        shown = _QUERY.sub("?…", text)  # it may be a secret
        raise UnreadableError(f"{shown!r} {problem}; examples are /items?page=2 and 3:/items")
    if not 1 <= weight <= HEAVIEST:
        raise UnreadableError(f"{text!r} has no weight from 1 to {HEAVIEST:,}")
    return Request(path, weight=int(weight))


def read_pattern(text: str) -> str:
    """Read a regular expression, which has to be one for bytes, too."""
    try:
        re.compile(text)
        re.compile(text.encode())
    except re.error as error:
        raise UnreadableError(f"{text!r} is no regular expression: {error}") from error
    return text


def read_variable(text: str) -> tuple[str, str]:
    """Read a variable of the environment: 'NAME=VALUE'."""
    match = _VARIABLE.fullmatch(text)
    if match is None:
        # What was meant as a value may be a secret.
        raise UnreadableError("a variable reads NAME=VALUE; an example is DEBUG=0")
    return match["name"], match["value"]


def _possible(rate: float) -> bool:
    return 0 < rate <= HIGHEST_RATE_PER_S  # nan is not
