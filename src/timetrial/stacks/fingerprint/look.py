"""One stack, started once more than it is measured, asked and looked at."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

from timetrial.model.effective_config import DeclaredConfig, InsideView, StackConfiguration
from timetrial.model.errors import BadInput, StackFailed
from timetrial.stacks import process
from timetrial.stacks.fingerprint.connections import observe_keep_alive, observe_nodelay
from timetrial.stacks.fingerprint.processes import look_at_processes
from timetrial.stacks.fingerprint.sockets import look_at_listeners
from timetrial.stacks.fingerprint.workers import WorkerAnswer, ask_workers, threads_by_pid
from timetrial.stacks.launch import Launch
from timetrial.stacks.process import RunningStack

GRACE_S = 1.0
"""Nothing is lost when such a start is killed."""
NO_APP = "it serves itself: there is no app to stand around, and only /proc tells of it"
NO_ANSWER = "no worker answered from inside: only /proc tells of it"


def look_at(
    stack: str,
    declared: DeclaredConfig,
    command: tuple[str, ...],
    launch: Launch,
    secret_path: str | None,
) -> StackConfiguration:
    """Start a stack, see what it really is, and stop it; what fails is a note, never an error.

    `secret_path` is what the wrapper answers; None for a program that has none.
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
    nodelay = observe_nodelay(
        launch, secret_path, lambda: [stamp.pid for stamp in running.processes()]
    )
    return StackConfiguration(
        stack=stack,
        declared=declared,
        command=command,
        inside=_without_passwords(answers[0].view, launch) if answers else None,
        processes=look_at_processes(running.processes(), threads_by_pid(answers)),
        listening=look_at_listeners(launch.port),
        tcp_nodelay=nodelay,
        keep_alive=observe_keep_alive(launch),
        notes=tuple(_notes(answers, secret_path)),
    )


def _without_passwords(view: InsideView, launch: Launch) -> InsideView:
    shown = {name: launch.without_passwords(text) for name, text in view.environment.items()}
    return dataclasses.replace(view, environment=shown)


def _notes(answers: Sequence[WorkerAnswer], secret_path: str | None) -> Iterator[str]:
    if secret_path is None:
        yield NO_APP
    elif not answers:
        yield NO_ANSWER
    views = [answer.view for answer in answers]
    for what in ("event_loop", "http_parser", "gil", "python", "packages", "environment"):
        if any(getattr(view, what) != getattr(views[0], what) for view in views):
            yield f"its workers differ in {what.replace('_', ' ')}: the first to answer is shown"
