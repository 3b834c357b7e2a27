"""What carries the requests of a race, in place of HTTP/1.1 over TCP."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from timetrial.model import BadInput, Carrier
from timetrial.verbs.options.options import CommandLine, Options


class TransportOptions(Options):
    """HTTP/2, or TLS alone; certificates are made for the race."""

    section = "HTTP/2 and TLS"

    http2: Annotated[
        bool,
        Field(description="Race HTTP/2 over TLS (ALPN h2), on servers that speak it"),
        CommandLine(),
    ] = False
    streams: Annotated[
        int,
        Field(ge=1, le=1_000, description="With --http2: requests in flight on one connection"),
        CommandLine(shows_default=True),
    ] = 1
    tls: Annotated[
        bool,
        Field(description="Race HTTP/1.1 over TLS, on servers that have it"),
        CommandLine(),
    ] = False

    @property
    def protocol(self) -> Carrier | None:
        if self.http2:
            return "http2"
        return "tls" if self.tls else None

    @model_validator(mode="after")
    def _check_one_transport(self) -> Self:
        if self.http2 and self.tls:
            raise BadInput("--tls and --http2 exclude each other: --http2 is over TLS")
        if self.given("streams") and not self.http2:
            raise BadInput("--streams is for --http2: HTTP/1.1 has no streams")
        return self
