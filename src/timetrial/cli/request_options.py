"""Options that say what to request of an app, for all verbs that ask one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import click

from timetrial.cli.derived_options import options_in
from timetrial.cli.output import PROGRESS
from timetrial.errors import BadInput
from timetrial.requests.access_log import Traffic, read_access_log
from timetrial.requests.asked import Asked
from timetrial.requests.lines import read_lines
from timetrial.requests.mix import Mix, Source, distinct
from timetrial.requests.scenario import read_scenario
from timetrial.requests.turns import MOST_STEPS
from timetrial.verbs.options.requests import RequestOptions
from timetrial.workload import Expectation

REQUEST_OPTIONS = options_in(RequestOptions)
"""The options that `mix_of` reads."""


def mix_of(
    *,
    paths: Sequence[Asked] = (),
    requests_file: Path | None = None,
    scenario_file: Path | None = None,
    access_log: str | None = None,
    excluded: Sequence[str] = (),
    allow_writes: bool = False,
    headers: Sequence[tuple[str, str]] = (),
    expect_status: int | None = None,
    dynamic: Sequence[str] = (),
    **_others: object,
) -> Mix:
    """Make a mix of what `REQUEST_OPTIONS` have given; other options do not matter.

    Raises BadInput.
    """
    ways = {
        "--path": paths,
        "--requests": requests_file,
        "--scenario": scenario_file,
        "--from-access-log": access_log,
    }
    given = [way for way, value in ways.items() if value]
    if len(given) > 1:
        raise BadInput(f"{given[0]} and {given[1]} exclude each other: each says what to request")
    if excluded and access_log is None:
        raise BadInput("--exclude is for --from-access-log FILE")
    if requests_file is not None:
        mix = _of_file(read_lines(requests_file), "file", requests_file)
    elif scenario_file is not None:
        mix = _of_file(read_scenario(scenario_file), "scenario", scenario_file)
    elif access_log is not None:
        mix = _of_log(access_log, excluded, allow_writes=allow_writes)
    else:
        mix = _of_paths(tuple(paths) or (Asked("/"),))
    _check_number(mix)
    if not allow_writes:
        _refuse_writes(mix)
    common = _unique(headers)
    asked = tuple(_completed(each, common, expect_status) for each in mix.asked)
    return replace(mix, asked=asked, dynamic=tuple(dynamic))


def _of_paths(asked: tuple[Asked, ...]) -> Mix:
    for number, each in enumerate(asked):
        if any(each.is_same_request(other) for other in asked[:number]):
            raise BadInput(f"--path {each.path} is given twice: a weight makes it more frequent")
    return Mix(asked, name=asked[0].path if len(asked) == 1 else f"{len(asked)} paths")


def _of_file(asked: tuple[Asked, ...], source: Source, file: Path) -> Mix:
    return Mix(asked, source, file.name)


def _of_log(name: str, excluded: Sequence[str], *, allow_writes: bool) -> Mix:
    traffic = _traffic(name, [re.compile(each) for each in excluded], allow_writes=allow_writes)
    title = "access log" if name == "-" else Path(name).name
    return Mix(traffic.asked, "log", title, notes=traffic.notes)


def _traffic(name: str, exclude: Sequence[re.Pattern[str]], *, allow_writes: bool) -> Traffic:
    shown = "standard input" if name == "-" else name
    try:
        with (
            click.open_file(name, "rb") as stream,
            PROGRESS.status(f"reading {shown}") as status,
        ):
            return read_access_log(
                stream,
                shown,
                allow_writes=allow_writes,
                exclude=exclude,
                on_progress=lambda lines: status.update(f"reading {shown}: {lines:,} lines"),
            )
    except OSError as error:
        raise BadInput(f"{shown} cannot be read: {error.strerror}") from error


def _check_number(mix: Mix) -> None:
    number = len(mix.asked) if mix.is_scenario else len(distinct(mix.asked))
    if number > MOST_STEPS:
        raise BadInput(
            f"{mix.name} has {number} different requests; {MOST_STEPS} at most can be sent in turn"
        )


def _refuse_writes(mix: Mix) -> None:
    for asked in mix.asked:
        if asked.writes:
            raise BadInput(
                f"{mix.name}: {asked.method} {asked.path} may write, and would be sent thousands "
                "of times; if that is meant, say --allow-writes"
            )


def _unique(headers: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """Put headers together; one that is given twice would say two things."""
    unique: dict[str, str] = {}
    for name, value in headers:
        if name.lower() in map(str.lower, unique):
            raise BadInput(f"--header {name} is given twice")
        unique["Host" if name.lower() == "host" else name] = value
    return unique


def _completed(asked: Asked, common: Mapping[str, str], expect_status: int | None) -> Asked:
    """Add what holds for all requests to what one says of itself."""
    own = {name.lower() for name in asked.headers}
    headers = {name: value for name, value in common.items() if name.lower() not in own}
    expect = asked.expect
    if expect is None and expect_status is not None:
        expect = Expectation(expect_status)
    return replace(asked, headers={**headers, **asked.headers}, expect=expect)
