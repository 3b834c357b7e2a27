"""One stack, observed in an extra start: from inside its workers, and from outside in /proc."""

from __future__ import annotations

import contextlib
import dataclasses
import http.client
import json
import os
import resource
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from timetrial.machine.procfs import process_name
from timetrial.machine.supervisor import stat_fields
from timetrial.model import (
    BadInput,
    DeclaredConfig,
    Expectation,
    InsideView,
    KeepAlive,
    ProcessStamp,
    ProcessView,
    Request,
    StackConfiguration,
    StackFailed,
)
from timetrial.stacks import process
from timetrial.stacks.connection import Connection
from timetrial.stacks.fingerprint.sockets import look_at_listeners, tcp_nodelay
from timetrial.stacks.launch import Launch
from timetrial.stacks.process import RunningStack

ASK_WITHIN_S = 3.0
ANSWERS_A_WORKER, PATIENCE_S = 20, 5.0
ANSWER_WITHIN_S = 5.0
WORKER_PAUSE_MS = 20
"""How long a worker stays busy, so that another one accepts the next connection."""
AT_ONCE, MOST_AT_ONCE = 8, 64
REQUESTS = 10
LOOK_WITHIN_S = 1.0
LOOK_AGAIN_S = 0.005
PAUSE_MS = 200
"""How long a response is delayed so that its connection can be observed."""

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
    probe = Request(f"{path}?pause_ms={WORKER_PAUSE_MS}", Expectation())
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
        with Connection.to(launch, ANSWER_WITHIN_S) as connection:
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


GRACE_S = 1.0
"""A start that is not measured may be killed early."""
NO_APP = "it serves itself: there is no app to stand around, and only /proc tells of it"
NO_ANSWER = "no worker answered from inside: only /proc tells of it"


def look_at(
    stack: str,
    declared: DeclaredConfig,
    command: tuple[str, ...],
    launch: Launch,
    secret_path: str | None,
) -> StackConfiguration:
    """Start a stack, observe its configuration, and stop it; a failure is a note, never an error.

    `secret_path` is the path of the wrapper; None for a program that has none.
    """
    try:
        running = process.start(launch)
    except (StackFailed, BadInput) as failed:
        note = f"the start that was to be looked at failed: {failed}"
        return StackConfiguration(stack, declared, command, None, notes=(note,))
    try:
        return _observed(stack, declared, command, running, secret_path)
    finally:
        running.stop(GRACE_S)


def _observed(
    stack: str,
    declared: DeclaredConfig,
    command: tuple[str, ...],
    running: RunningStack,
    secret_path: str | None,
) -> StackConfiguration:
    launch = running.launch
    answers = () if secret_path is None else ask_workers(launch, secret_path, declared)
    nodelay = _nodelay(launch, secret_path, lambda: [stamp.pid for stamp in running.processes()])
    inside = None
    if answers:
        view = answers[0].view
        shown = {name: launch.without_passwords(text) for name, text in view.environment.items()}
        inside = dataclasses.replace(view, environment=shown)
    return StackConfiguration(
        stack=stack,
        declared=declared,
        command=command,
        inside=inside,
        processes=tuple(_processes(running.processes(), threads_by_pid(answers))),
        listening=look_at_listeners(launch.port),
        tcp_nodelay=nodelay,
        keep_alive=_keep_alive(launch),
        notes=tuple(_notes(answers, secret_path)),
    )


def _notes(answers: Sequence[WorkerAnswer], secret_path: str | None) -> Iterator[str]:
    if secret_path is None:
        yield NO_APP
    elif not answers:
        yield NO_ANSWER
    views = [answer.view for answer in answers]
    for what in ("event_loop", "http_parser", "gil", "python", "packages", "environment"):
        if any(getattr(view, what) != getattr(views[0], what) for view in views):
            yield f"its workers differ in {what.replace('_', ' ')}: the first to answer is shown"


def _keep_alive(launch: Launch) -> KeepAlive | None:
    """Send the probe up to 10 times on one connection, until the server closes it.

    None for a stream, which is left before its end, and takes its connection with it.
    """
    if launch.probe.stream is not None:
        return None
    answered, closing = 0, False
    with (
        contextlib.suppress(OSError, http.client.HTTPException, ValueError),
        Connection.to(launch, ANSWER_WITHIN_S) as connection,
    ):
        while answered < REQUESTS and not closing:
            answer = connection.ask(launch.probe, keep_alive=True, timeout_s=ANSWER_WITHIN_S)
            answered, closing = answered + 1, answer.closing
    return KeepAlive(answered, REQUESTS, closing)


def _nodelay(
    launch: Launch, secret_path: str | None, pids: Callable[[], Collection[int]]
) -> bool | None:
    """Return TCP_NODELAY of a connection while its request is in flight; None if it is unknown.

    Without a path whose response can be delayed, the connection is observed after its first
    response, if it is still open.
    """
    path = launch.probe.path if secret_path is None else f"{secret_path}?pause_ms={PAUSE_MS}"
    asked = Request(path)
    with (
        contextlib.suppress(OSError, http.client.HTTPException, ValueError),
        Connection.to(launch, LOOK_WITHIN_S) as client,
    ):
        client.send([asked], keep_alive=True, timeout_s=LOOK_WITHIN_S)
        if secret_path is None:
            client.receive(asked)
        deadline = time.monotonic() + LOOK_WITHIN_S
        while time.monotonic() < deadline:
            found = tcp_nodelay(launch.port, client.own_port, pids())
            if found is not None:
                return found
            time.sleep(LOOK_AGAIN_S)
    return None


_THREADS = 17
"""Position in the list that `stat_fields` returns."""
_POLICIES = {
    os.SCHED_OTHER: "other",
    os.SCHED_BATCH: "batch",
    os.SCHED_IDLE: "idle",
    os.SCHED_FIFO: "fifo",
    os.SCHED_RR: "round robin",
}


def _processes(
    stamps: Iterable[ProcessStamp], serving_threads: Mapping[int, int]
) -> Iterator[ProcessView]:
    """Describe processes that have not ended; `serving_threads` has counts by pid."""
    for stamp in stamps:
        fields = stat_fields(stamp.pid)
        if fields is None:
            continue
        try:
            yield ProcessView(
                name=process_name(stamp.pid),
                serves=stamp.pid in serving_threads,
                threads=int(fields[_THREADS]),
                serving_threads=serving_threads.get(stamp.pid, 0),
                cpus=tuple(sorted(os.sched_getaffinity(stamp.pid))),
                policy=_policy(stamp.pid),
                open_files=_open_files(stamp.pid),
            )
        except OSError:  # the process ended
            continue


def _policy(pid: int) -> str:
    policy = os.sched_getscheduler(pid)
    return f"{_POLICIES.get(policy, policy)}, nice {os.getpriority(os.PRIO_PROCESS, pid)}"


def _open_files(pid: int) -> int | None:
    soft, _ = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else soft
