"""Runs a short command until it ends or its time is up."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from timetrial.machine import supervisor
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


def run_app(
    command: Sequence[str], *, env: Mapping[str, str], cwd: Path, timeout_s: float
) -> CommandResult:
    """Run a command that imports an app, with a supervisor; then kill all that it has started.

    An app may start helpers while it is imported, in sessions of their own.
    """
    with tempfile.NamedTemporaryFile() as output, tempfile.TemporaryFile() as log:
        keeper = subprocess.Popen(
            [sys.executable, "-I", "-S", supervisor.__file__, str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
        order = {
            "command": list(command),
            "env": dict(env),
            "cwd": str(cwd),
            "cpus": sorted(os.sched_getaffinity(0)),
            "output": output.name,
        }
        try:
            report = _last_report(keeper, json.dumps(order).encode() + b"\n", timeout_s)
        finally:
            _end(keeper)
        if "failed" in report:
            return CommandResult(127, "", f"{command[0]}: {report['failed']}")
        return CommandResult(report.get("exit_code"), _text(output), _text(log))


def _last_report(keeper: subprocess.Popen[bytes], order: bytes, timeout_s: float) -> dict[str, Any]:
    """Send the order; return the report of the command's end, {} where none comes in time."""
    assert keeper.stdin is not None  # noqa: S101 - a pipe, see run_app
    assert keeper.stdout is not None  # noqa: S101 - likewise
    with contextlib.suppress(BrokenPipeError):
        keeper.stdin.write(order)
        keeper.stdin.flush()
    deadline_s = time.monotonic() + timeout_s
    unread = b""
    while select.select([keeper.stdout], [], [], max(0.0, deadline_s - time.monotonic()))[0]:
        data = os.read(keeper.stdout.fileno(), 65536)
        *lines, unread = (unread + data).split(b"\n")
        for report in map(json.loads, lines):
            if "exit_code" in report or "failed" in report:
                return dict(report)
        if not data:  # somebody has killed it, and the command with it
            return {"exit_code": -signal.SIGKILL}
    return {}


def _end(keeper: subprocess.Popen[bytes]) -> None:
    """Close its standard input, so that it kills what is left, and wait for its end."""
    for pipe in (keeper.stdin, keeper.stdout):
        if pipe is not None:
            with contextlib.suppress(BrokenPipeError):
                pipe.close()
    try:
        keeper.wait(supervisor.KILL_WITHIN_S + 1.0)
    except subprocess.TimeoutExpired:
        keeper.kill()
        keeper.wait()


def _kill_session(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    finally:
        process.wait()
