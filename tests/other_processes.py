"""What a run says where the machine was not there for it alone."""

from __future__ import annotations

from collections.abc import Iterable

from timetrial.model.finding import Finding

NAMES = frozenset(
    {
        "server-waited",
        "foreign-cpu",
        "generator-waited",
        "late-generator",
        "steal",
        "throttled",
        "rounds-left-out",
    }
)
"""Of findings that name other processes, or the hypervisor."""


def disturbed(findings: Iterable[Finding], stack: str) -> bool:
    """Whether a run says that other processes had a part in the figures of a stack.

    What a test asserts of figures that they can change, it asserts where that is false; a machine
    that is never disturbed then checks all of it, one that always is checks that it is said.
    """
    return any(each.name in NAMES and each.cell.stack == stack for each in findings)
