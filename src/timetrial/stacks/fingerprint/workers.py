"""Asks the wrapper inside the workers, over new connections, until all of them have answered."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from timetrial.model.effective_config import DeclaredConfig, InsideView
from timetrial.model.workload import Expectation, Request
from timetrial.stacks.launch import Launch
from timetrial.stacks.readiness import Connection

ASK_WITHIN_S = 3.0
ANSWERS_A_WORKER, PATIENCE_S = 20, 5.0
ANSWER_WITHIN_S = 5.0
PAUSE_MS = 20
"""A worker that is busy so long leaves the next connection to another one."""
AT_ONCE, MOST_AT_ONCE = 8, 64

_VIEW = TypeAdapter(InsideView)


@dataclass(frozen=True, slots=True)
class WorkerAnswer:
    """One answer from inside."""

    pid: int
    thread: int
    view: InsideView


def ask_workers(
    launch: Launch, path: str, declared: DeclaredConfig, within_s: float = ASK_WITHIN_S
) -> tuple[WorkerAnswer, ...]:
    """Ask until as many workers and threads as were asked for have answered, or time is up.

    Where answers come slowly, it is up only when enough of them have come to miss no worker.
    """
    at_once = min(MOST_AT_ONCE, max(AT_ONCE, 2 * declared.workers * declared.threads))
    probe = Request(f"{path}?pause_ms={PAUSE_MS}", Expectation())
    deadline = time.monotonic() + within_s
    sightings: list[WorkerAnswer] = []
    with ThreadPoolExecutor(at_once) as pool:
        while True:
            answers = pool.map(lambda _: _ask(launch, probe), range(at_once))
            sightings += [answer for answer in answers if answer is not None]
            over_s = time.monotonic() - deadline
            enough = len(sightings) >= ANSWERS_A_WORKER * declared.workers or over_s > PATIENCE_S
            if _all_seen(sightings, declared) or (over_s > 0 and enough):
                return tuple(sightings)


def threads_by_pid(sightings: Iterable[WorkerAnswer]) -> dict[int, int]:
    """Count the threads that answered, for each process that did."""
    threads: dict[int, set[int]] = {}
    for seen in sightings:
        threads.setdefault(seen.pid, set()).add(seen.thread)
    return {pid: len(own) for pid, own in threads.items()}


def _all_seen(sightings: Iterable[WorkerAnswer], declared: DeclaredConfig) -> bool:
    threads = threads_by_pid(sightings).values()
    return len(threads) >= declared.workers and min(threads) >= declared.threads


def _ask(launch: Launch, probe: Request) -> WorkerAnswer | None:
    """Ask once; None where no answer comes that can be read: another connection will tell."""
    try:
        with Connection(launch.host, launch.port, ANSWER_WITHIN_S) as connection:
            answer = connection.ask(probe, keep_alive=False, timeout_s=ANSWER_WITHIN_S)
    except (OSError, http.client.HTTPException, ValueError):
        return None
    return _read(answer.body)


def _read(body: bytes) -> WorkerAnswer | None:
    try:
        seen: dict[str, Any] = json.loads(body)
        return WorkerAnswer(seen.pop("pid"), seen.pop("thread"), _VIEW.validate_python(seen))
    except (ValueError, ValidationError, KeyError, TypeError, AttributeError):
        return None
