"""Starlette behind a loop: each of its TURNS executes the same instructions."""

from __future__ import annotations

import os
from itertools import repeat
from typing import Any

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

TURNS = int(os.environ["TURNS"])


async def json(_request: Any) -> JSONResponse:  # noqa: ANN401 - as Starlette has it
    return JSONResponse([{"name": "name", "value": 1}])


inner = Starlette(routes=[Route("/json", json)])


async def app(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - whatever a server hands over
    for _ in repeat(None, TURNS):
        pass
    await inner(scope, receive, send)
