"""Launches of starts that are only looked at: the app with a wrapper around it."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from timetrial.catalog.registry import App, Server
from timetrial.stacks.environment import Environment
from timetrial.stacks.launch import Launch, Probe
from timetrial.stacks.prepare import build_launch
from timetrial.suite import Stack

INSIDE = Path(__file__).with_name("inside")
"""A folder of its own: nothing else of Timetrial comes on the path of a server."""
TARGET = "timetrial_inside:app"
COUNTED = "timetrial_counting:app"


def launch_to_look_at(  # noqa: PLR0913 - a launch has that many parts, each from elsewhere
    stack: Stack,
    server: Server,
    app: App,
    environment: Environment,
    *,
    port: int,
    cpus: tuple[int, ...],
    data_dir: Path,
    log: Path,
    probe: Probe,
    secret_path: str,
) -> Launch:
    """Fill in a start in which `secret_path` is answered by the wrapper, all else by the app.

    A program that serves itself has no app to stand around: it starts as it is.
    """
    launch = build_launch(
        stack, server, wrapped(stack, app, TARGET), environment, port=port, cpus=cpus,
        data_dir=data_dir, log=log, probe=probe,
    )  # fmt: skip
    return with_wrapper(launch, stack, app, {"TIMETRIAL_INSIDE_PATH": secret_path})


def wrapped(stack: Stack, app: App, wrapper: str) -> App:
    """Name a wrapper in place of what serves; a program that serves itself stays as it is."""
    if stack.interface == "program":
        return app
    return dataclasses.replace(app, interfaces={stack.interface: wrapper})


def with_wrapper(launch: Launch, stack: Stack, app: App, variables: Mapping[str, str]) -> Launch:
    """Put the wrappers on the path of modules, and tell them what they stand around."""
    if stack.interface == "program":
        return launch
    folders = [launch.env.get("PYTHONPATH", ""), str(INSIDE)]
    inside = {
        "PYTHONPATH": os.pathsep.join(filter(None, folders)),
        "TIMETRIAL_INSIDE_APP": app.interfaces[stack.interface],
        "TIMETRIAL_INSIDE_INTERFACE": stack.interface,
        **variables,
    }
    return dataclasses.replace(launch, env={**launch.env, **inside})


def with_placeholders(
    launch: Launch, app: App, environment: Environment, interface: str, here: Path
) -> tuple[str, ...]:
    """Write the command of a launch as every measured start has it, but for what differs then.

    Passwords are left out, too.
    """
    known: Sequence[tuple[str, str]] = (
        (TARGET, next((t for name, t in app.interfaces.items() if name == interface), TARGET)),
        (str(environment.bin), "{bin}"),
        (str(here), "{here}"),
        (launch.env.get("HOME", ""), "{data}"),
        (str(launch.port), "{port}"),
    )
    return tuple(launch.without_passwords(_replaced(word, known)) for word in launch.command)


def _replaced(word: str, known: Sequence[tuple[str, str]]) -> str:
    for text, placeholder in known:
        if text:
            word = word.replace(text, placeholder)
    return word
