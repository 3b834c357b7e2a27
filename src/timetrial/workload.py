"""What one client asks for, and what a correct response is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Interface = Literal["wsgi", "asgi"]


@dataclass(frozen=True, slots=True)
class Expectation:
    """A correct response: its status, and its body or at least the body's length."""

    status: int = 200
    body: str | None = None
    """The whole body, as UTF-8 text; None where only the length, or nothing, is known."""
    body_bytes: int | None = None
    """Length of the body in bytes; None where the body itself, or nothing, is known."""


@dataclass(frozen=True, slots=True)
class Workload:
    """One request, sent over and over."""

    name: str
    paths: Mapping[Interface, str]
    """Path and query by the interface that the app is served on: an app may offer the same
    thing as `def` for WSGI and as `async def` for ASGI."""
    expect: Expectation = field(default_factory=Expectation)
    wait_s: float = 0.0
    """How long the app waits, by its own design, before it answers."""
    services: tuple[str, ...] = ()
    """What it needs beside those services that its app always needs."""
