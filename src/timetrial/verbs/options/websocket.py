"""A message that a race sends on WebSockets, in place of requests."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from timetrial.model import BadInput
from timetrial.model.redaction import without_passwords
from timetrial.project.requests.syntax import PATH
from timetrial.verbs.options.options import CommandLine, Options


class WebSocketOptions(Options):
    """The path of the WebSocket, and what is sent on it again and again."""

    section = "WebSocket"

    websocket: Annotated[
        str | None,
        Field(description="Race messages on the WebSocket of this path"),
        CommandLine(metavar="PATH"),
    ] = None
    send: Annotated[
        str | None,
        Field(description="The message, as text; {token} is a number of its own"),
        CommandLine(),
    ] = None
    deflate: Annotated[bool, Field(description="Offer to compress messages"), CommandLine()] = False

    @model_validator(mode="after")
    def _check_message(self) -> Self:
        if self.websocket is None:
            if self.send is not None:
                raise BadInput("--send is for --websocket PATH")
            if self.deflate:
                raise BadInput("--deflate is for --websocket PATH")
        elif not self.send:
            raise BadInput("--websocket takes --send MESSAGE: what is sent, and answered by one")
        elif PATH.fullmatch(self.websocket) is None:
            raise BadInput(
                f"--websocket {without_passwords(self.websocket)!r} is no path that begins with a "
                "slash and is percent-encoded; an example is /ws"
            )
        return self
