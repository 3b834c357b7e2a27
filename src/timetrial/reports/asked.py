"""What a mix of requests consists of, in words."""

from __future__ import annotations

from timetrial.model.workload import Workload

_NAMED = 4


def mixed(workload: Workload) -> str:
    """Say how often each request is sent, the most frequent first: '3 × GET /, GET /items'."""
    requests = sorted(workload.distinct(), key=len, reverse=True)
    several = len(requests) > 1
    named = [
        (f"{len(places)} × " if several and len(places) > 1 else "")
        + workload.steps[places[0]].label
        for places in requests[:_NAMED]
    ]
    more = f" and {len(requests) - _NAMED} more" if len(requests) > _NAMED else ""
    return ", ".join(named) + more
