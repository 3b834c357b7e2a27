"""Digests of all finished runs of a store: made once, then read."""

from __future__ import annotations

from collections.abc import Callable

from timetrial.analysis.summarize import summarize
from timetrial.analysis.trends import digest
from timetrial.model.run_digest import RunDigest
from timetrial.store.store import Store

OnRun = Callable[[int, int], None]
"""Told how many of how many runs that had no digest are read."""


def up_to_date_digests(store: Store, on_run: OnRun | None = None) -> tuple[RunDigest, ...]:
    """Return the digests of all runs that are whole; those that lack one get it now."""
    known = {each.run for each in store.digests()}
    lacking = [line.number for line in store.list_runs() if line.number not in known]
    for number, run in enumerate(reversed(lacking), start=1):
        if on_run is not None:
            on_run(number, len(lacking))
        summary = summarize(store.load(run))
        if summary.complete:
            store.keep_digest(digest(summary))
    return store.digests()
