"""What a server speaks beside HTTP/1.1 over TCP, and how that is switched on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Self

from pydantic import model_validator

from timetrial.catalog.manifest import Manifest, Word
from timetrial.model import Protocol

PROTOCOL_PLACEHOLDERS = ("certificate", "key", "socket")
"""Beside those of a command: files of a certificate and of its key in PEM, and the path of a Unix
socket."""


class Spoken(Manifest):
    """How a server speaks a protocol: by itself, or switched on; or why it does not."""

    drop: tuple[str, ...] = ()
    """Words that follow each other in the command, and keep it off."""
    add: tuple[str, ...] = ()
    """What stands in their place; without them, before the app or at the end."""
    packages: tuple[Word, ...] = ()
    """Packages that it needs beside those of the server."""
    no: str = ""
    """Why the server cannot speak it, as a clause behind its name; '' if it can."""
    note: str = ""
    """What differs from other servers."""

    @model_validator(mode="after")
    def _is_spoken_or_not(self) -> Self:
        if self.no and (self.drop or self.add or self.packages):
            raise ValueError("says no, so that it may have neither drop nor add nor packages")
        return self

    def switched_on(self, command: Sequence[str]) -> tuple[str, ...]:
        """Return the command that speaks it. Raises ValueError for one without `drop`."""
        words = list(command)
        at, removed = self._place(words), len(self.drop)
        return (*words[:at], *self.add, *words[at + removed :])

    def _place(self, words: Sequence[str]) -> int:
        if self.drop:
            starts = range(len(words) - len(self.drop) + 1)
            found = (at for at in starts if tuple(words[at : at + len(self.drop)]) == self.drop)
            place = next(found, None)
            if place is None:
                raise ValueError(f"drops {' '.join(self.drop)!r}, which the command does not say")
            return place
        app_is_last = "{app}" in words[-1]
        return len(words) - 1 if app_is_last else len(words)


class Protocols(Manifest):
    """[protocols] of a server; of what is absent nothing is known."""

    websocket: Spoken | None = None
    http2: Spoken | None = None
    """Over TLS, chosen by ALPN."""
    h2c: Spoken | None = None
    """HTTP/2 without TLS, by prior knowledge."""
    streaming: Spoken | None = None
    """Whether each part of a response leaves at once."""
    tls: Spoken | None = None
    unix_socket: Spoken | None = None

    def of(self, protocol: Protocol) -> Spoken | None:
        return {
            "websocket": self.websocket,
            "http2": self.http2,
            "h2c": self.h2c,
            "streaming": self.streaming,
            "tls": self.tls,
            "unix_socket": self.unix_socket,
        }[protocol]

    def spoken(self) -> Iterator[tuple[str, Spoken]]:
        """List what something is known of, by key."""
        for name in type(self).model_fields:
            found: Spoken | None = getattr(self, name)
            if found is not None:
                yield name, found
