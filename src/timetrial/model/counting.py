"""What a request executes in a start of its own, after a run: nothing of it is measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class RequestCount:
    """One of several requests of a benchmark."""

    label: str
    share: float
    """Of all requests, 0 to 1."""
    instructions: float
    system_calls: float | None


@dataclass(frozen=True, slots=True)
class CountedStack:
    """What a request executes on one stack, with one process of it."""

    stack: str
    benchmark: str
    """The first of the run that has these requests."""
    counter: str
    """What has counted, for people: 'Valgrind 3.19.0'."""
    instructions: float
    """A request's, in user space; the mean, by their shares, where there are several."""
    system_calls: float | None
    """Likewise; None where the counter does not know them."""
    requests: tuple[RequestCount, ...] = ()
    """Each of them, where there are several."""
    kind: Literal["counted"] = "counted"


@dataclass(frozen=True, slots=True)
class UncountedStack:
    """A stack that could not be counted."""

    stack: str
    benchmark: str
    reason: str
    """Why, as a clause."""
    log_tail: str
    """The last lines that the server wrote."""
    kind: Literal["uncounted"] = "uncounted"


Counting = CountedStack | UncountedStack
