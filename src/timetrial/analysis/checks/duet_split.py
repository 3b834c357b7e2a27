"""In a duet one stack had more of the CPU time than the other: their throughputs show the share.

What both used together is the cores that they shared; if each is to be as fast as it can be on one
half of them, each must have had one half. CPU time per request does not depend on the share.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence

from timetrial.analysis.checks.cell_context import CellContext, percent
from timetrial.analysis.checks.thresholds import DUET_SPLIT
from timetrial.model.finding import Finding
from timetrial.model.measurement import Measurement


def find(context: CellContext) -> Finding | None:
    """Name the partner with whom the CPU time was shared most unevenly."""
    shares = {
        partner: share
        for partner, measurements in context.partners.items()
        if (share := cpu_share(context.measurements, measurements)) is not None
    }
    if not shares:
        return None
    partner = max(shares, key=lambda name: abs(shares[name] - 0.5))
    severity = DUET_SPLIT.judge(round(abs(shares[partner] - 0.5), 9))
    if severity is None:
        return None
    meaning = "shows no ratio" if severity == "invalid" else "may not show the ratio"
    return context.finding(
        DUET_SPLIT.name,
        severity,
        f"it had {percent(shares[partner])} of the CPU time that it shared with {partner}: "
        f"throughput {meaning}, CPU time per request does.",
    )


def void_pairs(measured: Mapping[str, Sequence[Measurement]]) -> set[frozenset[str]]:
    """List the pairs, of stacks by name, whose ratio of throughputs shows the share alone."""
    shares = (
        (frozenset((one, other)), cpu_share(measured[one], measured[other]))
        for one, other in itertools.combinations(measured, 2)
    )
    return {
        pair
        for pair, share in shares
        if share is not None and DUET_SPLIT.judge(round(abs(share - 0.5), 9)) == "invalid"
    }


def cpu_share(one: Sequence[Measurement], other: Sequence[Measurement]) -> float | None:
    """Return the share (0 to 1) that `one` had of the CPU time of their common windows."""
    own_s = others_s = 0.0
    for mine, theirs in _common(one, other):
        own_s += mine
        others_s += theirs
    return own_s / (own_s + others_s) if own_s + others_s else None


def _common(
    one: Sequence[Measurement], other: Sequence[Measurement]
) -> Iterator[tuple[float, float]]:
    """List the CPU seconds of both in every window in which both were loaded, and are known."""
    theirs = {(m.trial.round, w.index): w.server_cpu_s for m in other for w in m.windows}
    for measurement in one:
        for window in measurement.windows:
            cpu_s = theirs.get((measurement.trial.round, window.index))
            if window.server_cpu_s is not None and cpu_s is not None:
                yield window.server_cpu_s, cpu_s
