"""Duets of unlike stacks, and of more than two that alternate, held to two that alternate."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import duet_bias
from found import NAMES, Found
from proof import Figure
from recorded import Recording
from resampling import Share, overlap
from shipped import FEWEST_ROUNDS, METRICS, Metric, decide, difference
from timetrial.analysis.statistics.mean_inference import centre
from trials import pairs

OVERLAP = 0.9
"""Of the intervals of two recordings, at least."""
SAME_WITHIN = 0.02
"""By so much a duet's ratio may be off, with certainty, for a pair to be let in."""


def bias(found: Found, recording: Recording) -> Iterator[str]:
    """Hold duets to windows that alternate, pair by pair, and seven stacks to two."""
    rows = found.tables.setdefault("Duets of unlike stacks, and more than two that alternate", [])
    for pair in duet_bias.PAIRS:
        yield f"bias: {' / '.join(pair)}"
        turns = duet_bias.name_of(duet_bias.TURNS, pair)
        others = {
            "duet": duet_bias.name_of(duet_bias.PLAIN, pair),
            "duet in groups": duet_bias.name_of(duet_bias.GROUPED, pair),
            f"{len(duet_bias.STACKS)} that alternate": duet_bias.ALL,
        }
        for what, other in others.items():
            for metric in METRICS:
                off = _offsets(recording, (turns, other), pair, metric)
                if len(off) < FEWEST_ROUNDS:
                    continue
                middle = centre(off)
                half = middle.half_width or math.inf
                low, high = middle.mean - half, middle.mean + half
                name = f"{' / '.join(pair)}: {what}, {NAMES[metric]}"
                if metric == "throughput":
                    found.duets[name] = (100 * middle.mean, 100 * low, 100 * high)
                fair = max(-low, high) <= math.log1p(SAME_WITHIN)
                measured = f"{100 * middle.mean:+.1f} % [{100 * low:+.1f}, {100 * high:+.1f}]"
                rows.append(
                    Figure(f"{name}, off from two that alternate", "within ± 2 %", measured, fair)
                )


def again(found: Found, before: Recording, after: Recording) -> None:
    """Compare the pairs that alternate, as measured hours apart on one machine."""
    overlaps = []
    for pair in duet_bias.PAIRS:
        for benchmark in (duet_bias.name_of(duet_bias.TURNS, pair), duet_bias.ALL):
            for metric in METRICS:
                one, other = (
                    decide(metric, pairs(each, benchmark, *pair), "alternate")
                    for each in (before, after)
                )
                if one and other:
                    overlaps.append(overlap((one.low, one.high), (other.low, other.high)))
    if overlaps:
        share = Share(sum(overlaps), len(overlaps))
        found.tables.setdefault("The same pairs, hours later", []).append(
            Figure(
                "intervals of the same cells, measured hours apart, overlap",
                "≥ 90 % of cells",
                str(share),
                share.value >= OVERLAP,
            )
        )


def _offsets(
    recording: Recording, benchmarks: tuple[str, str], pair: Sequence[str], metric: Metric
) -> list[float]:
    """List by how much the second benchmark's log ratio is off the first's, round by round."""
    off = []
    for round_ in recording.rounds:
        if not all(benchmark in round_.benchmarks for benchmark in benchmarks):
            continue
        both = [
            difference(metric, (round_.benchmarks[c][pair[0]], round_.benchmarks[c][pair[1]]))
            for c in benchmarks
        ]
        turns, other = both
        if turns is not None and other is not None:
            off.append(other - turns)
    return off
