"""An app's texts with the URLs of the services that run."""

from __future__ import annotations

import dataclasses
import string
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from timetrial.catalog.registry import App

ENDINGS = ("_url", "_ca")
"""Of the placeholders that stand for services."""


def filled(app: App, values: Mapping[str, str]) -> App:
    """Replace the placeholders of services; others stay.

    A variable or a setup command that names a service which this run does without is left out.
    """
    env = {name: _filled(text, values) for name, text in app.env.items()}
    setup = [[_filled(text, values) for text in command] for command in app.setup]
    return dataclasses.replace(
        app,
        env={name: text for name, text in env.items() if text is not None},
        setup=tuple(
            tuple(text for text in command if text is not None)
            for command in setup
            if None not in command
        ),
    )


def _filled(text: str, values: Mapping[str, str]) -> str | None:
    """Return the text, still as a template; None if a service is not there."""
    parts = []
    for literal, name, _, _ in string.Formatter().parse(text):
        parts.append(_escaped(literal))
        if name is None:
            continue
        if not name.endswith(ENDINGS):
            parts.append(f"{{{name}}}")
        elif name in values:
            parts.append(_escaped(values[name]))
        else:
            return None
    return "".join(parts)


def _escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")
