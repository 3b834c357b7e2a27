"""The command line: one file a verb, and the one place that prints and exits.

Options are derived from the records in `verbs/options`, and what a verb does is a function of
`verbs`. Here are progress, output and exit codes alone. Start with `main`.
"""

from timetrial.cli.main import main

__all__ = ["main"]
