"""Where output goes: results to stdout, progress and errors to stderr, reports into a folder."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from enum import IntEnum
from pathlib import Path

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from timetrial.cli.characters import in_encoding
from timetrial.model import BadInput, visible, visible_json
from timetrial.model.redaction import without_passwords
from timetrial.reports.files import write_to


class ReaderGoneError(Exception):
    """Standard output is read no more.

    It is no OSError: for a broken pipe click and rich exit themselves, with the code of a verdict.
    """


_NOT_ASCII = re.compile(r"[^\x00-\x7f]")


class _Console(Console):
    """Shows whatever a text holds: nothing but the styles of Timetrial acts on a terminal.

    What the encoding lacks is shown by similar characters.
    """

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            shown = segment.text
            if not segment.control:
                shown = in_encoding(visible(segment.text), self.encoding)
            yield segment if shown == segment.text else Segment(shown, segment.style)


RESULTS = _Console(highlight=False, soft_wrap=False)
PROGRESS = _Console(stderr=True, highlight=False)


def error_line(message: str) -> None:
    """Write a sentence to stderr; a URL in it loses its password and its tokens."""
    sys.stderr.write(f"timetrial: {visible(without_passwords(' '.join(message.split())))}\n")


def log_lines(tail: str) -> None:
    """Write the last lines of a program's log to stderr."""
    for line in visible(without_passwords(tail)).splitlines():
        sys.stderr.write(f"  {line}\n")


def write_json(text: str) -> None:
    """Write JSON to stdout, with escapes for what acts on a terminal or its encoding lacks."""
    text = visible_json(text)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        text = _NOT_ASCII.sub(lambda character: json.dumps(character[0])[1:-1], text)
    sys.stdout.write(text + "\n")


def write_file(file: Path, text: str, *, add: bool = False) -> None:
    """Write a text file whole or not at all, or `add` to it. Raises BadInput where that fails."""
    # Half characters of file names, which UTF-8 lacks, are written as JSON has them, too.
    content = text.encode("utf-8", "backslashreplace")
    if not add:
        write_to(file, content)
        return
    try:
        with open(file, "ab", opener=_owners_alone) as opened:  # Path.open takes no opener
            opened.write(content)
    except OSError as error:
        raise BadInput(f"{str(file)!r} cannot be written: {error.strerror}") from error


def _owners_alone(file: str, flags: int) -> int:
    """Open a file; a new one is readable by its owner alone."""
    return os.open(file, flags, 0o600)


class Exit(IntEnum):
    """The exit codes of a verb."""

    DONE = 0
    VERDICT_NO = 1
    BAD_INPUT = 2
    FAILED = 3
    """A stack, a service or a load tool failed, and no manifest declares that; or the result could
    not be written to standard output."""
    INTERRUPTED = 130


@contextmanager
def reports_in(folder: Path) -> Iterator[None]:
    """Make the folder before anything is measured; on an error, remove it if new and empty."""
    is_new = not folder.exists()
    make_folder(folder)
    try:
        yield
    except BaseException:
        if is_new:
            with suppress(OSError):
                folder.rmdir()
        raise


def make_folder(reports_dir: Path) -> None:
    try:
        reports_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        problem = f"the folder {str(reports_dir)!r} cannot be made: {error.strerror}"
        raise BadInput(f"{problem}; name another with --reports") from error
