"""One stack, observed in an extra start: from inside its workers, and from outside in /proc."""

from __future__ import annotations

import contextlib
import dataclasses
import http.client
import os
import resource
import socket
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from timetrial.machine.procfs import process_name
from timetrial.machine.supervisor import stat_fields
from timetrial.model import (
    BadInput,
    DeclaredConfig,
    KeepAlive,
    ProcessStamp,
    ProcessView,
    StackConfiguration,
    StackFailed,
)
from timetrial.stacks import process
from timetrial.stacks.fingerprint.sockets import look_at_listeners, tcp_nodelay
from timetrial.stacks.fingerprint.workers import WorkerAnswer, ask_workers, threads_by_pid
from timetrial.stacks.launch import Launch
from timetrial.stacks.process import RunningStack
from timetrial.stacks.readiness import Connection

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


REQUESTS = 10
ANSWER_WITHIN_S = 5.0
LOOK_WITHIN_S = 1.0
LOOK_AGAIN_S = 0.005
PAUSE_MS = 200
"""How long a response is delayed so that its connection can be observed."""


def _keep_alive(launch: Launch) -> KeepAlive:
    """Send the probe up to 10 times on one connection, until the server closes it."""
    answered, closing = 0, False
    with (
        contextlib.suppress(OSError, http.client.HTTPException, ValueError),
        Connection(launch.host, launch.port, ANSWER_WITHIN_S) as connection,
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
    request = f"GET {path} HTTP/1.1\r\nHost: {launch.host}:{launch.port}\r\n\r\n"
    with (
        contextlib.suppress(OSError),
        socket.create_connection((launch.host, launch.port), LOOK_WITHIN_S) as client,
    ):
        client.sendall(request.encode())
        if secret_path is None:
            client.recv(1)
        client_port: int = client.getsockname()[1]
        deadline = time.monotonic() + LOOK_WITHIN_S
        while time.monotonic() < deadline:
            found = tcp_nodelay(launch.port, client_port, pids())
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
