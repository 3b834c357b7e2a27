"""Capacity per core in words: where it decided, and where it contradicts throughput."""

from __future__ import annotations

from collections.abc import Mapping

from timetrial.analysis.per_core import Contradiction, IdleReason
from timetrial.analysis.recommendation import Recommendation
from timetrial.reports.ratios import relative
from timetrial.reports.verdicts import percent

LABEL = "capacity per core"
AMOUNT = "requests a second per core"
MEANING = (
    "per core: requests per second of CPU time (1 ÷ CPU time per request), of servers that "
    "kept their CPUs busy. CPU steal and other processes are taken out."
)
_REASONS: Mapping[IdleReason, str] = {
    "idle workers": "one of its workers did most of the work, and the others were idle",
    "lock": "each of its workers runs one thread at a time, and there are more CPUs than workers",
    "waiting": "it waited for something",
}


def why(choice: Recommendation) -> str:
    """Say why throughput does not decide, and what does instead."""
    if choice.throughput_within is None:
        return "The machine was disturbed, so capacity per core decides, not throughput."
    within = percent(choice.throughput_within)
    return f"Throughput leaves differences of up to {within} open, so capacity per core decides."


def contradiction(found: Contradiction) -> str:
    """Say why a server with less CPU time per request answers fewer requests."""
    saved = relative(found.per_core, than=found.faster, of=AMOUNT)
    said = f"{found.cheaper} would answer {saved}, but answers fewer"
    if found.reason is None or found.busy is None:
        return f"{said}; why is not known."
    used = percent(found.busy)
    return f"{said}: it used {used} of its CPUs' time, because {_REASONS[found.reason]}."
