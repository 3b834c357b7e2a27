"""Capacity per core in words: where it decided, and where it contradicts throughput."""

from __future__ import annotations

from collections.abc import Mapping

from timetrial.analysis.per_core import Contradiction, IdleReason
from timetrial.analysis.recommendation import Recommendation
from timetrial.reports.ratios import relative
from timetrial.reports.verdicts import percent

LABEL = "capacity per core"
MEANING = (
    "per core: requests a second of CPU time, 1 / (CPU s per request), of servers that kept their "
    "CPUs busy."
)
_REASONS: Mapping[IdleReason, str] = {
    "idle workers": "one of its workers did most of the work, and the others were idle",
    "lock": "each of its workers runs one thread at a time, and there are more CPUs than workers",
    "waiting": "it waited for something",
}


def lead(choice: Recommendation) -> str:
    """Say how far the first is ahead of the next in capacity per core."""
    assert choice.lead is not None  # noqa: S101 - it has one where another is behind
    margin = relative(choice.lead, than=choice.behind, of="requests a second per core")
    return f"it answers {margin}, the next."


def why(choice: Recommendation) -> str:
    """Say why throughput does not decide, and what decided instead."""
    if choice.throughput_within is None:
        cause = "The machine was disturbed, so that throughput does not decide"
    else:
        within = percent(choice.throughput_within)
        cause = f"Throughput does not decide (differences of up to {within} are possible)"
    return (
        f"{cause}: capacity per core is compared, from which CPU steal and other processes are "
        f"taken out. All of them kept their CPUs busy."
    )


def contradiction(found: Contradiction) -> str:
    """Say why a server with less CPU time per request answers fewer requests."""
    saved = relative(found.per_core, than=found.faster, of="requests a second per core")
    said = f"{found.cheaper} would answer {saved}, but answers fewer"
    if found.reason is None or found.busy is None:
        return f"{said}; why is not known."
    used = percent(found.busy)
    return f"{said}: it used {used} of its CPUs' time, because {_REASONS[found.reason]}."
