"""What HTTP/2 adds: streams of one connection that wait for each other, and connections that end.

Where the app waits, throughput times that wait is the number of requests that were being served at
a time (Little 1961). A server that answers the streams of a connection one after the other serves
as many as there are connections, however many streams each has.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain

from timetrial.analysis.checks.cell_context import CellContext, percent
from timetrial.analysis.checks.idle_server import idle_share
from timetrial.analysis.checks.thresholds import GOAWAY, RATIOS_DISAGREE, SERIAL_STREAMS
from timetrial.analysis.statistics.estimates import window_throughput
from timetrial.model import ClosedLoad, Finding, counted, significant

_LEAST = 0.5
"""Below this share of the connections, something else keeps requests from being served."""
_OF_THREADS = 1.15
"""Up to this share of the threads, they may be the reason as well."""


def find_serial(context: CellContext) -> Finding | None:
    """Note that a server answers the streams of a connection one at a time."""
    benchmark = context.benchmark
    load, workload = benchmark.load, benchmark.workload
    windows = tuple(context.windows())
    if not windows or not benchmark.is_http2 or not isinstance(load, ClosedLoad):
        return None
    served = window_throughput(windows) * workload.wait_s / len(workload.steps)
    share = served / load.connections
    if load.pipeline == 1 or share < _LEAST or SERIAL_STREAMS.judge(share) is None:
        return None
    threads, idle = context.workers * context.threads, idle_share(context)
    if served <= _OF_THREADS * threads and threads <= load.connections:
        return None
    if idle is not None and RATIOS_DISAGREE.judge(idle) is None:
        return None
    return context.finding(
        SERIAL_STREAMS.name,
        "note",
        f"streams of one connection are served one at a time: {significant(served, 2)} requests "
        f"were, on {counted(load.connections, 'connection')} × {load.pipeline} streams, while "
        f"{percent(idle) if idle is not None else 'part'} of its cores' time was idle.",
    )


def find_goaway(context: CellContext) -> Finding | None:
    """Note connections that the server ended, and what was in flight on them."""
    facts = [window.http2 for window in context.windows() if window.http2 is not None]
    ended = _total(each.goaways for each in facts)
    if GOAWAY.judge(ended) is None:
        return None
    again, reset = sum(each.retries for each in facts), _total(each.resets for each in facts)
    lost = sum(window.counts.closed_early or 0 for window in context.windows())
    parts = [f"{again:,} sent again, as they were not processed"] if again else []
    parts += [f"{reset:,} reset"] if reset else []
    parts += [f"{lost:,} lost with a connection"] if lost else []
    requests = f"; of the requests in flight {', '.join(parts)}" if parts else ""
    return context.finding(
        GOAWAY.name,
        "note",
        f"it ended {counted(ended, 'connection', ',')} in order (GOAWAY), and new ones were "
        f"opened{requests}.",
    )


def _total(counts: Iterable[Mapping[int, int]]) -> int:
    return sum(chain.from_iterable(each.values() for each in counts))
