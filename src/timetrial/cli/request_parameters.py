"""Kinds of options that describe an app, its requests and the load model."""

from __future__ import annotations

import re

import click

from timetrial.cli.parameters import Duration
from timetrial.model.load import Stage
from timetrial.model.workload import HEAVIEST, Request
from timetrial.project.requests.syntax import HEADER, METHOD, NO_METHOD, PATH
from timetrial.verbs.options.common import HIGHEST_RATE_PER_S

_RATE = r"\d+(?:\.\d+)?"
_STAGE = re.compile(rf"(?P<first>{_RATE})(?:-(?P<last>{_RATE}))?@(?P<duration>.+)")
_WEIGHTED = re.compile(r"(?P<weight>\d+):(?P<path>/.*)", re.DOTALL)
_VARIABLE = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)=(?P<value>.*)", re.DOTALL)


class RateType(click.ParamType[float]):
    """Requests a second."""

    name = "rate"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        try:
            rate = float(str(value))
        except ValueError:
            self.fail(f"{value!r} is no rate; examples are 1000 and 0.5", param, ctx)
        if not _possible(rate):
            self.fail(f"{value!r} is not above 0 and at most {HIGHEST_RATE_PER_S:,}", param, ctx)
        return rate


class StageType(click.ParamType[Stage]):
    """A stage of the open load model: '500@10s', or '100-1000@30s' for a ramp."""

    name = "stage"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Stage:
        if isinstance(value, Stage):
            return value
        match = _STAGE.fullmatch(str(value).strip())
        if match is None:
            self.fail(f"{value!r} is no stage; examples are 500@10s and 100-1000@30s", param, ctx)
        duration_s = Duration().convert(match["duration"], param, ctx)
        first = float(match["first"])
        last = float(match["last"] or match["first"])
        if not _possible(max(first, last)):
            problem = f"has no rate that is above 0 and at most {HIGHEST_RATE_PER_S:,}"
            self.fail(f"{value!r} {problem}", param, ctx)
        return Stage(duration_s, first, last)


class HeaderType(click.ParamType[tuple[str, str]]):
    """A request header: 'Name: value'."""

    name = "header"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        if isinstance(value, tuple):
            return value
        match = HEADER.fullmatch(str(value))
        if match is None:
            self.fail(f"{value!r} is no header; an example is 'Accept: text/html'", param, ctx)
        return match["name"], match["value"]


class MethodType(click.ParamType[str]):
    """A request method."""

    name = "method"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        if METHOD.fullmatch(str(value)) is None:
            self.fail(f"{value!r} {NO_METHOD}", param, ctx)
        return str(value)


class WeightedPath(click.ParamType[Request]):
    """A path, or a weight, a colon and a path: '/items', '3:/items'."""

    name = "path"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Request:
        if isinstance(value, Request):
            return value
        text, weight = str(value), 1
        if match := _WEIGHTED.fullmatch(text):
            text, weight = match["path"], int(match["weight"])
        if PATH.fullmatch(text) is None:
            problem = "is no path that begins with a slash and is percent-encoded"
            self.fail(f"{value!r} {problem}; examples are /items?page=2 and 3:/items", param, ctx)
        if not 1 <= weight <= HEAVIEST:
            self.fail(f"{value!r} has no weight from 1 to {HEAVIEST:,}", param, ctx)
        return Request(text, weight=weight)


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


class VariableType(click.ParamType[tuple[str, str]]):
    """A variable of the environment: 'NAME=VALUE'."""

    name = "variable"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        if isinstance(value, tuple):
            return value
        match = _VARIABLE.fullmatch(str(value))
        if match is None:
            # What was meant as a value may be a secret.
            self.fail("a variable reads NAME=VALUE; an example is DEBUG=0", param, ctx)
        return match["name"], match["value"]


def _possible(rate: float) -> bool:
    return 0 < rate <= HIGHEST_RATE_PER_S  # nan is not
