"""A stream of events that a race asks for, in place of requests."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from timetrial.model import BadInput
from timetrial.model.redaction import without_passwords
from timetrial.project.requests.syntax import PATH
from timetrial.verbs.options.options import CommandLine, Options

EVENTS = 5


class StreamOptions(Options):
    """The path of a stream of server-sent events, and how many events are read of it."""

    section = "Streams"

    sse: Annotated[
        str | None,
        Field(description="Race the stream of server-sent events at this path"),
        CommandLine(metavar="PATH"),
    ] = None
    events: Annotated[
        int | None,
        Field(ge=1, le=100_000, description=f"Leave a stream after so many  [default: {EVENTS}]"),
        CommandLine(),
    ] = None

    @model_validator(mode="after")
    def _check_stream(self) -> Self:
        if self.sse is None:
            if self.events is not None:
                raise BadInput("--events is for --sse PATH")
        elif PATH.fullmatch(self.sse) is None:
            raise BadInput(
                f"--sse {without_passwords(self.sse)!r} is no path that begins with a slash and is "
                "percent-encoded; an example is /events"
            )
        return self
