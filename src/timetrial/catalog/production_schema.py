"""What is known of a server's fitness for production: facts, with their source and date."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from timetrial.catalog.manifest import Manifest
from timetrial.model import listed

Supervision = Literal["replaces", "ends", "one process", "none"]
"""What happens when a worker dies: it is replaced; or the server ends, which a service manager
sees; or the worker is the server; or nobody notices."""
Hazard = Literal[
    "leaves pipelined requests unanswered",
    "a slow client blocks a worker",
    "holds bodies in memory",
]
"""`tests/catalog/test_hazards.py` proves each that a manifest names on the server itself."""
_FATAL: frozenset[Hazard] = frozenset({"leaves pipelined requests unanswered"})
_OLD_DAYS = 3 * 365


class Production(Manifest):
    """[production] of a server."""

    released: date
    """When its last version was."""
    supervision: Supervision
    hazards: tuple[Hazard, ...] = ()
    source: Annotated[str, Field(pattern="^https://")]
    checked: date
    """When these facts were last looked up."""

    def unfit(self) -> str:
        """Say, as a clause, why it is not fit for production; '' if it is."""
        return listed(tuple(self._reasons()))

    def _reasons(self) -> Iterator[str]:
        if (self.checked - self.released).days > _OLD_DAYS:
            yield f"its last release is of {self.released:%B %Y}"
        if self.supervision == "none":
            yield "nothing replaces a worker that dies"
        yield from (f"it {hazard}" for hazard in self.hazards if hazard in _FATAL)
