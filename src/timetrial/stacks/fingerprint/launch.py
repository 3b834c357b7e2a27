"""Launches of starts that are observed, not measured: a wrapper around the app."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from timetrial.model import Request
from timetrial.stacks.launch import Launch
from timetrial.stacks.launch_builder import PreparedStack, build_launch

INSIDE = Path(__file__).with_name("inside")
"""The only folder of Timetrial on the module path of a server."""
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
    """Build a start whose wrapper responds at `secret_path`; the app serves all other paths.

    A program that serves itself has no app to wrap: it starts unchanged.
    """
    launch = build_launch(wrapped(prepared, TARGET), port=port, cpus=cpus, log=log, probe=probe)
    return with_wrapper(launch, prepared, {"TIMETRIAL_INSIDE_PATH": secret_path})


def wrapped(prepared: PreparedStack, wrapper: str) -> PreparedStack:
    """Replace the app by a wrapper; a program that serves itself is unchanged."""
    interface = prepared.stack.interface
    if interface == "program":
        return prepared
    app = dataclasses.replace(prepared.app, interfaces={interface: wrapper})
    return dataclasses.replace(prepared, app=app)


def with_wrapper(launch: Launch, prepared: PreparedStack, variables: Mapping[str, str]) -> Launch:
    """Put the wrappers on the module path, and name the wrapped app to them."""
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
    """Return the command of the measured starts: what differs between starts is a placeholder.

    Passwords are removed.
    """
    made = prepared.certificates
    files = () if made is None else ((made.certificate, "{certificate}"), (made.key, "{key}"))
    known: Sequence[tuple[str, str]] = (
        *((str(file), placeholder) for file, placeholder in files),
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
