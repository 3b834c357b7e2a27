"""How a verb that measures ends, early or not: its message and its exit code."""

from __future__ import annotations

import shlex
import sys

from timetrial.cli.output import Exit, error_line, log_lines
from timetrial.model import ServiceFailed
from timetrial.model.redaction import without_passwords
from timetrial.runner.session import Measured


def outcome(measured: Measured, resumption: str) -> int:
    """Print what ended a run early, with the command that resumes it; return the exit code."""
    ended_by = measured.ended_by
    if ended_by is None:
        return Exit.FAILED if measured.run.undeclared_failures() else Exit.DONE
    error_line(f"{ended_by}; go on with: {resumption}")
    if isinstance(ended_by, ServiceFailed):
        log_lines(ended_by.log_tail)
    return Exit.INTERRUPTED if ended_by == "interrupted" else Exit.FAILED


def same_command(number: int) -> str:
    """Write the command that resumes a race: the same one, with the race's number."""
    words = ["timetrial", *sys.argv[1:]]
    if "--resume" not in words:
        words += ["--resume", str(number)]
    return without_passwords(shlex.join(words))
