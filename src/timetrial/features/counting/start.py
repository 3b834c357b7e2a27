"""One counted start of a server: warm it up, send it requests one at a time, stop it."""

from __future__ import annotations

import http.client
import itertools
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

from timetrial.features.counting.client import Client, CountedLaunch
from timetrial.features.counting.figure import Figure, figure_of
from timetrial.features.counting.readings import Readings
from timetrial.features.counting.requests import CountedRequest, Repeats, with_sum
from timetrial.machine.ports import is_listened_at
from timetrial.model import Request, StackFailed
from timetrial.stacks import process
from timetrial.stacks.connection import ANSWER_WITHIN_S
from timetrial.stacks.counters.counter import Counter, Executed, between
from timetrial.stacks.readiness import AttemptResult, describe


@contextmanager
def started(
    start: CountedLaunch, counter: Counter, folder: Path
) -> Iterator[tuple[process.RunningStack, Client]]:
    """Start a server that is counted by files in a new folder, with a client of it.

    Raises StackFailed, also where a request gets no answer.
    """
    folder.mkdir(parents=True)
    launch = replace(
        counter.counted(start.launch, folder),
        start_timeout_s=start.launch.start_timeout_s * counter.slowdown,
    )
    with (
        process.start(launch, lambda _: _listening(launch.port)) as running,
        closing(Client(start, ANSWER_WITHIN_S * counter.slowdown)) as client,
    ):
        try:
            yield running, client
        except (OSError, http.client.HTTPException, ValueError) as error:
            ending = running.ending()
            why = describe(error, client.timeout_s) if ending is None else f"it {ending.how}"
            raise StackFailed(
                "measure", f"a request that is counted got no answer: {why}", running.log_tail()
            ) from error


def count_start(  # noqa: PLR0913, PLR0917 - a start, how it is counted, and what ends it early
    start: CountedLaunch,
    counter: Counter,
    folder: Path,
    requests: Sequence[CountedRequest],
    repeats: Repeats,
    cancelled: threading.Event,
) -> Mapping[str, Figure]:
    """Return what each request costs in a start of its own, by label, and their sum.

    Raises StackFailed for a server that does not start, never rests, or answers wrongly.
    """
    with started(start, counter, folder) as (running, client):
        readings = Readings(running, counter, folder, cancelled)
        for each in itertools.islice(itertools.cycle(requests), repeats.warm_up):
            client.ask(each.request)
            readings.raise_if_cancelled()
        if start.collecting_path is not None:
            client.ask(Request(start.collecting_path))
        for each in itertools.islice(itertools.cycle(requests), repeats.dropped):
            client.ask(each.request)
        counted = dict(_counted(client, readings, requests, repeats.rounds(len(requests))))
    figures = {
        label: figure_of(executed, counter.requests_together) for label, executed in counted.items()
    }
    if any(figure.instructions <= 0 for figure in figures.values()):
        raise StackFailed("measure", f"{counter.name} counts nothing of it")
    return with_sum(figures, requests)


def _listening(port: int) -> AttemptResult:
    """Whether anything listens: a request would be one that is not counted everywhere alike."""
    problem = None if is_listened_at(port) else "it does not listen"
    return AttemptResult(answered=False, problem=problem)


def _counted(
    client: Client, readings: Readings, requests: Sequence[CountedRequest], rounds: int
) -> Iterator[tuple[str, list[Executed]]]:
    """Count each request: all in turn, or many of one where a reading is slow."""
    together = readings.requests_together
    if together > 1:
        for each in requests:
            yield each.label, list(_in_brackets(client, readings, each, -(-rounds // together)))
        return
    executed: dict[str, list[Executed]] = {each.label: [] for each in requests}
    before = readings.at_rest()
    for _ in range(rounds):
        for each in requests:
            client.ask(each.request)
            after = readings.at_rest()
            executed[each.label].append(between(before, after))
            before = after
    yield from executed.items()


def _in_brackets(
    client: Client, readings: Readings, each: CountedRequest, brackets: int
) -> Iterator[Executed]:
    before = readings.at_rest()
    for _ in range(brackets):
        for _ in range(readings.requests_together):
            client.ask(each.request)
            readings.rest()
        after = readings.at_rest()
        yield between(before, after)
        before = after
