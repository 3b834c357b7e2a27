"""What a server is known not to do: a failure that its manifest declares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

When = Literal["always", "pipelining"]


@dataclass(frozen=True, slots=True)
class KnownFailure:
    """A reason for which a server is not started, unless somebody wants to see it fail."""

    when: When
    """Under every load, or where a connection has several requests under way."""
    reason: str
