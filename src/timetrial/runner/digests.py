"""Digests of all finished runs of a store: made once, then read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from timetrial.analysis.summarize import summarize
from timetrial.analysis.trends import digest
from timetrial.model import RunDigest, StoreError
from timetrial.store.damage import notes_on, reason
from timetrial.store.store import Store

OnRun = Callable[[int, int], None]
"""Called with the number of the run that is read, and how many runs have no digest."""


@dataclass(frozen=True, slots=True)
class Digests:
    """The digests of a store, and the runs that have none because they are damaged."""

    readable: tuple[RunDigest, ...]
    damaged: Mapping[int, str] = field(default_factory=dict)
    """By the run's number, why it cannot be read."""

    def notes(self) -> tuple[str, ...]:
        """Say which runs are left out, a line for each of the first ones."""
        return notes_on(self.damaged)


def up_to_date_digests(store: Store, on_run: OnRun | None = None) -> Digests:
    """Return the digests of all complete runs; make and store those that are missing."""
    damaged = store.damaged_runs()
    known = {*damaged, *(digest.run for digest in store.digests())}
    missing = [line.number for line in store.list_runs() if line.number not in known]
    for number, run in enumerate(reversed(missing), start=1):
        if on_run is not None:
            on_run(number, len(missing))
        try:
            summary = summarize(store.load(run))
        except StoreError as error:
            damaged[run] = reason(run, error)
            continue
        if summary.complete:
            store.keep_digest(digest(summary))
    readable = tuple(digest for digest in store.digests() if digest.run not in damaged)
    return Digests(readable, damaged)
