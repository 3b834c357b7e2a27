"""Standard output and standard error of a verb: no result is lost, and no text commands a job."""

from __future__ import annotations

import errno
import os
import re
import stat
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import TextIOWrapper
from typing import IO, TextIO, cast

from timetrial.cli.output import ReaderGoneError, error_line

_COMMAND = re.compile(r"(^[^\S\n]*):(?=:)|#(?=#\[)", re.MULTILINE)
"""How a line that commands a job of GitHub begins, and what its runner takes for one anywhere."""


class Stream:
    """A stream that goes on where it cannot be written to, in the place of `sys.stdout`."""

    def __init__(
        self, stream: TextIO | None, spare: Stream | None = None, *, for_commands: bool = False
    ) -> None:
        self._stream = stream
        self._spare = spare
        """Where results go that cannot be written; None: nowhere."""
        self._unwritten: list[str] = []
        """What a flush may still fail to write."""
        self._line = ""
        """The last line, as far as it was written."""
        self.problem: OSError | None = None
        """Why nothing can be written any more."""
        self.is_read_for_commands = for_commands
        """Whether GitHub reads it, and takes some lines for commands."""
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)

    @property
    def encoding(self) -> str:
        return getattr(self._stream, "encoding", None) or "utf-8"

    def isatty(self) -> bool:
        return self._stream is not None and self._stream.isatty()

    def write(self, text: str) -> int:
        self._put(self._defused(text) if self.is_read_for_commands else text)
        return len(text)

    def command(self, line: str) -> None:
        """Write a line that GitHub is to take for a command."""
        self._put(f"{line}\n")
        self._line = ""

    def flush(self) -> None:
        if self.problem is not None or self._stream is None:
            return
        try:
            self._stream.flush()
        except OSError as error:
            self._give_up(error)
        self._unwritten.clear()

    def _put(self, text: str) -> None:
        if self.problem is not None:
            self._put_aside(text)
            return
        if self._stream is None:
            self._give_up(OSError(errno.EBADF, os.strerror(errno.EBADF)), text)
            return
        try:
            self._stream.write(text)
        except OSError as error:
            self._give_up(error, text)
        else:
            if self._spare is not None:
                self._unwritten.append(text)

    def _give_up(self, error: OSError, text: str = "") -> None:
        """Write to the spare stream from now on, and again what may be lost.

        Raises ReaderGoneError where nobody reads results any more; unread progress is dropped.
        """
        self.problem = error
        if self._spare is not None and isinstance(error, BrokenPipeError):
            raise ReaderGoneError from error
        if self._spare is not None:
            error_line(
                f"standard output cannot be written: {error.strerror}; the result goes to "
                "standard error"
            )
        self._put_aside("".join((*self._unwritten, text)))

    def _put_aside(self, text: str) -> None:
        if self._spare is not None and not isinstance(self.problem, BrokenPipeError):
            self._spare.write(text)

    def _defused(self, text: str) -> str:
        """Write a character of what would be a command as JSON does, which means the same there."""
        before, whole = _without_commands(self._line), self._line + text
        self._line = whole.rpartition("\n")[2]
        return _without_commands(whole)[len(before) :]


def _without_commands(text: str) -> str:
    return _COMMAND.sub(lambda found: f"{found[1] or ''}\\u{ord(found[0][-1]):04x}", text)


def is_github_job(environ: Mapping[str, str]) -> bool:
    return environ.get("GITHUB_ACTIONS") == "true"


@contextmanager
def streams(environ: Mapping[str, str]) -> Iterator[Stream]:
    """Give the standard output of a verb; both streams are what they were afterwards."""
    before = sys.stdout, sys.stderr
    for_commands = is_github_job(environ)
    err = Stream(sys.stderr, for_commands=for_commands and not _is_file(sys.stderr))
    out = Stream(sys.stdout, err, for_commands=for_commands and not _is_file(sys.stdout))
    sys.stdout, sys.stderr = cast("TextIO", out), cast("TextIO", err)
    try:
        yield out
    finally:
        err.flush()
        # The interpreter flushes its streams once more at its end, and would fail once more.
        sys.stdout = None if out.problem else before[0]
        sys.stderr = None if err.problem else before[1]


def read_for_commands() -> None:
    """Let no text be a command of a job of GitHub, which reads both streams but for files."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, Stream):
            stream.is_read_for_commands = not _is_file(stream)


def _is_file(stream: object) -> bool:
    """Whether a stream was redirected to a file, which no runner of jobs reads."""
    try:
        return stat.S_ISREG(os.fstat(stream.fileno()).st_mode)  # type: ignore[attr-defined]  # without it: no file
    except (AttributeError, OSError, ValueError):
        return False


def write_command(stream: IO[str], line: str) -> None:
    """Write a command of a job of GitHub."""
    if isinstance(stream, Stream):
        stream.command(line)
    else:
        stream.write(f"{line}\n")
