"""Everything that starting one stack needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from timetrial.model import CommonStart, Request
from timetrial.model.redaction import secrets_of_request, without_known, without_secrets


@dataclass(frozen=True, slots=True)
class Launch:
    """One start of a stack."""

    stack: str
    command: tuple[str, ...]
    env: Mapping[str, str]
    """The whole environment of the process; nothing is inherited."""
    cwd: Path
    host: str
    port: int
    cpus: tuple[int, ...]
    """The CPUs that the stack may use."""
    probe: Request
    """The request whose correct response proves that the stack serves its app."""
    start_timeout_s: float
    log: Path
    """The file of standard output and standard error."""
    timeout_option: str = ""
    """The option that gives it longer to start; '' where there is none."""
    common: CommonStart | None = None
    """What it has in common with the versions that it is compared with; None for other stacks."""
    authority: Path | None = None
    """The file of the only authority that its certificate is from; None: it speaks no TLS."""

    def without_passwords(self, text: str) -> str:
        """Replace passwords and other secrets of the launch in a text of the stack.

        So are those of its probe: a request that is sent to the stack.
        """
        text = without_known(text, secrets_of_request(self.probe.headers, self.probe.path))
        return without_secrets(text, self.env, *self.command)
