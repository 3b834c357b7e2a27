"""What `timetrial load` takes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from timetrial.machine.ports import HIGHEST_PORT
from timetrial.model import MOST_CONNECTIONS, TOKEN, ArrivalSchedule, BadInput, Stage
from timetrial.verbs.options.common import (
    CONNECTIONS,
    Authorities,
    Cpus,
    Header,
    Insecure,
    RatePerS,
    RemoteHosts,
    Seconds,
)
from timetrial.verbs.options.load_bodies import LoadBodies
from timetrial.verbs.options.load_http2 import LoadHttp2
from timetrial.verbs.options.load_messages import LoadMessages
from timetrial.verbs.options.load_streams import LoadStreams
from timetrial.verbs.options.options import CommandLine, Options, Written

_USUAL_S = 10.0
IDLE_PER_S = 1_000.0
"""Connections that are opened a second, to hold them."""
_OF_ONE_REQUEST = ("method", "headers", "body", "expect_status", "expect_body", "expect_template")


def _half_of_the_cpus() -> int:
    return max(1, len(os.sched_getaffinity(0)) // 2)


class LoadModel(Options):
    """How hard, for how long, and over which connections the URL is driven."""

    section = "Load"

    url: Annotated[str, CommandLine(is_argument=True)]
    connections: Annotated[
        int,
        Field(
            ge=1,
            le=HIGHEST_PORT,
            description="Connections; with --rate at most, 1000 by default",
        ),
        CommandLine(("-c", "--connections"), shows_default=True),
    ] = CONNECTIONS
    threads: Annotated[
        int,
        Field(ge=1, le=256, description="Threads of the load engine"),
        CommandLine(("-t", "--threads"), shows_default="half of the CPUs"),
    ] = Field(default_factory=_half_of_the_cpus)
    cpus: Annotated[
        Cpus, Field(description="Pin the load engine to these CPUs: 1 or 0-3"), CommandLine()
    ] = ()
    duration: Annotated[
        Seconds | None,
        Field(description="Length of the load  [default: 10s, or --count]"),
        CommandLine(("-d", "--duration")),
    ] = None
    count: Annotated[
        int | None,
        Field(ge=1, description="Number of requests"),
        CommandLine(("-n", "--count")),
    ] = None
    rate: Annotated[
        RatePerS | None,
        Field(description="Open model: requests due per second, answered or not"),
        CommandLine(("-r", "--rate")),
    ] = None
    stages: Annotated[
        tuple[Annotated[Stage, Written.STAGE], ...],
        Field(description="Open model in stages: 100-1000@30s is a ramp"),
        CommandLine(("--stage",), metavar="RATE[-RATE]@DURATION"),
    ] = ()
    arrival: Annotated[
        Literal["poisson", "constant"],
        Field(description="Open model: how requests are spread in time"),
        CommandLine(shows_default=True),
    ] = "poisson"
    seed: Annotated[
        int, Field(ge=0, le=2**64 - 1, description="Repeat these Poisson arrivals"), CommandLine()
    ] = 0
    pipeline: Annotated[
        int,
        Field(ge=1, le=1_000, description="Requests in flight on one connection"),
        CommandLine(shows_default=True),
    ] = 1
    fresh: Annotated[
        bool, Field(description="Open a connection for each request"), CommandLine()
    ] = False
    idle: Annotated[
        bool,
        Field(description="Open connections (1000/s or --rate), send one request on each, hold"),
        CommandLine(),
    ] = False

    @property
    def is_websocket(self) -> bool:
        """Whether messages are sent, and not requests of HTTP."""
        return self.url.lower().startswith(("ws://", "wss://"))

    @property
    def most_connections(self) -> int:
        """Connections; of an open load, unless they were given, as many as arrivals may need."""
        is_given = "connections" in self.model_fields_set
        return MOST_CONNECTIONS if self.is_open and not is_given else self.connections

    @property
    def is_open(self) -> bool:
        """Whether requests are due at a rate, whatever becomes of them."""
        return not self.idle and (self.rate is not None or bool(self.stages))

    @property
    def idle_per_s(self) -> float | None:
        """How many connections are opened a second, to hold them; None for other loads."""
        return (self.rate or IDLE_PER_S) if self.idle else None

    @property
    def opening(self) -> ArrivalSchedule:
        """The schedule by which connections are opened that are then held."""
        rate_per_s = self.idle_per_s or IDLE_PER_S
        # Half an arrival less: neither more nor fewer than connections, however it is rounded.
        stage = Stage((self.connections - 0.5) / rate_per_s, rate_per_s, rate_per_s)
        return ArrivalSchedule((stage,), "constant")

    @property
    def schedule(self) -> ArrivalSchedule | None:
        """The schedule of the open load model; None where the closed one is meant."""
        if not self.is_open:
            return None
        if self.stages:
            return ArrivalSchedule(self.stages, self.arrival, self.seed)
        if self.rate is not None:
            stage = Stage(self.duration or _USUAL_S, self.rate, self.rate)
            return ArrivalSchedule((stage,), self.arrival, self.seed)
        return None


class LoadRequests(Options):
    """What is sent, and what a correct response is."""

    section = "Requests"

    method: Annotated[
        str,
        Written.METHOD,
        Field(description="Request method"),
        CommandLine(("-X", "--method"), shows_default=True),
    ] = "GET"
    headers: Annotated[
        tuple[Header, ...],
        Field(description="Add a header, or replace a usual one"),
        CommandLine(("-H", "--header")),
    ] = ()
    body: Annotated[str, Field(description="Request body"), CommandLine()] = ""
    requests_file: Annotated[
        Path | None,
        Field(description="Requests to send in turn, a JSON object a line"),
        CommandLine(("--requests",), metavar="FILE"),
    ] = None
    users: Annotated[
        int | None,
        Field(
            ge=1,
            le=HIGHEST_PORT,
            description="Virtual users: each sends --requests in order, and thinks",
        ),
        CommandLine(),
    ] = None
    authorities: Authorities = None
    insecure: Insecure = False
    resume_tls: Annotated[
        bool,
        Field(description="https: go on with sessions of earlier connections"),
        CommandLine(),
    ] = False
    sources: Annotated[
        tuple[str, ...],
        Field(description="Connect from this address; several are used in turn"),
        CommandLine(("--source",), metavar="IP"),
    ] = ()
    timeout_s: Annotated[
        Seconds,
        Field(description="A slower response is a timeout"),
        CommandLine(("--timeout",), shows_default=True),
    ] = 10.0
    expect_status: Annotated[
        int,
        Field(ge=100, le=999, description="Expected status code: any other is a failure"),
        CommandLine(metavar="STATUS", shows_default=True),
    ] = 200
    expect_body: Annotated[
        str | None,
        Field(description="Expected body: any other is a failure"),
        CommandLine(),
    ] = None
    expect_template: Annotated[
        str | None,
        Field(description="Expected body: {*} is anything, {token} that of the URL"),
        CommandLine(metavar="TEXT"),
    ] = None


_SMALLEST_BROADCAST = 2
_UPLOAD_HEADERS = ("content-length", "expect", "transfer-encoding")
_OF_MESSAGES = ("message", "binary", "message_bytes", "deflate", "broadcast")
_OF_HTTP = (
    "method", "body", "requests_file", "users", "expect_status", "sse", "stream", "http2", "streams"
)  # fmt: skip
_OF_BODIES = (
    "upload", "upload_bytes", "chunked", "expect_continue", "multipart", "expect_length",
    "expect_digest", "decode",
)  # fmt: skip
_NOT_OF_UPLOADS = ("body", "requests_file", "sse", "stream", "http2")
_NOT_OF_CHECKS = ("expect_body", "expect_template", "requests_file", "sse", "stream")
_NOT_OF_STREAMS = ("requests_file", "users", "pipeline", "expect_body", "expect_template", "http2")
_NOT_OF_IDLE = (
    "stages", "arrival", "count", "users", "pipeline", "fresh", "sse", "stream", "http2"
)  # fmt: skip


class LoadOptions(LoadModel, LoadRequests, LoadBodies, LoadMessages, LoadStreams, LoadHttp2):
    """All of a drive of the load engine."""

    section = "Load engine"

    backend: Annotated[
        Literal["auto", "epoll", "io_uring"],
        Field(description="auto, epoll or io_uring"),
        CommandLine(metavar="NAME", shows_default=True),
    ] = "auto"
    spin: Annotated[
        bool,
        Field(description="Never sleep: response times without wake-ups"),
        CommandLine(),
    ] = False
    allow_remote: RemoteHosts = ()
    unix: Annotated[
        Path | None,
        Field(description="Connect to this Unix socket, whatever host the URL names"),
        CommandLine(metavar="FILE"),
    ] = None

    @model_validator(mode="after")
    def _check_held(self) -> Self:
        """Refuse options that mean nothing for streams, for idle connections, or without them."""
        if self.stream_spec is not None:
            flag = "--sse" if self.sse else "--stream"
            self._refuse(f"and {flag} exclude each other", *_NOT_OF_STREAMS)
            if self.count is not None and self.events is None and self.duration is None:
                raise BadInput(
                    f"--count with {flag} needs --events or --duration: streams may have no end"
                )
        else:
            self._refuse("needs --sse or --stream", "events", "numbered")
        if self.idle:
            self._refuse("and --idle exclude each other", *_NOT_OF_IDLE)
        if self.unix is not None:
            self._refuse("is for TCP, not for --unix", "sources")
        return self

    @model_validator(mode="after")
    def _check_protocol(self) -> Self:
        """Refuse options of another protocol than the URL's."""
        if self.is_websocket:
            self._refuse("is for http:// and https://, not for WebSockets", *_OF_HTTP, *_OF_BODIES)
            if self.pipeline > 1:
                raise BadInput("--pipeline is for HTTP: a WebSocket has one message in flight")
        else:
            self._refuse("is for ws:// and wss:// URLs", *_OF_MESSAGES)
        return self

    @model_validator(mode="after")
    def _check_body_terms(self) -> Self:
        """Refuse what does not go with a body in pieces, or with a check of a response's body."""
        if self.has_upload:
            flag = "--upload" if self.upload is not None else "--upload-bytes"
            self._refuse(f"and {flag} exclude each other", *_NOT_OF_UPLOADS)
            if self.pipeline > 1:
                raise BadInput(f"--pipeline and {flag} exclude each other: a body takes its turn")
            own = [name for name, _ in self.headers if name.lower() in _UPLOAD_HEADERS]
            if own:
                raise BadInput(f"--header {own[0]} and {flag} exclude each other: that sets it")
        if (checks := self.given("expect_length", "expect_digest", "decode")) is not None:
            self._refuse(f"and {checks} exclude each other", *_NOT_OF_CHECKS)
        if self.decode and self.http2:
            raise BadInput("--decode is for HTTP/1.1, not for --http2")
        return self

    @model_validator(mode="after")
    def _check_http2(self) -> Self:
        """Refuse what HTTP/2 does not have, and streams without it."""
        if not self.http2:
            self._refuse("needs --http2", "streams")
            return self
        if self.pipeline > 1:
            raise BadInput("--pipeline is for HTTP/1.1: HTTP/2 has --streams")
        if self.streams > 1 and self.fresh:
            raise BadInput("--fresh and --streams exclude each other")
        if self.streams > 1 and self.users is not None:
            raise BadInput("--users and --streams exclude each other: a user awaits each response")
        return self

    @model_validator(mode="after")
    def _check_broadcast(self) -> Self:
        if not self.broadcast:
            return self
        if self.fresh:
            raise BadInput(
                "--fresh and --broadcast exclude each other: a closed connection receives nothing"
            )
        if self.connections < _SMALLEST_BROADCAST:
            raise BadInput("--broadcast takes two connections at least: one to send, one to hear")
        if TOKEN not in self.message:
            raise BadInput(
                f"--broadcast takes {TOKEN} in --message: by it each delivery is known again"
            )
        if self.given("threads") and self.threads > 1:
            raise BadInput("--threads and --broadcast exclude each other: it has one thread")
        return self

    @model_validator(mode="after")
    def _check_combination(self) -> Self:
        """Refuse options that contradict each other, or would mean nothing."""
        if self.fresh and self.pipeline > 1:
            raise BadInput("--fresh and --pipeline exclude each other")
        if self.expect_body is not None and self.expect_template is not None:
            raise BadInput("--expect-body and --expect-template exclude each other")
        if self.users is not None:
            if self.requests_file is None or self.is_open:
                raise BadInput("--users takes --requests FILE, and neither --rate nor --stage")
            self._refuse("and --users exclude each other: a user is a connection", "connections")
        elif not self.is_open:
            self._refuse("needs --rate, --stage or --users", "seed")
        if not self.is_open:
            self._refuse("needs --rate or --stage", "arrival")
        if self.requests_file is not None:
            self._refuse(
                "and --requests exclude each other: each line has its own", *_OF_ONE_REQUEST
            )
        if self.rate is not None and self.stages:
            raise BadInput("--rate and --stage exclude each other: a stage has its own rate")
        if self.stages and self.duration is not None:
            raise BadInput("--stage and --duration exclude each other: stages have durations")
        return self

    def _refuse(self, why: str, *names: str) -> None:
        given = self.given(*names)
        if given is not None:
            raise BadInput(f"{given} {why}")
