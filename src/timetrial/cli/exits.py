"""Exit codes."""

from enum import IntEnum


class Exit(IntEnum):
    """What a verb's exit code says."""

    DONE = 0
    VERDICT_NO = 1
    BAD_INPUT = 2
    FAILED = 3
    """Something failed that no manifest declares."""
    INTERRUPTED = 130
