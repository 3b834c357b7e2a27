"""The requests that are counted, one at a time, and how often. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from timetrial.features.counting.figure import Figure
from timetrial.model import Request, Stack, Workload

ALL = "all requests"
"""The name of the weighted sum of several requests."""


@dataclass(frozen=True, slots=True)
class CountedRequest:
    """One request, and its part in the sum."""

    label: str
    request: Request
    weight: float


@dataclass(frozen=True, slots=True)
class Repeats:
    """How often requests are sent to each start, in a server whose figures are steady then."""

    warm_up: int = 150
    """Before garbage is collected and counting begins."""
    dropped: int = 5
    counted: int = 300
    each: int = 60
    """At least so many of every request."""

    def rounds(self, requests: int) -> int:
        """Return how often all requests are sent, one after the other."""
        return max(self.each, -(-self.counted // requests))


def requests_of(workload: Workload, stack: Stack) -> tuple[CountedRequest, ...]:
    """List the different requests of a workload; those of a mix by their shares."""
    steps = workload.steps
    groups = workload.distinct()
    labels = Counter(steps[places[0]].label for places in groups)
    total = len(steps) if workload.is_mix else 1
    found = []
    for number, places in enumerate(groups, start=1):
        step = steps[places[0]]
        label = step.label if labels[step.label] == 1 else f"{number}. {step.label}"
        request = step.request(stack.interface)
        found.append(CountedRequest(label, request, len(places) / total))
    return tuple(found)


def with_sum(
    figures: Mapping[str, Figure], requests: Sequence[CountedRequest]
) -> dict[str, Figure]:
    """Add the weighted sum, where there are several requests."""
    if len(requests) == 1:
        return dict(figures)
    total = Figure(0.0, 0.0, 0.0)
    for each in requests:
        total = total.plus(figures[each.label].times(each.weight))
    return {**figures, ALL: total}
