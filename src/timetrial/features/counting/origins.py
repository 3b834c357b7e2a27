"""Which functions execute more or less than before. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePath

from timetrial.model import listed

MOST_NAMED = 10
_LEAST_SHARE = 0.02
"""Of the largest change: less is what varies between starts."""
_PACKAGES = "site-packages"

PythonCounts = Iterable[tuple[str, str, int, int]]
"""File, function, its first line and bytecodes, as `timetrial_tracing` lists them."""


@dataclass(frozen=True, slots=True)
class FunctionChange:
    """What a function itself executes, without those that it calls, per request."""

    function: str
    old: float
    new: float

    @property
    def change(self) -> float:
        return self.new - self.old


def changes(old: Mapping[str, float], new: Mapping[str, float]) -> tuple[FunctionChange, ...]:
    """List the functions that changed most, the largest change first; none if a side is unknown."""
    if not old or not new:
        return ()
    found = [
        FunctionChange(name, old.get(name, 0.0), new.get(name, 0.0)) for name in {**old, **new}
    ]
    found.sort(key=lambda each: (-abs(each.change), each.function))
    least = _LEAST_SHARE * abs(found[0].change) if found else 0.0
    return tuple(each for each in found[:MOST_NAMED] if abs(each.change) > least)


def by_function(counts: PythonCounts, folder: PurePath, requests: int) -> dict[str, float]:
    """Name Python's functions alike in two folders, and count per request."""
    found: dict[str, float] = {}
    for file, function, _, bytecodes in counts:
        name = f"{function} ({_short(PurePath(file), folder)})"
        found[name] = found.get(name, 0.0) + bytecodes / requests
    return found


def origin_texts(
    python: Iterable[FunctionChange], native: Iterable[FunctionChange]
) -> tuple[str, ...]:
    """Say it in a sentence for each view; none where nothing is known."""
    views = (("bytecodes of Python", python), ("instructions", native))
    return tuple(
        f"What changed most, {what} a request: {named}."
        for what, of in views
        if (named := listed([f"{each.function} {each.change:+,.0f}" for each in of]))
    )


def _short(file: PurePath, folder: PurePath) -> str:
    parts = file.parts
    if _PACKAGES in parts:  # first: an environment may lie in one of the folders alone
        return "/".join(parts[parts.index(_PACKAGES) + 1 :])
    return str(file.relative_to(folder)) if file.is_relative_to(folder) else file.name
