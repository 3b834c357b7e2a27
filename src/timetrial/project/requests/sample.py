"""The responses of one stack to one request."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from timetrial.model import UPGRADED, Request
from timetrial.project.requests.body_pattern import BodyPattern, common_pattern, pattern_of

_SUCCESS = range(200, 300)
_LEAST_SPREAD_S = 0.02
"""Events that come within less are sent at once."""


@dataclass(frozen=True)
class Sample:
    """The responses of one stack to one request that was sent more than once."""

    statuses: tuple[int, ...]
    bodies: tuple[bytes, ...]
    headers: Mapping[str, str]
    """Headers of the last response; names in lower case."""
    took_s: float
    """Time until the last response was complete, connecting included."""
    changing: Sequence[re.Pattern[bytes]] = ()
    """Patterns of what may differ in these bodies."""
    problem: str = ""
    """How a response violates the declared expectation; '' if it does not, or there is none."""
    by_process: bool = False
    """Whether bodies of two processes of the stack differ where those of one do not."""
    spread_s: float = 0.0
    """Of a stream: the time from the first event to the last one."""

    @property
    def status(self) -> int:
        return self.statuses[-1]

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "")

    @property
    def encoding(self) -> str:
        return self.headers.get("content-encoding", "")

    @property
    def is_steady(self) -> bool:
        """Whether all responses have the same status."""
        return len(set(self.statuses)) == 1

    @cached_property
    def pattern(self) -> BodyPattern | None:
        """What the bodies have in common; None if that is too little."""
        return common_pattern(pattern_of(body, self.changing) for body in self.bodies)

    def is_wanted(self, request: Request) -> bool:
        """Whether these responses can be measured."""
        if request.expect is not None or (request.stream is not None and self.problem):
            return not self.problem
        right = {UPGRADED} if request.message else _SUCCESS
        return self.is_steady and self.status in right


def spread_by_design(spreads_s: Sequence[float]) -> float:
    """Return over how long an app spreads the events of a stream; 0: it does not.

    Of some stacks it may be shorter, because they hold events back: those do not count.
    """
    longest_s = max(spreads_s)
    if longest_s < _LEAST_SPREAD_S:
        return 0.0
    return round(min(s for s in spreads_s if s >= longest_s / 2), 3)


def merged(request: Request, samples: Sequence[Sample]) -> Sample:
    """Merge what processes of one stack answered, one sample each: they may differ in bodies.

    A process whose response can be measured counts more than one whose response cannot: what goes
    well in one of them is no fault of the server.
    """
    wanted = [sample for sample in samples if sample.is_wanted(request)] or samples
    first = wanted[0]
    same = [sample for sample in wanted if sample.status == first.status]
    bodies = tuple(body for sample in same for body in sample.bodies)
    return replace(
        first,
        statuses=tuple(status for sample in same for status in sample.statuses),
        bodies=bodies,
        changing=tuple(pattern for sample in same for pattern in sample.changing),
        by_process=first.pattern is not None and not all(map(first.pattern.fits, bodies)),
    )
