"""In a duet one stack had more CPU time than the other: their throughputs then show that share.

Both stacks use up the cores that they share. Throughputs compare only if each stack had one half.
CPU time per request does not depend on the share.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

from timetrial.analysis.checks.cell_context import CellContext, percent
from timetrial.analysis.checks.thresholds import DUET_SPLIT
from timetrial.model import Finding, Measurement


def find(context: CellContext) -> Finding | None:
    """Doubt throughput with the partner of the most uneven share of CPU time."""
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
    """List the pairs of stacks, by name, whose ratio of throughputs is void."""
    return {
        frozenset((a, b))
        for a, b in itertools.combinations(measured, 2)
        if (share := cpu_share(measured[a], measured[b])) is not None
        and DUET_SPLIT.judge(round(abs(share - 0.5), 9)) == "invalid"
    }


def cpu_share(a: Sequence[Measurement], b: Sequence[Measurement]) -> float | None:
    """Return the share (0 to 1) of `a` in the CPU time of the common windows of both."""
    of_b = {(m.trial.round, w.index): w.server_cpu_s for m in b for w in m.windows}
    a_s = b_s = 0.0
    for measurement in a:
        for window in measurement.windows:
            cpu_s = of_b.get((measurement.trial.round, window.index))
            if window.server_cpu_s is not None and cpu_s is not None:
                a_s += window.server_cpu_s
                b_s += cpu_s
    return a_s / (a_s + b_s) if a_s + b_s else None
