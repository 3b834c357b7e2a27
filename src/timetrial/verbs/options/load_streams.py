"""What `timetrial load` takes for responses that are streams."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from timetrial.model import BadInput, StreamSpec
from timetrial.verbs.options.options import CommandLine, Options

_MOST_BYTES = 64
"""The longest text before a number that the engine looks for."""


class LoadStreams(Options):
    """How responses are read as streams."""

    section = "Streams"

    sse: Annotated[
        bool,
        Field(description="Hold responses as streams of server-sent events"),
        CommandLine(),
    ] = False
    stream: Annotated[
        bool,
        Field(description="Hold responses as streams: an event is a chunk"),
        CommandLine(),
    ] = False
    events: Annotated[
        int | None,
        Field(ge=1, description="Leave a stream after so many  [default: when the load ends]"),
        CommandLine(),
    ] = None
    numbered: Annotated[
        str | None,
        Field(description="Events count by one: in 'id', or in their data behind TEXT"),
        CommandLine(),
    ] = None

    @property
    def stream_spec(self) -> StreamSpec | None:
        """How responses are read as streams; None: they are none."""
        if not (self.sse or self.stream):
            return None
        return StreamSpec("sse" if self.sse else "chunks", self.numbered, self.events)

    @model_validator(mode="after")
    def _check_streams(self) -> Self:
        if self.sse and self.stream:
            raise BadInput("--sse and --stream exclude each other: an event is one or the other")
        if self.stream and self.numbered is not None:
            raise BadInput("--numbered is for --sse: chunks have no numbers")
        text = self.numbered
        if text is not None and not _is_findable(text):
            raise BadInput(
                f"--numbered {text!r} is not allowed: 'id', or a text of 1 to {_MOST_BYTES} bytes "
                "in one line"
            )
        return self


def _is_findable(text: str) -> bool:
    return 0 < len(text.encode()) <= _MOST_BYTES and not set(text) & {"\r", "\n"}
