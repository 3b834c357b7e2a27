"""The schema of workloads in the TOML files of apps and suites."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from timetrial.catalog.manifest import Count, Label, Manifest, Ms, UrlPath, Word, text_that
from timetrial.model import Interface, MessageKind, StreamKind

INTERFACES: tuple[Interface, ...] = ("wsgi", "asgi", "rsgi", "program")
MOST_UPLOAD_BYTES = 1_000_000_000
_METHOD = re.compile(r"[A-Z]+")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_LINE = re.compile(r"[^\r\n\0]*")
_FINDABLE = re.compile(r"[ -~]{1,64}")


def _by_interface(value: object) -> object:
    if isinstance(value, str):
        return dict.fromkeys(INTERFACES, value)
    if not isinstance(value, dict):
        raise ValueError("must be a path, or a table of paths by 'wsgi', 'asgi', 'rsgi', 'program'")  # noqa: TRY004 - pydantic converts only ValueErrors
    return value


def _think(value: object) -> object:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return {"low": value}
    if not isinstance(value, dict):
        raise ValueError("must be a number, { low = …, high = … } or { mean = … }")  # noqa: TRY004 - likewise
    return value


_PathsAsWritten = UrlPath | Mapping[Interface, UrlPath]
Paths = Annotated[
    Mapping[Interface, UrlPath],
    BeforeValidator(_by_interface, json_schema_input_type=_PathsAsWritten),
]
HeaderName = Annotated[
    str, text_that(_HEADER_NAME.fullmatch, "must be the name of a header, as 'Content-Type'")
]
HeaderValue = Annotated[str, text_that(_LINE.fullmatch, "must be one line")]
Numbers = Annotated[
    str, text_that(_FINDABLE.fullmatch, "must be 'id', or a text of 1 to 64 characters in one line")
]
Method = Annotated[str, text_that(_METHOD.fullmatch, "must be a method in capitals, as 'POST'")]


class ExpectManifest(Manifest):
    """A correct response: its status, and the body, a file with it, its length or a template."""

    status: Annotated[int, Field(ge=100, le=599)] = 200
    body: str | None = None
    body_file: str | None = None
    """Path below the app's folder, UTF-8 text."""
    body_bytes: Annotated[int, Field(ge=0)] | None = None
    body_template: str | None = None
    """A text in which `{*}` matches anything."""

    @model_validator(mode="after")
    def _says_it_once(self) -> Self:
        given = self.model_fields_set - {"status"}
        if len(given) > 1:
            kinds = "body, body_file, body_bytes and body_template"
            raise ValueError(f"may have one of {kinds}, not {len(given)}")
        return self


class ThinkManifest(Manifest):
    """Milliseconds: constant, uniform from low to high, or exponential with a mean."""

    low: Ms = 0.0
    high: Ms | None = None
    mean: Ms | None = None

    @model_validator(mode="after")
    def _is_one_of_them(self) -> Self:
        if self.mean is not None and self.model_fields_set != {"mean"}:
            raise ValueError("may have a mean, or low and high, not both")
        if self.high is not None and self.high < self.low:
            raise ValueError(f"has low {self.low:g} above high {self.high:g}")
        return self


Think = Annotated[
    ThinkManifest, BeforeValidator(_think, json_schema_input_type=float | ThinkManifest)
]


class StreamManifest(Manifest):
    """How a response is read as a stream."""

    kind: StreamKind = "sse"
    events: Count
    """After so many the client leaves."""
    numbers: Numbers | None = None
    """Where server-sent events have a number that grows by one: `id`, or the text before it in
    their data."""

    @model_validator(mode="after")
    def _has_numbers(self) -> Self:
        if self.kind == "chunks" and self.numbers is not None:
            raise ValueError("has numbers, which chunks do not have")
        return self


class RequestManifest(Manifest):
    """One request without its path, and the think time after it."""

    name: Label = ""
    method: Method = "GET"
    headers: Mapping[HeaderName, HeaderValue] = {}
    body: str = ""
    """Body of the request."""
    upload_bytes: Annotated[int, Field(ge=1, le=MOST_UPLOAD_BYTES)] | None = None
    """Size of a generated body, which is sent in pieces, in place of `body`."""
    chunked: bool = False
    """Whether that is sent in chunks."""
    expect: ExpectManifest = ExpectManifest()
    wait_ms: Ms = 0.0
    """Time that the app waits by design."""
    think_ms: Think = ThinkManifest()

    @model_validator(mode="after")
    def _has_one_body(self) -> Self:
        if self.upload_bytes is None:
            if self.chunked:
                raise ValueError("has chunked, which is for upload_bytes")
        elif self.body:
            raise ValueError("has body and upload_bytes: a request has one of them")
        elif self.method == "GET":
            raise ValueError("has upload_bytes, which a GET cannot have: method = 'POST' may")
        return self


class StepManifest(RequestManifest):
    """One of several requests."""

    path: Paths


_OF_ONE_STEP = frozenset(StepManifest.model_fields)


class WorkloadManifest(RequestManifest):
    """One request of an app, or several in their order."""

    path: Paths | None = None
    steps: tuple[StepManifest, ...] = ()
    """Instead of all keys of one request."""
    echo: Paths | None = None
    """A path with `{token}` whose answer is the token's value: it proves the order of pipelined
    responses."""
    services: tuple[Word, ...] = ()
    """Services that it needs beside those of its app."""
    websocket: MessageKind | None = None
    """If given, `body` is a message on a WebSocket, and `expect` what answers it."""
    deflate: bool = False
    """Offer to compress messages; the server may decline."""
    stream: StreamManifest | None = None
    """If given, the response is read as a stream; `wait_ms` is then the time from its first event
    to the last one that is read, by design."""

    @model_validator(mode="after")
    def _has_events(self) -> Self:
        if self.stream is None:
            return self
        if self.steps or self.echo or self.websocket:
            raise ValueError("has stream, with which it has no steps, no echo and no websocket")
        if self.expect.model_fields_set - {"status"}:
            raise ValueError("has stream, whose events are counted: expect may have a status alone")
        return self

    @model_validator(mode="after")
    def _has_a_message(self) -> Self:
        if self.websocket is None:
            if self.deflate:
                raise ValueError("has deflate, which is for messages: it goes with websocket")
            return self
        if self.steps or self.echo:
            raise ValueError("has websocket, with which it has one message: no steps, and no echo")
        if self.method != "GET" or "status" in self.expect.model_fields_set:
            raise ValueError("has websocket, whose upgrade is GET, and answered with status 101")
        if self.upload_bytes is not None:
            raise ValueError("has websocket, and upload_bytes, which is for requests of HTTP")
        if not self.body:
            raise ValueError("has websocket, but no body: that is the message")
        return self

    @model_validator(mode="after")
    def _has_requests(self) -> Self:
        beside = sorted(self.model_fields_set & _OF_ONE_STEP)
        if self.steps and beside:
            raise ValueError(f"has steps, so that {', '.join(beside)} must stand in each of them")
        if not self.steps and self.path is None:
            raise ValueError("needs a path, or steps that have one each")
        if self.echo and not all("{token}" in path for path in self.echo.values()):
            raise ValueError("has an echo without {token} in it")
        return self

    def all_steps(self) -> tuple[StepManifest, ...]:
        if self.steps or self.path is None:
            return self.steps
        given = {name: getattr(self, name) for name in _OF_ONE_STEP}
        return (StepManifest.model_construct(**given),)
