"""An objective for response times and errors, as people write it: 'p99<100ms,errors<0.1%'."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from timetrial.model import NS_PER_S, BadInput, duration

TAIL_RESPONSES = 10
"""A percentile q of n response times decides on one trial if n(1-q) is at least this."""
USUAL_ERRORS = 0.01
"""The default limit: a server that sheds load looks fast."""

_PERCENTILES = {"p50": 0.5, "p75": 0.75, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p99.9": 0.999}
_UNITS_S = {"us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0}
_PART = re.compile(r"(?P<what>[^<>=\s]+)\s*<\s*(?P<limit>[^=].*)")
_TIME = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>us|µs|ms|s)")
_SHARE = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*%")
_LONGEST_S = 3600.0
_ALLOWED = (
    "allowed is a list such as p99<100ms,errors<0.1%, made of "
    f"{', '.join(_PERCENTILES)} below a time (us, ms, s) and errors below a share (%)"
)


@dataclass(frozen=True, slots=True)
class Limit:
    """A percentile of response time that has to stay below a time."""

    q: float
    """0 to 1."""
    below_s: float

    @property
    def name(self) -> str:
        return f"p{100 * self.q:g}"

    @property
    def needs(self) -> int:
        """The response times that a judgement takes."""
        return math.ceil(round(TAIL_RESPONSES / (1 - self.q), 6))

    def __str__(self) -> str:
        return f"{self.name} < {duration(self.below_s * NS_PER_S)}"


@dataclass(frozen=True, slots=True)
class Objective:
    """The limits for every trial; besides, the server must keep up with the arrivals."""

    limits: tuple[Limit, ...]
    """By rising percentile."""
    errors_below: float = USUAL_ERRORS
    """Share of the requests without a correct response, 0 to 1."""

    @property
    def requests_needed(self) -> int:
        """The requests of a trial: enough for each percentile, and for one error at the limit."""
        errors = math.ceil(round(1 / self.errors_below, 6))
        return max([errors, *(limit.needs for limit in self.limits)])

    @property
    def longest_s(self) -> float:
        """The longest of all limits; 0 where there is none."""
        return max((limit.below_s for limit in self.limits), default=0.0)

    def __str__(self) -> str:
        return ", ".join([*map(str, self.limits), f"errors < {100 * self.errors_below:g} %"])


def read_slo(text: str) -> Objective:
    """Read an objective; by default less than 1 % errors are allowed. Raises BadInput."""
    limits: dict[float, Limit] = {}
    errors: float | None = None
    for part in text.split(","):
        match = _PART.fullmatch(part.strip())
        if match is None:
            raise _bad(text, f"{part.strip()!r} is no limit")
        what, limit = match["what"], match["limit"].strip()
        if what == "errors":
            if errors is not None:
                raise _bad(text, "errors are limited twice")
            errors = _share(text, limit)
        elif what in _PERCENTILES:
            q = _PERCENTILES[what]
            if q in limits:
                raise _bad(text, f"{what} is limited twice")
            limits[q] = Limit(q, _time_s(text, limit))
        else:
            raise _bad(text, f"{what!r} is nothing that can be limited")
    ordered = tuple(limits[q] for q in sorted(limits))
    return Objective(ordered, USUAL_ERRORS if errors is None else errors)


def _time_s(text: str, limit: str) -> float:
    match = _TIME.fullmatch(limit)
    if match is None:
        raise _bad(text, f"{limit!r} is no time")
    time_s = float(match["number"]) * _UNITS_S[match["unit"]]
    if not 0 < time_s <= _LONGEST_S:
        raise _bad(text, f"{limit!r} is not above 0 and at most an hour")
    return time_s


def _share(text: str, limit: str) -> float:
    match = _SHARE.fullmatch(limit)
    if match is None:
        raise _bad(text, f"{limit!r} is no share")
    share = float(match["number"]) / 100
    if not 0.0001 <= share < 1:  # noqa: PLR2004 - a trial cannot have the requests for less
        raise _bad(text, f"{limit!r} is not from 0.01% to below 100%")
    return share


def _bad(text: str, problem: str) -> BadInput:
    return BadInput(f"--slo {text!r}: {problem}; {_ALLOWED}")
