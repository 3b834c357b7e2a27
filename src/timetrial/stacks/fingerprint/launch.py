"""Launches of starts that are only looked at: the app with a wrapper around it."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from timetrial.model.workload import Request
from timetrial.stacks.launch import Launch
from timetrial.stacks.launch_builder import PreparedStack, build_launch

INSIDE = Path(__file__).with_name("inside")
"""A folder of its own: nothing else of Timetrial comes on the path of a server."""
TARGET = "timetrial_inside:app"
COUNTED = "timetrial_counting:app"


def launch_to_look_at(  # noqa: PLR0913 - as a start that is measured, but for the path
    prepared: PreparedStack,
    *,
    port: int,
    cpus: tuple[int, ...],
    log: Path,
    probe: Request,
    secret_path: str,
) -> Launch:
    """Fill in a start in which `secret_path` is answered by the wrapper, all else by the app.

    A program that serves itself has no app to stand around: it starts as it is.
    """
    launch = build_launch(wrapped(prepared, TARGET), port=port, cpus=cpus, log=log, probe=probe)
    return with_wrapper(launch, prepared, {"TIMETRIAL_INSIDE_PATH": secret_path})


def wrapped(prepared: PreparedStack, wrapper: str) -> PreparedStack:
    """Name a wrapper in place of what serves; a program that serves itself stays as it is."""
    interface = prepared.stack.interface
    if interface == "program":
        return prepared
    app = dataclasses.replace(prepared.app, interfaces={interface: wrapper})
    return dataclasses.replace(prepared, app=app)


def with_wrapper(launch: Launch, prepared: PreparedStack, variables: Mapping[str, str]) -> Launch:
    """Put the wrappers on the path of modules, and tell them what they stand around."""
    interface = prepared.stack.interface
    if interface == "program":
        return launch
    folders = [launch.env.get("PYTHONPATH", ""), str(INSIDE)]
    inside = {
        "PYTHONPATH": os.pathsep.join(filter(None, folders)),
        "TIMETRIAL_INSIDE_APP": prepared.app.interfaces[interface],
        "TIMETRIAL_INSIDE_INTERFACE": interface,
        **variables,
    }
    return dataclasses.replace(launch, env={**launch.env, **inside})


def with_placeholders(launch: Launch, prepared: PreparedStack) -> tuple[str, ...]:
    """Write the command of a launch as every measured start has it, but for what differs then.

    Passwords are left out, too.
    """
    known: Sequence[tuple[str, str]] = (
        (TARGET, prepared.app.interfaces.get(prepared.stack.interface, TARGET)),
        (str(prepared.environment.bin), "{bin}"),
        (str(prepared.server.folder), "{here}"),
        (launch.env.get("HOME", ""), "{data}"),
        (str(launch.port), "{port}"),
    )
    return tuple(launch.without_passwords(_replaced(word, known)) for word in launch.command)


def _replaced(word: str, known: Sequence[tuple[str, str]]) -> str:
    for text, placeholder in known:
        if text:
            word = word.replace(text, placeholder)
    return word
