"""Wraps an app inside a server: responds to one path itself, and passes on all other requests.

It is on the module path of a start that is not measured, and named there in place of the app. It
imports only the standard library, and runs on Python 3.8 and newer.

    TIMETRIAL_INSIDE_APP         module:attribute of the app
    TIMETRIAL_INSIDE_INTERFACE   wsgi, asgi or rsgi
    TIMETRIAL_INSIDE_PATH        the path that is answered here; `?pause_ms=20` answers later
"""

from __future__ import annotations

import json
import os
import signal
from functools import reduce
from importlib import import_module
from urllib.parse import parse_qs

import timetrial_inside_view as view

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PATH = os.environ["TIMETRIAL_INSIDE_PATH"]
TYPE = "application/json"


def load(target: str) -> Any:  # noqa: ANN401 - an app may be any object
    module, _, attribute = target.partition(":")
    return reduce(getattr, attribute.split("."), import_module(module))


def answer(query: str, request: dict[str, Any]) -> bytes:
    """Return the view as JSON, after the pause in the query."""
    pause_ms = float(parse_qs(query).get("pause_ms", ["0"])[0])
    if pause_ms:
        # Not `sleep`: under gevent the same worker would accept the next connection.
        signal.sigtimedwait((), pause_ms / 1000)
    return json.dumps(view.everything(request)).encode()


def around_wsgi(app: Any) -> Any:  # noqa: ANN401 - likewise
    def inside(environ: Any, start_response: Any) -> Any:  # noqa: ANN401 - likewise
        if environ.get("PATH_INFO") != PATH:
            return app(environ, start_response)
        body = answer(environ.get("QUERY_STRING", ""), view.of_wsgi(environ))
        start_response("200 OK", [("Content-Type", TYPE), ("Content-Length", str(len(body)))])
        return [body]

    return inside


def around_asgi(app: Any) -> Any:  # noqa: ANN401 - likewise
    async def inside(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - likewise
        if scope["type"] != "http" or scope["path"] != PATH:
            await app(scope, receive, send)
            return
        body = answer(scope.get("query_string", b"").decode("latin-1"), view.of_asgi(scope))
        headers = [
            (b"content-type", TYPE.encode()),
            (b"content-length", str(len(body)).encode()),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return inside


class AroundRsgi:
    """Wraps an app of granian's interface, which is a function or has `__rsgi__`."""

    def __init__(self, app: Any) -> None:  # noqa: ANN401 - likewise
        self._app = app
        self._call = getattr(app, "__rsgi__", app)

    def __rsgi_init__(self, loop: Any) -> None:  # noqa: ANN401 - likewise
        if hasattr(self._app, "__rsgi_init__"):
            self._app.__rsgi_init__(loop)

    def __rsgi_del__(self, loop: Any) -> None:  # noqa: ANN401 - likewise
        if hasattr(self._app, "__rsgi_del__"):
            self._app.__rsgi_del__(loop)

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:  # noqa: ANN401 - likewise
        if scope.proto != "http" or scope.path != PATH:
            await self._call(scope, protocol)
            return
        body = answer(scope.query_string, view.of_rsgi(scope))
        protocol.response_bytes(200, [("content-type", TYPE)], body)


AROUND = {"wsgi": around_wsgi, "asgi": around_asgi, "rsgi": AroundRsgi}

app = AROUND[os.environ["TIMETRIAL_INSIDE_INTERFACE"]](load(os.environ["TIMETRIAL_INSIDE_APP"]))
