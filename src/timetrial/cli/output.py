"""Results go to stdout, progress and errors to stderr."""

from __future__ import annotations

import sys

from rich.console import Console

RESULTS = Console(highlight=False, soft_wrap=False)
PROGRESS = Console(stderr=True, highlight=False)


def error_line(message: str) -> None:
    sys.stderr.write(f"timetrial: {' '.join(message.split())}\n")


def log_lines(tail: str) -> None:
    """Show the last lines of what a program wrote."""
    for line in tail.splitlines():
        sys.stderr.write(f"  {line}\n")


def write_json(text: str) -> None:
    sys.stdout.write(text + "\n")
