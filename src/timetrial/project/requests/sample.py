"""What one stack answers to one request."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from timetrial.model.workload import Request
from timetrial.project.requests.body_pattern import BodyPattern, in_common, pattern_of

_SUCCESS = range(200, 300)


@dataclass(frozen=True)
class Sample:
    """The answers of one stack to one request, asked more than once."""

    statuses: tuple[int, ...]
    bodies: tuple[bytes, ...]
    headers: Mapping[str, str]
    """Of the last answer; names in lower case."""
    took_s: float
    """Until the last answer was complete, with connecting."""
    changing: Sequence[re.Pattern[bytes]] = ()
    """What is known to differ in these bodies."""
    problem: str = ""
    """In what an answer is not what the user said it must be; '' where nothing was said, too."""

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
        """Whether all answers have the same status."""
        return len(set(self.statuses)) == 1

    @cached_property
    def shape(self) -> BodyPattern | None:
        """What the bodies have in common; None where that is too little."""
        first, *others = (pattern_of(body, self.changing) for body in self.bodies)
        shape: BodyPattern | None = first
        for other in others:
            shape = shape and in_common(shape, other)
        return shape

    def is_wanted(self, asked: Request) -> bool:
        """Whether it is an answer that can be measured."""
        if asked.expect is not None:
            return not self.problem
        return self.is_steady and self.status in _SUCCESS
