"""Wraps an app inside a server, and counts the requests of each process.

It is on the module path of a start that is not measured, and named there in place of the app. It
imports only the standard library, and runs on Python 3.8 and newer.

    TIMETRIAL_INSIDE_APP         module:attribute of the app
    TIMETRIAL_INSIDE_INTERFACE   wsgi, asgi or rsgi
    TIMETRIAL_INSIDE_JOURNAL     a folder: each process that serves has a file there, named by its
                                 id, with two numbers of 64 bits in the order of the machine: when
                                 its first request came (CLOCK_MONOTONIC, ns), and how many came
"""

from __future__ import annotations

import itertools
import mmap
import os
import struct
import threading
import time
from functools import reduce
from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

NUMBERS = struct.Struct("=qq")


class Journal:
    """The counters of this process in a file; a fork starts its own file."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._pid = 0

    def count(self) -> None:
        if self._pid != os.getpid():
            with self._lock:
                if self._pid != os.getpid():
                    self._begin()
        NUMBERS.pack_into(self._file, 0, self._first_ns, next(self._numbers))

    def _begin(self) -> None:
        self._first_ns = time.monotonic_ns()
        self._numbers = itertools.count(1)
        with open(os.path.join(self._folder, str(os.getpid())), "wb+") as file:  # noqa: PTH118, PTH123 - pathlib is slow to import
            file.truncate(NUMBERS.size)
            self._file = mmap.mmap(file.fileno(), NUMBERS.size)
        self._pid = os.getpid()


def around_wsgi(app: Any, request_log: Journal) -> Any:  # noqa: ANN401 - an app may be any object
    def counted(environ: Any, start_response: Any) -> Any:  # noqa: ANN401 - likewise
        request_log.count()
        return app(environ, start_response)

    return counted


def around_asgi(app: Any, request_log: Journal) -> Any:  # noqa: ANN401 - likewise
    async def counted(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - likewise
        if scope["type"] == "http":
            request_log.count()
        await app(scope, receive, send)

    return counted


class AroundRsgi:
    """Wraps an app of granian's interface, which is a function or has `__rsgi__`."""

    def __init__(self, app: Any, request_log: Journal) -> None:  # noqa: ANN401 - likewise
        self._journal = request_log
        self._call = getattr(app, "__rsgi__", app)
        for name in ("__rsgi_init__", "__rsgi_del__"):
            if hasattr(app, name):
                setattr(self, name, getattr(app, name))

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:  # noqa: ANN401 - likewise
        self._journal.count()
        await self._call(scope, protocol)


AROUND = {"wsgi": around_wsgi, "asgi": around_asgi, "rsgi": AroundRsgi}

_module, _, _attribute = os.environ["TIMETRIAL_INSIDE_APP"].partition(":")
app = AROUND[os.environ["TIMETRIAL_INSIDE_INTERFACE"]](
    reduce(getattr, _attribute.split("."), import_module(_module)),
    Journal(os.environ["TIMETRIAL_INSIDE_JOURNAL"]),
)
