"""What `timetrial load` takes of HTTP/2."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from timetrial.verbs.options.options import CommandLine, Options


class LoadHttp2(Options):
    """How requests are sent by HTTP/2."""

    section = "HTTP/2"

    http2: Annotated[
        bool,
        Field(description="Speak HTTP/2: over TLS by ALPN, else at once (h2c)"),
        CommandLine(),
    ] = False
    streams: Annotated[
        int,
        Field(ge=1, le=1_000, description="Requests in flight on one connection"),
        CommandLine(shows_default=True),
    ] = 1
