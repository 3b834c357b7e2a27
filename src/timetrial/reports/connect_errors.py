"""Why no connection came about, and what helps, in a sentence."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping

_SENTENCES: Mapping[int, str] = {
    errno.EAGAIN: "the socket's queue of connections is full: give fewer -c, or a larger backlog",
    errno.ECONNREFUSED: "connection refused: nothing listens on this port",
    errno.ETIMEDOUT: "nothing answered the connect: a firewall, or a host that is not there?",
    errno.EMFILE: "too many open files: raise the limit by `ulimit -n`, or give fewer -c",
    errno.EADDRNOTAVAIL: (
        "no port is free to connect from: give several addresses by --source, or leave out --fresh"
    ),
}


def connect_failed(number: int) -> str:
    """Say what the system said of a connect."""
    said = _SENTENCES.get(number) or os.strerror(number).lower()
    return f"connect failed: {said}"


def name_of_error(number: int) -> str:
    """Return the system's name of an error: 'ECONNREFUSED'."""
    return errno.errorcode.get(number, str(number))
