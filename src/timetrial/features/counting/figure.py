"""What a request costs in one start of a server, by its countings. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from timetrial.stacks.counters.counter import Executed

COMMON_FROM = 0.4
"""The share of requests with the same system calls from which their median is the figure."""


@dataclass(frozen=True, slots=True)
class Figure:
    """What one request costs."""

    instructions: float
    system_calls: float
    beside_probing: float | None = None
    """Instructions without those that look up keys of dicts and sets; None where unknown."""

    def times(self, factor: float) -> Figure:
        beside = None if self.beside_probing is None else factor * self.beside_probing
        return Figure(factor * self.instructions, factor * self.system_calls, beside)

    def plus(self, other: Figure) -> Figure:
        known = self.beside_probing is not None and other.beside_probing is not None
        return Figure(
            self.instructions + other.instructions,
            self.system_calls + other.system_calls,
            (self.beside_probing or 0.0) + (other.beside_probing or 0.0) if known else None,
        )


def figure_of(countings: Sequence[Executed], together: int = 1) -> Figure:
    """Estimate from countings of the same request, each of so many requests `together`.

    Timers of a server tick beside requests: where the same system calls are common, the median of
    those requests leaves the others out. Where none are, as with many threads, the mean has all.
    """
    signature, times = Counter(each.signature for each in countings).most_common(1)[0]
    if times >= COMMON_FROM * len(countings):
        countings = [each for each in countings if each.signature == signature]
        centre: Callable[[Sequence[float]], float] = median
    else:
        centre = fmean
    beside = [each.instructions - each.probing for each in countings if each.probing is not None]
    figure = Figure(
        centre([float(each.instructions) for each in countings]),
        centre([float(each.system_calls) for each in countings]),
        centre(list(map(float, beside))) if len(beside) == len(countings) else None,
    )
    return figure.times(1 / together)
