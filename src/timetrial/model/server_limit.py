"""What a server is known to be able to take: a bound with a number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Quantity = Literal["connections", "listen_queue", "response_s", "idle_s"]
"""Connections that are served at a time, those that wait to be accepted, how long a response may
take, and how long a connection may lie idle, in seconds."""


@dataclass(frozen=True, slots=True)
class ServerLimit:
    """One bound of one stack, as it is configured."""

    of: Quantity
    at_most: float
    """Of the whole stack: connections, or seconds."""
    what: str
    """In words, without a full stop."""
