"""What is requested of an app, for all verbs that ask one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from timetrial.requests.asked import Asked
from timetrial.verbs.options.kinds import Header, Pattern
from timetrial.verbs.options.options import CommandLine, Options, Written


class RequestOptions(Options):
    """The requests; one of the first four says which they are."""

    paths: Annotated[
        tuple[Annotated[Asked, Written.WEIGHTED_PATH], ...],
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
