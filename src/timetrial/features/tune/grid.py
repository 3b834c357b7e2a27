"""The settings that are worth a try: geometric steps within the limits of server, CPUs and load."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from timetrial.model import BadInput, comma_separated, counted


@dataclass(frozen=True, slots=True, order=True)
class Candidate:
    """Settings of a server; they are in order of size, the smallest first."""

    workers: int
    """Processes that serve."""
    threads: int
    """Threads a process."""
    server: str
    """Its name in the catalog: event loops and parsers are servers of their own there."""

    @property
    def slots(self) -> int:
        """Return how many requests can be worked on at once, where a thread takes one."""
        return self.workers * self.threads


Knob = Literal["server", "workers", "threads"]
KNOBS: tuple[Knob, ...] = ("server", "workers", "threads")
_WORTH_A_STEP = 1.25
"""The upper end of a scale is tried, too, if it is this many times the last step."""
_MOST_THREADS = 64


@dataclass(frozen=True, slots=True)
class Tunable:
    """The largest settings of a server."""

    server: str
    most_workers: int
    most_threads: int


@dataclass(frozen=True)
class Grid:
    """All candidates, the smallest first."""

    candidates: tuple[Candidate, ...]
    notes: tuple[str, ...] = ()
    """What was left out and why, a sentence each."""

    @cached_property
    def knobs(self) -> tuple[Knob, ...]:
        """The settings in which candidates differ."""
        return tuple(knob for knob in KNOBS if len(self.values(knob)) > 1)

    def values(self, knob: Knob) -> tuple[int | str, ...]:
        return tuple(sorted({getattr(candidate, knob) for candidate in self.candidates}))

    @cached_property
    def by_name(self) -> Mapping[str, Candidate]:
        return {self.name(candidate): candidate for candidate in self.candidates}

    def name(self, candidate: Candidate) -> str:
        """Name a candidate by the knobs that there are: '4 workers × 8 threads'."""
        knobs = self.knobs
        counts = [
            counted(getattr(candidate, knob), knob.removesuffix("s"))
            for knob in ("workers", "threads")
            if knob in knobs
        ]
        server = [candidate.server] if "server" in knobs else []
        return ", ".join([*server, *([" × ".join(counts)] if counts else [])])


def grid(tunables: Sequence[Tunable], cpus: int, connections: int) -> Grid:
    """List the candidates for so many CPUs; raise BadInput where there is nothing to choose.

    More threads than requests in flight cannot show what they are worth. No server recommends more
    than two workers a CPU and one more.
    """
    candidates = tuple(
        sorted(
            Candidate(workers, threads, tunable.server)
            for tunable in tunables
            for workers in steps(min(tunable.most_workers, 2 * cpus + 1), (1, 1.5))
            for threads in _threads(tunable, workers, connections)
        )
    )
    if len(candidates) < 2:  # noqa: PLR2004 - it takes two to choose
        raise BadInput(
            f"{tunables[0].server} has nothing to tune: it is one process with one thread"
        )
    return Grid(candidates)


def steps(most: int, mantissas: Sequence[float] = (1,)) -> tuple[int, ...]:
    """Give powers of two times the mantissas, up to `most`: 1, 2, 3, 4, 6, 8 …"""
    powers = (2**exponent for exponent in range(most.bit_length()))
    values = {power * mantissa for power in powers for mantissa in mantissas}
    whole = sorted(int(value) for value in values if value <= most and value == int(value))
    return (*whole, most) if most >= _WORTH_A_STEP * whole[-1] else tuple(whole)


def thinned(full: Grid, most: int) -> Grid:
    """Leave out every other step of the longest scale until there are at most so many."""
    candidates = full.candidates
    while len(candidates) > most:
        knob, values = max(
            ((knob, _values(candidates, knob)) for knob in ("threads", "workers")),
            key=lambda scale: len(scale[1]),
        )
        if len(values) <= 2:  # noqa: PLR2004 - both ends stay
            break
        kept = {*values[::2], values[-1]}
        candidates = tuple(
            candidate for candidate in candidates if getattr(candidate, knob) in kept
        )
    if candidates == full.candidates:
        return full
    note = (
        f"The time bears {len(candidates)} of {len(full.candidates)} candidates, so steps were "
        f"left out: workers {_tried(candidates, 'workers')}, threads "
        f"{_tried(candidates, 'threads')} were tried."
    )
    return replace(full, candidates=candidates, notes=(*full.notes, note))


def _threads(tunable: Tunable, workers: int, connections: int) -> Iterator[int]:
    """List the steps up to the first at which every connection has a thread."""
    for threads in steps(min(tunable.most_threads, _MOST_THREADS)):
        yield threads
        if workers * threads >= connections:
            return


def _values(candidates: Iterable[Candidate], knob: str) -> list[int]:
    return sorted({getattr(candidate, knob) for candidate in candidates})


def _tried(candidates: Iterable[Candidate], knob: str) -> str:
    return comma_separated(_values(candidates, knob))
