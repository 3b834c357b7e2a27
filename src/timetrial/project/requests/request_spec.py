"""One request of a mix."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from timetrial.model.load import ThinkTime
from timetrial.model.workload import Expectation

HARMLESS = frozenset({"GET", "HEAD", "OPTIONS"})
HEAVIEST = 1_000_000
"""The largest weight."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, and how often it is sent beside the others."""

    path: str
    """With its query, percent-encoded."""
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    """Sent as UTF-8."""
    weight: int = 1
    """How often, in proportion to the weights of the other requests; 1 or more."""
    think: ThinkTime = field(default_factory=ThinkTime)
    """What users wait after the response; other load models never wait."""
    expect: Expectation | None = None
    """What the user says of a correct response; None where nothing is said: then any status from
    200 to 299 is one."""
    name: str = ""
    """'' where method and path are name enough."""

    @property
    def label(self) -> str:
        return self.name or f"{self.method} {self.path}"

    @property
    def writes(self) -> bool:
        """Whether its method is one that changes what the app keeps."""
        return self.method not in HARMLESS

    def is_same_request(self, other: Asked) -> bool:
        """Whether the same bytes are sent for both."""
        return self._sent() == other._sent()

    def _sent(self) -> tuple[str, str, Mapping[str, str], str]:
        return self.method, self.path, self.headers, self.body
