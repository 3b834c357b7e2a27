"""Runs a short command until it ends or its time is up."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from timetrial.model import StackFailed

TAIL_LINES = 40
MOST_BYTES = 2**26
_KEPT_BYTES = 2**20


@dataclass(frozen=True, slots=True)
class CommandResult:
    """The exit and the output of a command."""

    exit_code: int | None
    """Negative for a signal; None when its time was up."""
    output: str
    """Standard output."""
    log: str
    """Standard error."""

    @property
    def ok(self) -> bool:
        return self.exit_code == 0

    @property
    def tail(self) -> str:
        """The last 40 lines of both, standard error last."""
        lines = [*self.output.splitlines(), *self.log.splitlines()]
        return "\n".join(lines[-TAIL_LINES:])

    def ending(self) -> str:
        """Return how it ended, as the predicate of a sentence."""
        if self.exit_code is None:
            return "did not end in time"
        if self.exit_code < 0:
            return f"was ended by {signal.Signals(-self.exit_code).name}"
        return f"ended with exit code {self.exit_code}"

    def require_success(self, doing: str) -> None:
        """Raise StackFailed unless the exit code is 0; `doing` is the subject of its sentence."""
        if not self.ok:
            raise StackFailed("install", f"{doing} {self.ending()}", self.tail)


def run_command(
    command: Sequence[str], *, env: Mapping[str, str], cwd: Path, timeout_s: float
) -> CommandResult:
    """Run a command in its own session. When its time is up, the whole session is killed.

    Output goes through files, because a grandchild that keeps a pipe open would block the caller.
    """
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as log:
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=log,
                env=env,
                cwd=cwd,
                start_new_session=True,
            )
        except OSError as error:
            return CommandResult(127, "", f"{command[0]}: {error.strerror}")
        exit_code: int | None
        try:
            exit_code = process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            exit_code = None
        finally:
            _kill_session(process)
        return CommandResult(exit_code, _text(output), _text(log))


def _text(file: IO[bytes]) -> str:
    """Read what a command has written; of more than it can mean, the beginning and the end."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    if size <= MOST_BYTES:
        return file.read().decode(errors="replace")
    head = file.read(_KEPT_BYTES)
    file.seek(size - _KEPT_BYTES)
    notice = f"\n[{size - 2 * _KEPT_BYTES:,} bytes are left out here]\n".encode()
    return (head + notice + file.read()).decode(errors="replace")


def _kill_session(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    finally:
        process.wait()
