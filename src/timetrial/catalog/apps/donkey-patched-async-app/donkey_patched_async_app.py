"""A sync app that goes async for the database alone: a loop and a pool for each request."""

import asyncio
import json
import os
from datetime import UTC, datetime

import httpcore
from jinja2 import Template
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

DATABASES = {"": os.environ["DATABASE_URL"], "quick": os.environ["QUICK_DATABASE_URL"]}
PAGE = Template(
    "<!doctype html>\n<title>Hello</title>\n<p>Served by a {{ kind }} app on {{ day }}.</p>\n",
    keep_trailing_newline=True,
)
ROUNDS_A_UNIT = 36_000


async def ask(pool, url):
    return json.loads((await pool.request("GET", url)).content)


async def ask_all(url, calls, *, gathered):
    async with httpcore.AsyncConnectionPool(max_connections=None) as pool:
        if gathered:
            return await asyncio.gather(*(ask(pool, url) for _ in range(calls)))
        return [await ask(pool, url) for _ in range(calls)]


def page(request):
    day = datetime.now(UTC).date().isoformat()
    return Response(PAGE.render(kind="patched", day=day), mimetype="text/html")


def work(units):
    """Compute in Python, and hold the GIL: about a millisecond for each unit."""
    total = 0
    for number in range(units * ROUNDS_A_UNIT):
        total += number * number
    return total


def api(request):
    url = DATABASES[request.args.get("database", "")]
    calls = request.args.get("calls", 1, type=int)
    work(request.args.get("work", 0, type=int))
    answer = asyncio.run(ask_all(url, calls, gathered="gathered" in request.args))[-1]
    body = {"message": "SUCCESS", "timestamp": answer["timestamp"], "data": answer["data"]}
    return Response(json.dumps(body), mimetype="application/json")


routes = Map([Rule("/", endpoint=page), Rule("/api", endpoint=api)])


@Request.application
def app(request):
    try:
        view, arguments = routes.bind_to_environ(request.environ).match()
    except HTTPException as error:
        return error
    return view(request, **arguments)
