"""All requests to an app, and their source."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from timetrial.model import Request

Source = Literal["paths", "file", "scenario", "log"]


@dataclass(frozen=True, slots=True)
class Mix:
    """Requests with weights; or the steps of a scenario, in order."""

    requests: tuple[Request, ...]
    source: Source = "paths"
    name: str = "paths"
    """For tables: the only path, or the file's name."""
    dynamic: tuple[str, ...] = ()
    """Regular expressions: what they match in a body may differ between responses."""
    host: str = ""
    """A host that the app allows; '' where its settings name none."""
    notes: tuple[str, ...] = ()
    """What was left out, a sentence each."""
    deflates: bool = False
    """Whether WebSockets offer to compress messages."""

    @property
    def is_scenario(self) -> bool:
        """Whether the requests are sent in this order; weights do not count."""
        return self.source == "scenario"

    @property
    def has_messages(self) -> bool:
        """Whether some of them are messages of WebSockets."""
        return any(request.message for request in self.requests)

    @property
    def comes_from_a_log(self) -> bool:
        """Whether a request may be left out, because the user named none of them."""
        return self.source == "log"


def distinct(requests: Iterable[Request]) -> tuple[Request, ...]:
    """List requests in their order, without repetitions."""
    found: list[Request] = []
    for request in requests:
        if not any(request.is_same_request(other) for other in found):
            found.append(request)
    return tuple(found)
