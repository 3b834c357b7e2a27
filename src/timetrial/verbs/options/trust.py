"""Whom a verb that loads an https URL believes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from timetrial.verbs.options.options import CommandLine

Authorities = Annotated[
    Path | None,
    Field(
        description="For https: certificates (PEM) of authorities to trust, instead of the "
        "system's."
    ),
    CommandLine(("--ca",), metavar="FILE"),
]
Insecure = Annotated[bool, Field(description="For https: believe whoever answers."), CommandLine()]
