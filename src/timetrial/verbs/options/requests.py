"""What is requested of an app, for all verbs that ask one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from timetrial.model import BadInput, Request
from timetrial.verbs.options.common import Header, Pattern
from timetrial.verbs.options.options import CommandLine, Options, Written

WAYS = ("paths", "requests_file", "scenario_file", "access_log")
"""The fields that say what to request, of which one may be given."""


class RequestOptions(Options):
    """The requests; one of the first four says which they are."""

    section = "Requests"

    paths: Annotated[
        tuple[Annotated[Request, Written.WEIGHTED_PATH], ...],
        Field(description="Request this path; several mix by weight: 3:/  [default: /]"),
        CommandLine(("--path",), metavar="[WEIGHT:]PATH"),
    ] = ()
    requests_file: Annotated[
        Path | None,
        Field(description="Requests to mix, a JSON object a line"),
        CommandLine(("--requests",), metavar="FILE"),
    ] = None
    scenario_file: Annotated[
        Path | None,
        Field(description="Steps that each user takes in order, as TOML"),
        CommandLine(("--scenario",), metavar="FILE"),
    ] = None
    access_log: Annotated[
        str | None,
        Field(description="Mix of a real log (common or combined, also gzipped; -: stdin)"),
        CommandLine(("--from-access-log",), metavar="FILE"),
    ] = None
    excluded: Annotated[
        tuple[Pattern, ...],
        Field(description="Leave paths of the log out: '^/static/'"),
        CommandLine(("--exclude",)),
    ] = ()
    allow_writes: Annotated[
        bool,
        Field(description="Send POST, PUT, PATCH and DELETE, too, thousands of times"),
        CommandLine(),
    ] = False
    headers: Annotated[
        tuple[Header, ...],
        Field(description="Add a header to all requests"),
        CommandLine(("-H", "--header")),
    ] = ()
    expect_status: Annotated[
        int | None,
        Field(
            ge=100,
            le=599,
            description="Expected status code  [default: 2xx that servers agree on]",
        ),
        CommandLine(metavar="STATUS"),
    ] = None
    dynamic: Annotated[
        tuple[Pattern, ...],
        Field(description="Ignore what this matches when bodies are compared"),
        CommandLine(),
    ] = ()

    @model_validator(mode="after")
    def _check_ways(self) -> Self:
        given = [self.flag(name) for name in WAYS if getattr(self, name)]
        if len(given) > 1:
            raise BadInput(
                f"{given[0]} and {given[1]} exclude each other: each says what to request"
            )
        if self.excluded and self.access_log is None:
            raise BadInput("--exclude is for --from-access-log FILE")
        return self
