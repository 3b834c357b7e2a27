"""What `timetrial load` sends on WebSockets."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from timetrial.model import TOKEN, BadInput
from timetrial.verbs.options.options import CommandLine, Options

_TOKEN_BYTES = 16
"""What stands for a token on the wire."""
_MOST_MESSAGE_BYTES = 1024**2
"""The longest message that the engine compares with a template."""


class LoadMessages(Options):
    """What is sent on WebSockets."""

    section = "WebSocket (ws://, wss://)"

    message: Annotated[
        str,
        Field(description="Message to send; its echo is checked"),
        CommandLine(shows_default=True),
    ] = TOKEN
    binary: Annotated[bool, Field(description="Send it as binary, not as text"), CommandLine()] = (
        False
    )
    message_bytes: Annotated[
        int | None,
        Field(ge=1, le=_MOST_MESSAGE_BYTES, description="Pad the message to so many bytes"),
        CommandLine(),
    ] = None

    deflate: Annotated[
        bool, Field(description="Offer to compress messages (permessage-deflate)"), CommandLine()
    ] = False

    broadcast: Annotated[
        bool,
        Field(description="One connection sends, all others hear it: a chat"),
        CommandLine(),
    ] = False

    @property
    def payload(self) -> str:
        """The message as it is sent, with `{token}` in it. Raises BadInput if it is too long."""
        if self.message_bytes is None:
            return self.message
        own_bytes = len(self.message.replace(TOKEN, "0" * _TOKEN_BYTES).encode())
        if own_bytes > self.message_bytes:
            raise BadInput(
                f"--message-bytes {self.message_bytes} is less than the message has: "
                f"{own_bytes} bytes"
            )
        return self.message + "x" * (self.message_bytes - own_bytes)
