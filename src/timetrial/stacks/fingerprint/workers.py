"""Sends requests to the wrapper inside the workers until all of them have responded."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from timetrial.model import DeclaredConfig, Expectation, InsideView, Request
from timetrial.stacks.launch import Launch
from timetrial.stacks.readiness import Connection

ASK_WITHIN_S = 3.0
ANSWERS_A_WORKER, PATIENCE_S = 20, 5.0
ANSWER_WITHIN_S = 5.0
PAUSE_MS = 20
"""How long a worker stays busy, so that another one accepts the next connection."""
AT_ONCE, MOST_AT_ONCE = 8, 64

_VIEW = TypeAdapter(InsideView)


@dataclass(frozen=True, slots=True)
class WorkerAnswer:
    """The response of the wrapper in one worker."""

    pid: int
    thread: int
    view: InsideView


def ask_workers(
    launch: Launch, path: str, declared: DeclaredConfig, within_s: float = ASK_WITHIN_S
) -> tuple[WorkerAnswer, ...]:
    """Send requests until all declared workers and threads have responded, or time is up.

    If responses are slow, the time is extended until enough of them came to miss no worker.
    """
    at_once = min(MOST_AT_ONCE, max(AT_ONCE, 2 * declared.workers * declared.threads))
    probe = Request(f"{path}?pause_ms={PAUSE_MS}", Expectation())
    deadline = time.monotonic() + within_s
    received: list[WorkerAnswer] = []
    with ThreadPoolExecutor(at_once) as pool:
        while True:
            answers = pool.map(lambda _: _ask(launch, probe), range(at_once))
            received += [answer for answer in answers if answer is not None]
            over_s = time.monotonic() - deadline
            enough = len(received) >= ANSWERS_A_WORKER * declared.workers or over_s > PATIENCE_S
            threads = threads_by_pid(received).values()
            complete = len(threads) >= declared.workers and min(threads) >= declared.threads
            if complete or (over_s > 0 and enough):
                return tuple(received)


def threads_by_pid(received: Iterable[WorkerAnswer]) -> dict[int, int]:
    """Count the threads that responded, by pid."""
    threads: dict[int, set[int]] = {}
    for answer in received:
        threads.setdefault(answer.pid, set()).add(answer.thread)
    return {pid: len(ids) for pid, ids in threads.items()}


def _ask(launch: Launch, probe: Request) -> WorkerAnswer | None:
    """Send one request; None without a readable response: another connection follows."""
    try:
        with Connection(launch.host, launch.port, ANSWER_WITHIN_S) as connection:
            answer = connection.ask(probe, keep_alive=False, timeout_s=ANSWER_WITHIN_S)
    except (OSError, http.client.HTTPException, ValueError):
        return None
    return _read(answer.body)


def _read(body: bytes) -> WorkerAnswer | None:
    try:
        fields: dict[str, Any] = json.loads(body)
        return WorkerAnswer(fields.pop("pid"), fields.pop("thread"), _VIEW.validate_python(fields))
    except (ValueError, ValidationError, KeyError, TypeError, AttributeError):
        return None
