"""Starts of both sides, in turns, until enough of them are counted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from timetrial.analysis.statistics.design import Looks
from timetrial.features.counting.figure import Figure
from timetrial.model import Observer, StartCounted

LOOKS = Looks((4, 6, 8, 12, 16))
"""Starts a side after which the results are looked at."""

Figures = Mapping[str, Figure]
"""Of one start, by the label of a request."""


@dataclass(frozen=True, slots=True)
class Sides:
    """What the starts of the old and of the new have cost, as many of both."""

    old: tuple[Figures, ...]
    new: tuple[Figures, ...]

    @property
    def starts(self) -> int:
        """How many of each."""
        return len(self.old)

    @property
    def look(self) -> int:
        """Which look this is, from 0."""
        return LOOKS.looks.index(self.starts)


CountStart = Callable[[int, int, threading.Event], Figures]
"""Counts one start: of which side (0: old, 1: new), its number there, and what cancels it."""


def count_sides(
    names: Sequence[str],
    count: CountStart,
    is_enough: Callable[[Sides], bool],
    observer: Observer,
    *,
    at_once: int,
) -> Sides:
    """Count old and new in turns, `at_once` at a time, up to the first look that is enough.

    Raises what `count` raises, after all that runs has ended.
    """
    figures: tuple[list[Figures], list[Figures]] = ([], [])
    cancelled = threading.Event()
    with ThreadPoolExecutor(at_once) as pool:
        try:
            for look in LOOKS.looks:
                for number in range(len(figures[0]), look):
                    _count_both(pool, count, figures, number, cancelled)
                    for name in names:
                        observer(StartCounted(name, number + 1, LOOKS.looks[-1]))
                sides = Sides(tuple(figures[0]), tuple(figures[1]))
                if is_enough(sides):
                    break
        except BaseException:
            cancelled.set()
            raise
    return sides


def _count_both(
    pool: ThreadPoolExecutor,
    count: CountStart,
    figures: tuple[list[Figures], list[Figures]],
    number: int,
    cancelled: threading.Event,
) -> None:
    """Count a start of both; which of them is first alternates."""
    order = (0, 1) if number % 2 == 0 else (1, 0)
    running: dict[int, Future[Figures]] = {
        side: pool.submit(count, side, number, cancelled) for side in order
    }
    for future in wait(running.values(), return_when=FIRST_EXCEPTION).done:
        future.result()  # raises at once what one of them has raised
    for side, future in running.items():
        figures[side].append(future.result())
