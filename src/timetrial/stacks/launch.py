"""Everything that is needed to start one stack, with nothing left to look up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from timetrial.model.redaction import without_secrets
from timetrial.model.workload import Request


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
    probe: Request
    """Its correct response proves that the stack serves its app."""
    start_timeout_s: float
    log: Path
    """Where standard output and standard error go, together."""

    def without_passwords(self, text: str) -> str:
        """Hide in what the stack says the passwords and other secrets that it was started with."""
        return without_secrets(text, self.env, *self.command)
