"""Which functions a request runs through, by a start of its own that no judgement is of."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from timetrial.features.counting.client import Client, CountedLaunch
from timetrial.features.counting.origins import by_function
from timetrial.features.counting.readings import Readings
from timetrial.features.counting.requests import CountedRequest
from timetrial.features.counting.start import started
from timetrial.model import Request, StackFailed
from timetrial.stacks import process
from timetrial.stacks.connection import ANSWER_WITHIN_S
from timetrial.stacks.counters.pages import read_functions
from timetrial.stacks.counters.tool import ToolCounter

WARM_UP, COUNTED = 60, 60
TRACED = 20
_TRACED_SLOWDOWN = 50.0


def native_functions(
    start: CountedLaunch, counter: ToolCounter, folder: Path, requests: Sequence[CountedRequest]
) -> Mapping[str, float]:
    """Return the instructions per request of each function, of all requests in turn.

    Empty where this start fails: what was judged holds without it.
    """
    counter = replace(counter, by_function=True)
    try:
        with started(start, counter, folder) as (running, client):
            readings = Readings(running, counter, folder, threading.Event())
            _ask(client, requests, WARM_UP)
            if start.collecting_path is not None:
                client.ask(Request(start.collecting_path))
            readings.rest()
            before = read_functions(folder)
            sent = _ask(client, requests, COUNTED)
            readings.rest()
            after = read_functions(folder)
    except StackFailed:
        return {}
    return {name: (count - before.get(name, 0)) / sent for name, count in after.items()}


def python_functions(
    start: CountedLaunch, requests: Sequence[CountedRequest]
) -> Mapping[str, float]:
    """Return the bytecodes per request of each function, in a launch that is traced.

    Empty where its Python cannot be traced so.
    """
    path = start.collecting_path
    if path is None:
        return {}
    try:
        with (
            process.start(start.launch) as running,
            closing(Client(start, ANSWER_WITHIN_S * _TRACED_SLOWDOWN)) as client,
        ):
            del running
            _ask(client, requests, WARM_UP)
            client.ask(Request(f"{path}?begin"))
            sent = _ask(client, requests, TRACED)
            counts = json.loads(client.ask(Request(f"{path}?end")).body)
    except (StackFailed, OSError, http.client.HTTPException, ValueError):
        return {}
    return by_function(counts, start.launch.cwd, sent)


def _ask(client: Client, requests: Sequence[CountedRequest], at_least: int) -> int:
    """Send all requests in turn, and return how many that were."""
    rounds = -(-at_least // len(requests))
    for _ in range(rounds):
        for each in requests:
            client.ask(each.request)
    return rounds * len(requests)
