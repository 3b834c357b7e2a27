"""A sample of the requests of a log. Pure.

Most logs have more different paths than can be sent, each of them rare: /items/1, /items/2 and so
on. Paths are of one kind if they differ only in numbers, keys or titles, or in the values of their
queries. The most frequent paths of a kind are sent as often as all of its paths came.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from timetrial.project.requests.weighted_order import MOST_STEPS, largest_remainders, times_each

_VARIABLE = re.compile(r".*\d.*|[^-]*-[^-]*-.*|.{25,}")
"""Segments of a path that are numbers, keys or titles."""

MethodAndPath = tuple[str, str]
"""Method and path, or method and kind of path."""


@dataclass(frozen=True, slots=True)
class LogSample:
    """The requests of a sample, and how often each is sent in one pass."""

    times: Mapping[MethodAndPath, int]
    kinds: int
    """Number of kinds in the log."""
    unsent: Mapping[MethodAndPath, int]
    """Kinds that are too rare to be sent, and how often each came."""


def kind_of(path: str) -> str:
    """Return the kind of a path: '/items/7?page=2' is of kind '/items/*?page'."""
    place, mark, query = path.partition("?")
    segments = ("*" if _VARIABLE.fullmatch(segment) else segment for segment in place.split("/"))
    names = "&".join(sorted({field.partition("=")[0] for field in query.split("&")}))
    return "/".join(segments) + mark + names


def choose(counts: Mapping[MethodAndPath, int], merged: Mapping[MethodAndPath, int]) -> LogSample:
    """Choose the requests that represent a log.

    `counts` has how often each came, by method and path; `merged` how often others came, by method
    and kind of path.
    """
    kinds: dict[MethodAndPath, dict[MethodAndPath, int]] = {}
    for (method, path), times in counts.items():
        kinds.setdefault((method, kind_of(path)), {})[method, path] = times
    totals = {kind: sum(paths.values()) + merged.get(kind, 0) for kind, paths in kinds.items()}
    order = sorted(totals, key=lambda kind: (-totals[kind], kind))
    steps = _steps([totals[kind] for kind in order], [len(kinds[kind]) for kind in order])
    chosen = [
        item
        for kind, number in zip(order, steps, strict=True)
        for item in _most_frequent(kinds[kind], number)
    ]
    return LogSample(
        dict(sorted(chosen, key=lambda item: (-item[1], -counts[item[0]], item[0]))),
        len(totals),
        {kind: totals[kind] for kind, number in zip(order, steps, strict=True) if not number},
    )


def _steps(totals: Sequence[int], paths: Sequence[int]) -> tuple[int, ...]:
    """Return the steps of each kind: as many as possible, if a kind has more paths than steps."""
    steps = times_each(totals)
    if any(number > share for number, share in zip(paths, steps, strict=True)):
        return tuple(MOST_STEPS // sum(steps) * share for share in steps)
    return steps


def _most_frequent(
    paths: Mapping[MethodAndPath, int], steps: int
) -> Iterator[tuple[MethodAndPath, int]]:
    first = sorted(paths.items(), key=lambda item: (-item[1], item[0]))[:steps]
    times = largest_remainders([came for _, came in first], steps) if first else ()
    for (request, _), share in zip(first, times, strict=True):
        if share:
            yield request, share


def counted_by_kind(counts: Mapping[MethodAndPath, int]) -> Counter[MethodAndPath]:
    """Add up how often each kind came."""
    kinds: Counter[MethodAndPath] = Counter()
    for (method, path), times in counts.items():
        kinds[method, kind_of(path)] += times
    return kinds
