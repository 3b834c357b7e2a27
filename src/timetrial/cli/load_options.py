"""What `timetrial load` takes that describes the requests and the load model."""

from __future__ import annotations

import socket
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Literal

import click
from click.core import ParameterSource

from timetrial.address import Address
from timetrial.drivers.driver import Request, Tls
from timetrial.errors import BadInput
from timetrial.load import OpenLoad, Stage, ThinkTime
from timetrial.requests.asked import Asked
from timetrial.requests.lines import read_lines
from timetrial.workload import Expectation

_OF_ONE_REQUEST = {"method", "headers", "body", "expect_status", "expect_body", "expect_template"}


def check_combination(context: click.Context) -> None:
    """Refuse options that contradict each other, or would mean nothing. Raises BadInput."""
    given = context.params
    is_open = given["rate"] is not None or given["stages"]
    if given["fresh"] and given["pipeline"] > 1:
        raise BadInput("--fresh and --pipeline exclude each other")
    if given["expect_body"] is not None and given["expect_template"] is not None:
        raise BadInput("--expect-body and --expect-template exclude each other")
    if given["users"] is not None:
        if given["requests_file"] is None or is_open:
            raise BadInput("--users takes --requests FILE, and neither --rate nor --stage")
        _refuse(context, {"connections"}, "and --users exclude each other: a user is a connection")
    elif not is_open:
        _refuse(context, {"seed"}, "needs --rate, --stage or --users")
    if not is_open:
        _refuse(context, {"arrival"}, "needs --rate or --stage")
    if given["requests_file"] is not None:
        _refuse(
            context, _OF_ONE_REQUEST, "and --requests exclude each other: each line has its own"
        )


def _refuse(context: click.Context, names: Collection[str], because: str) -> None:
    for parameter in context.command.params:
        name = parameter.name or ""
        if name in names and context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise BadInput(f"{parameter.opts[-1]} {because}")


def check_sources(sources: Iterable[str], ip: str) -> None:
    """Refuse what is no address of this machine, or cannot reach `ip`. Raises BadInput."""
    for source in sources:
        try:
            address = ip_address(source)
        except ValueError as error:
            raise BadInput(f"--source {source!r} is no IP address") from error
        if address.version != ip_address(ip).version:
            raise BadInput(f"--source {source} cannot reach {ip}: one is IPv4, the other IPv6")
        family = {4: socket.AF_INET, 6: socket.AF_INET6}[address.version]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            try:
                probe.bind((source, 0))
            except OSError as error:
                raise BadInput(f"--source {source} is no address of this machine") from error


def open_load(
    rate: float | None,
    stages: Sequence[Stage],
    duration_s: float | None,
    arrival: Literal["constant", "poisson"],
    seed: int,
) -> OpenLoad | None:
    """Make the schedule of the open load model; None where the closed one is meant."""
    if rate is not None and stages:
        raise BadInput("--rate and --stage exclude each other: a stage has its own rate")
    if stages:
        if duration_s is not None:
            raise BadInput("--stage and --duration exclude each other: stages have durations")
        return OpenLoad(tuple(stages), arrival, seed)
    if rate is not None:
        return OpenLoad((Stage(duration_s or 10.0, rate, rate),), arrival, seed)
    return None


@dataclass(frozen=True, slots=True)
class Script:
    """The requests of a file, and how long a user thinks after each."""

    requests: tuple[Request, ...]
    think: tuple[ThinkTime, ...]
    names: tuple[str, ...] = ()
    """For people; one for each request."""


def read_requests(file: Path) -> Script:
    """Read a file of requests, one JSON object a line. Raises BadInput."""
    asked = read_lines(file)
    heavy = next((each for each in asked if each.weight > 1), None)
    if heavy is not None:
        raise BadInput(
            f"{file}: {heavy.label!r} has a weight, but these requests are sent in turn: "
            "repeat its line instead"
        )
    return Script(
        tuple(map(_request, asked)),
        tuple(each.think for each in asked),
        tuple(each.label for each in asked),
    )


def _request(asked: Asked) -> Request:
    return Request(
        path=asked.path,
        expect=asked.expect or Expectation(),
        method=asked.method,
        headers=tuple(asked.headers.items()),
        content=asked.body.encode(),
    )


def tls(address: Address, authorities: Path | None, *, insecure: bool) -> Tls | None:
    """Decide whom an https:// URL's server has to be vouched for by. Raises BadInput."""
    if not address.encrypted:
        if authorities is not None or insecure:
            raise BadInput("--ca and --insecure are for https:// URLs")
        return None
    try:
        trusted = None if authorities is None else authorities.read_bytes()
    except OSError as error:
        raise BadInput(f"--ca {authorities} cannot be read: {error.strerror}") from error
    return Tls(address.name, trusted, insecure)
