"""What the verbs take that load a URL: which requests, and what a correct response is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict, TypeVar

import click

from timetrial.address import resolve
from timetrial.cli import load_options as options
from timetrial.drivers.driver import Request, Target
from timetrial.errors import BadInput
from timetrial.load import ThinkTime
from timetrial.secrecy import without_passwords
from timetrial.workload import Expectation

_F = TypeVar("_F", bound=Callable[..., Any])


def _together(*each: Callable[[_F], _F]) -> Callable[[_F], _F]:
    """Make one decorator of several; they stand in that order in the help."""

    def apply(function: _F) -> _F:
        for option in reversed(each):
            function = option(function)
        return function

    return apply


REQUEST = _together(
    click.option(
        "-X", "--method", type=options.MethodType(), default="GET", show_default=True,
        help="Of the request.",
    ),
    click.option(
        "-H", "--header", "headers", type=options.HeaderType(), multiple=True,
        metavar="'NAME: VALUE'",
        help="Add a header, or replace the one that is sent by itself.",
    ),
    click.option("--body", default="", help="Of the request."),
    click.option(
        "--requests", "requests_file", type=click.Path(path_type=Path), metavar="FILE",
        help="Requests to send in turn, one JSON object a line: path, method, headers, body, "
        "expect.",
    ),
)  # fmt: skip
TRUST = _together(
    click.option(
        "--ca", "authorities", type=click.Path(path_type=Path), metavar="FILE",
        help="For https: certificates (PEM) of authorities to trust, instead of the system's.",
    ),
    click.option("--insecure", is_flag=True, help="For https: believe whoever answers."),
)  # fmt: skip
EXPECT = _together(
    click.option(
        "--expect-status", type=click.IntRange(100, 999), default=200, show_default=True,
        help="Responses with another status are failures.",
    ),
    click.option("--expect-body", help="Responses with another body are failures."),
    click.option(
        "--expect-template", metavar="TEXT",
        help="The same for a body with parts that differ: {*} stands for anything, {token} for the "
        "number that {token} in the URL was.",
    ),
)  # fmt: skip
ALLOW_REMOTE = click.option(
    "--allow-remote", multiple=True, metavar="HOST",
    help="Load this host although it is not loopback.",
)  # fmt: skip


class TargetOptions(TypedDict):
    """What a verb with all of these options is given."""

    method: str
    headers: tuple[tuple[str, str], ...]
    body: str
    requests_file: Path | None
    authorities: Path | None
    insecure: bool
    expect_status: int
    expect_body: str | None
    expect_template: str | None
    allow_remote: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Aim:
    """What is loaded."""

    target: Target
    title: str
    """Method and URL, without passwords."""
    think: tuple[ThinkTime, ...]
    """Of users, after each request; empty where there is no file of requests."""


def aim(url: str, given: TargetOptions, sources: tuple[str, ...] = ()) -> Aim:
    """Look up the host and read the requests. Raises BadInput."""
    address = resolve(url, frozenset(given["allow_remote"]))
    tls = options.tls(address, given["authorities"], insecure=given["insecure"])
    options.check_sources(sources, address.ip)
    shown, file = without_passwords(url), given["requests_file"]
    if file is None:
        title, script = (
            f"{given['method']} {shown}",
            options.Script((_single(address.path, given),), ()),
        )
    else:
        if address.path != "/":
            raise BadInput(f"{shown!r} has a path, but --requests has paths of its own")
        title, script = f"{file} at {shown}", options.read_requests(file)
    target = Target(str(address), address.host, script.requests, tls, sources)
    return Aim(target, title, script.think)


def _single(path: str, given: TargetOptions) -> Request:
    expect = Expectation(
        given["expect_status"], given["expect_body"], body_template=given["expect_template"]
    )
    return Request(path, expect, given["method"], given["headers"], given["body"].encode())
