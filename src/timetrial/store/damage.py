"""What lists say of runs that cannot be read."""

from __future__ import annotations

from collections.abc import Mapping

_MOST_NAMED = 3


def reason(run: int, error: Exception) -> str:
    """Say why a run cannot be read, without its number."""
    return str(error).removeprefix(f"run {run}").removeprefix(",").removeprefix(":").strip()


def notes_on(damaged: Mapping[int, str]) -> tuple[str, ...]:
    """Say which runs are left out, a line for each of the first ones."""
    named = [
        f"run {run} is left out, because it cannot be read: {why}"
        for run, why in sorted(damaged.items())[:_MOST_NAMED]
    ]
    more = len(damaged) - len(named)
    return (*named, f"{more} more cannot be read either") if more else tuple(named)
