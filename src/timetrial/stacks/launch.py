"""Everything that is needed to start one stack, with nothing left to look up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from timetrial.model.redaction import without_secrets
from timetrial.model.workload import Expectation


@dataclass(frozen=True, slots=True)
class Probe:
    """A request whose correct response proves that a stack serves its app."""

    path: str
    expect: Expectation | None
    """None: any answer will do."""
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    """Of the request."""
    wait_s: float = 0.0
    """How long the app waits, by its own design, before it answers."""


@dataclass(frozen=True, slots=True)
class Launch:
    """One start of a stack."""

    stack: str
    command: tuple[str, ...]
    env: Mapping[str, str]
    """The whole environment of the process, nothing is inherited."""
    cwd: Path
    host: str
    port: int
    cpus: tuple[int, ...]
    """The CPUs that the stack may use."""
    probe: Probe
    start_timeout_s: float
    log: Path
    """Where standard output and standard error go, together."""

    def without_passwords(self, text: str) -> str:
        """Hide in what the stack says the passwords and other secrets that it was started with."""
        return without_secrets(text, self.env, *self.command)
