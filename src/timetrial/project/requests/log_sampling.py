"""Which few requests stand for the many of a log. Pure.

Most logs have more different paths than can be sent, and hardly any that is frequent: /items/1,
/items/2 and so on. So paths are of one kind if they differ only in what looks like a number, a key
or a title, or in the values of their queries. Each kind is sent as often as all of it was, by the
most frequent of its paths.
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
"""Method and path; or method and kind of path."""


@dataclass(frozen=True, slots=True)
class LogSample:
    """Requests, and how often each is sent in one pass."""

    times: Mapping[MethodAndPath, int]
    kinds: int
    """Of which these are."""
    unsent: Mapping[MethodAndPath, int]
    """How often each kind came that is too rare to be sent."""


def kind_of(path: str) -> str:
    """Write '*' for what differs between paths of one kind: '/items/7?page=2' → '/items/*?page'."""
    place, mark, query = path.partition("?")
    segments = ("*" if _VARIABLE.fullmatch(each) else each for each in place.split("/"))
    names = "&".join(sorted({each.partition("=")[0] for each in query.split("&")}))
    return "/".join(segments) + mark + names


def choose(seen: Mapping[MethodAndPath, int], forgotten: Mapping[MethodAndPath, int]) -> LogSample:
    """Choose what stands for all requests of a log.

    `seen` says how often each came, by method and path; `forgotten` how often others came, by
    method and kind of path.
    """
    kinds: dict[MethodAndPath, dict[MethodAndPath, int]] = {}
    for (method, path), times in seen.items():
        kinds.setdefault((method, kind_of(path)), {})[method, path] = times
    totals = {kind: sum(paths.values()) + forgotten.get(kind, 0) for kind, paths in kinds.items()}
    order = sorted(totals, key=lambda kind: (-totals[kind], kind))
    steps = _steps([totals[kind] for kind in order], [len(kinds[kind]) for kind in order])
    chosen = [
        item
        for kind, number in zip(order, steps, strict=True)
        for item in _most_frequent(kinds[kind], number)
    ]
    return LogSample(
        dict(sorted(chosen, key=lambda item: (-item[1], -seen[item[0]], item[0]))),
        len(totals),
        {kind: totals[kind] for kind, number in zip(order, steps, strict=True) if not number},
    )


def _steps(totals: Sequence[int], paths: Sequence[int]) -> tuple[int, ...]:
    """Say how many steps each kind gets: as many as there may be, if its paths need them."""
    steps = times_each(totals)
    if any(have > own for have, own in zip(paths, steps, strict=True)):
        return tuple(MOST_STEPS // sum(steps) * own for own in steps)
    return steps


def _most_frequent(
    paths: Mapping[MethodAndPath, int], steps: int
) -> Iterator[tuple[MethodAndPath, int]]:
    first = sorted(paths.items(), key=lambda item: (-item[1], item[0]))[:steps]
    times = largest_remainders([came for _, came in first], steps) if first else ()
    for (named, _), own in zip(first, times, strict=True):
        if own:
            yield named, own


def counted_by_kind(seen: Mapping[MethodAndPath, int]) -> Counter[MethodAndPath]:
    """Add up how often each kind came."""
    kinds: Counter[MethodAndPath] = Counter()
    for (method, path), times in seen.items():
        kinds[method, kind_of(path)] += times
    return kinds
