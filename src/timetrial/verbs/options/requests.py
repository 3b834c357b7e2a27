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

    paths: Annotated[
        tuple[Annotated[Request, Written.WEIGHTED_PATH], ...],
        Field(
            description="Request this path; several are mixed by their weights: --path 3:/ --path "
            "/items.  [default: /]"
        ),
        CommandLine(("--path",), metavar="[WEIGHT:]PATH"),
    ] = ()
    requests_file: Annotated[
        Path | None,
        Field(
            description="Requests to mix, a JSON object a line: path, method, headers, body, "
            "weight and more."
        ),
        CommandLine(("--requests",), metavar="FILE"),
    ] = None
    scenario_file: Annotated[
        Path | None,
        Field(
            description="Steps that each user takes in order, as TOML: path, method, think_ms and "
            "more."
        ),
        CommandLine(("--scenario",), metavar="FILE"),
    ] = None
    access_log: Annotated[
        str | None,
        Field(
            description="The mix of a real log (common or combined format, also gzipped); - is "
            "standard input."
        ),
        CommandLine(("--from-access-log",), metavar="FILE"),
    ] = None
    excluded: Annotated[
        tuple[Pattern, ...],
        Field(description="Leave paths of the log out: --exclude '^/static/'."),
        CommandLine(("--exclude",), metavar="REGEX"),
    ] = ()
    allow_writes: Annotated[
        bool,
        Field(description="Send POST, PUT, PATCH and DELETE, too, thousands of times."),
        CommandLine(),
    ] = False
    headers: Annotated[
        tuple[Header, ...],
        Field(description="Add a header to all requests."),
        CommandLine(("--header",), metavar="'NAME: VALUE'"),
    ] = ()
    expect_status: Annotated[
        int | None,
        Field(
            ge=100,
            le=599,
            description="What a correct response has.  [default: any from 200 to 299 that all "
            "servers agree on]",
        ),
        CommandLine(metavar="STATUS"),
    ] = None
    dynamic: Annotated[
        tuple[Pattern, ...],
        Field(description="What it matches in a body may differ from answer to answer."),
        CommandLine(metavar="REGEX"),
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
