"""Digests of all finished runs of a store: made once, then read."""

from __future__ import annotations

from collections.abc import Callable

from timetrial.analysis.summarize import summarize
from timetrial.analysis.trends import digest
from timetrial.model import RunDigest
from timetrial.store.store import Store

OnRun = Callable[[int, int], None]
"""Called with the number of the run that is read, and how many runs have no digest."""


def up_to_date_digests(store: Store, on_run: OnRun | None = None) -> tuple[RunDigest, ...]:
    """Return the digests of all complete runs; make and store those that are missing."""
    present = {digest.run for digest in store.digests()}
    missing = [line.number for line in store.list_runs() if line.number not in present]
    for number, run in enumerate(reversed(missing), start=1):
        if on_run is not None:
            on_run(number, len(missing))
        summary = summarize(store.load(run))
        if summary.complete:
            store.keep_digest(digest(summary))
    return store.digests()
