"""Further processes of a stack, asked as its first one: what differs between them is the app's."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import monotonic

from timetrial.model import StackFailed
from timetrial.project.requests.mix import Mix, distinct
from timetrial.project.requests.sample import Sample, merged
from timetrial.runner.response_sampling import Replies, ask_again, ask_first, sample_of
from timetrial.runner.starter import LiveStack

FreshProcess = Callable[[str, int], LiveStack]
"""Starts another process of a stack, by its name and a number from 1; raises StackFailed."""

MOST_PROCESSES = 3
"""Processes that are started of a stack in addition: two of them may agree by chance, as in the
order of a set of two strings, which hangs on the hash seed."""
WITHIN_S = 3.0
"""No further process is started after this time; the first one is in any case."""
_AT_ONCE = 4

Patterns = Sequence[re.Pattern[bytes]]


@dataclass(frozen=True, slots=True)
class AskedProcess:
    """A process of a stack, and its replies to all requests."""

    live: LiveStack
    first: Replies
    again: Replies

    def sample(self, place: int, dynamic: Patterns) -> Sample | StackFailed:
        """Return its responses to one request, or why there is none."""
        earlier, later = self.first[place], self.again[place]
        if isinstance(later, StackFailed):
            return later
        earlier = later if isinstance(earlier, StackFailed) else earlier
        return sample_of(self.live, earlier, later, dynamic)


def dynamic_patterns(mix: Mix) -> Patterns:
    """Return what the user says may differ in bodies."""
    return tuple(re.compile(pattern.encode()) for pattern in mix.dynamic)


def ask_fresh(
    mix: Mix,
    names: Collection[str],
    processes: Mapping[str, Sequence[AskedProcess]],
    fresh: FreshProcess,
) -> Iterator[tuple[str, Sequence[AskedProcess]]]:
    """Start further processes of these stacks, send them all requests, and stop them.

    Yields those of each stack that answered: none of a stack whose further processes do not start.
    """
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        asked = pool.map(lambda name: _of_stack(mix, name, processes[name][0], fresh), names)
        yield from zip(names, asked, strict=True)


def _of_stack(
    mix: Mix, name: str, known: AskedProcess, fresh: FreshProcess
) -> Sequence[AskedProcess]:
    until_s = monotonic() + WITHIN_S
    asked: list[AskedProcess] = []
    for number in range(1, MOST_PROCESSES + 1):
        try:
            asked.append(_asked(mix, fresh(name, number)))
        except StackFailed:
            break
        if monotonic() > until_s or _differs(mix, (known, asked[-1])):
            break
    return asked


def _asked(mix: Mix, live: LiveStack) -> AskedProcess:
    requests = distinct(mix.requests)
    try:
        first = tuple(ask_first(live, requests))
        again = tuple(ask_again(live, requests, keep_cookies=mix.is_scenario))
    finally:
        live.stop()
    return AskedProcess(live, first, again)


def _differs(mix: Mix, processes: Sequence[AskedProcess]) -> bool:
    """Whether the bodies of two processes differ in what the bodies of each have in common."""
    dynamic = dynamic_patterns(mix)
    for place, request in enumerate(distinct(mix.requests)):
        samples = [process.sample(place, dynamic) for process in processes]
        known = [sample for sample in samples if isinstance(sample, Sample)]
        if known and merged(request, known).by_process:
            return True
    return False
