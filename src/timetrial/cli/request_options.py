"""Options that say what to request of an app, for all verbs that ask one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import click

from timetrial.cli.load_options import HeaderType
from timetrial.cli.output import PROGRESS
from timetrial.errors import BadInput
from timetrial.requests.access_log import Traffic, read_access_log
from timetrial.requests.asked import HEAVIEST, Asked
from timetrial.requests.lines import read_lines
from timetrial.requests.mix import Mix, Source, distinct
from timetrial.requests.scenario import read_scenario
from timetrial.requests.syntax import PATH
from timetrial.requests.turns import MOST_STEPS
from timetrial.workload import Expectation

_Function = TypeVar("_Function", bound=Callable[..., object])
_WEIGHTED = re.compile(r"(?P<weight>\d+):(?P<path>/.*)", re.DOTALL)


class WeightedPath(click.ParamType[Asked]):
    """A path, or a weight, a colon and a path: '/items', '3:/items'."""

    name = "path"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Asked:
        if isinstance(value, Asked):
            return value
        text, weight = str(value), 1
        if match := _WEIGHTED.fullmatch(text):
            text, weight = match["path"], int(match["weight"])
        if PATH.fullmatch(text) is None:
            problem = "is no path that begins with a slash and is percent-encoded"
            self.fail(f"{value!r} {problem}; examples are /items?page=2 and 3:/items", param, ctx)
        if not 1 <= weight <= HEAVIEST:
            self.fail(f"{value!r} has no weight from 1 to {HEAVIEST:,}", param, ctx)
        return Asked(text, weight=weight)


class Pattern(click.ParamType[str]):
    """A regular expression."""

    name = "regex"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        try:
            re.compile(str(value))
            re.compile(str(value).encode())
        except re.error as error:
            self.fail(f"{value!r} is no regular expression: {error}", param, ctx)
        return str(value)


_OPTIONS = (
    click.option(
        "--path", "paths", type=WeightedPath(), multiple=True, metavar="[WEIGHT:]PATH",
        help="Request this path; several are mixed by their weights: --path 3:/ --path /items.  "
        "[default: /]",
    ),
    click.option(
        "--requests", "requests_file", type=click.Path(path_type=Path), metavar="FILE",
        help="Requests to mix, a JSON object a line: path, method, headers, body, weight and more.",
    ),
    click.option(
        "--scenario", "scenario_file", type=click.Path(path_type=Path), metavar="FILE",
        help="Steps that each user takes in order, as TOML: path, method, think_ms and more.",
    ),
    click.option(
        "--from-access-log", "access_log", metavar="FILE",
        help="The mix of a real log (common or combined format, also gzipped); - is standard "
        "input.",
    ),
    click.option(
        "--exclude", "excluded", type=Pattern(), multiple=True, metavar="REGEX",
        help="Leave paths of the log out: --exclude '^/static/'.",
    ),
    click.option(
        "--allow-writes", is_flag=True,
        help="Send POST, PUT, PATCH and DELETE, too, thousands of times.",
    ),
    click.option(
        "--header", "headers", type=HeaderType(), multiple=True, metavar="'NAME: VALUE'",
        help="Add a header to all requests.",
    ),
    click.option(
        "--expect-status", type=click.IntRange(100, 599), metavar="STATUS",
        help="What a correct response has.  [default: any from 200 to 299 that all servers agree "
        "on]",
    ),
    click.option(
        "--dynamic", type=Pattern(), multiple=True, metavar="REGEX",
        help="What it matches in a body may differ from answer to answer.",
    ),
)  # fmt: skip


def REQUEST_OPTIONS(function: _Function) -> _Function:  # noqa: N802 - as other sets of options
    """Add the options that `mix_of` reads."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


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
