"""All that is requested of an app, and where that was said."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from timetrial.model.workload import Request

Source = Literal["paths", "file", "scenario", "log"]


@dataclass(frozen=True, slots=True)
class Mix:
    """Requests by weight; or, of a scenario, the steps of each user in their order."""

    asked: tuple[Request, ...]
    source: Source = "paths"
    name: str = "paths"
    """For tables: the only path, or the file's name."""
    dynamic: tuple[str, ...] = ()
    """Regular expressions: what they match in a body may differ from answer to answer."""
    notes: tuple[str, ...] = ()
    """What was left out, a sentence each."""

    @property
    def is_scenario(self) -> bool:
        """Whether the requests are sent in this order, whatever their weights."""
        return self.source == "scenario"

    @property
    def comes_from_a_log(self) -> bool:
        """Whether nobody asks for each of these requests by name: one may be left out."""
        return self.source == "log"


def distinct(asked: Iterable[Request]) -> tuple[Request, ...]:
    """List requests in their order, each of those that are the same only once."""
    found: list[Request] = []
    for each in asked:
        if not any(each.is_same_request(other) for other in found):
            found.append(each)
    return tuple(found)
