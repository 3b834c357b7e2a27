"""The command line: one file a verb, and the one place that prints and exits."""

from timetrial.cli.main import main

__all__ = ["main"]
