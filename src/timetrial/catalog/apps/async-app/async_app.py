import asyncio
import json
import os
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import aiohttp
import httpcore
from jinja2 import Template
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

DATABASES = {"": os.environ["DATABASE_URL"], "quick": os.environ["QUICK_DATABASE_URL"]}
PAGE = Template(
    "<!doctype html>\n<title>Hello</title>\n<p>Served by a {{ kind }} app on {{ day }}.</p>\n",
    keep_trailing_newline=True,
)
POOL = httpcore.AsyncConnectionPool(max_connections=None)
ROUNDS_A_UNIT = 36_000


async def ask_over_httpcore(url):
    return json.loads((await POOL.request("GET", url)).content)


async def ask_over_aiohttp(url):
    async with app.state.session.get(url) as response:
        return json.loads(await response.read())


# The more connections httpcore's pool holds, the more each request costs; aiohttp's has no such
# price, and tells the client from the server.
ask = {"httpcore": ask_over_httpcore, "aiohttp": ask_over_aiohttp}[
    os.environ.get("HTTP_CLIENT", "httpcore")
]


@asynccontextmanager
async def lifespan(app):
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        app.state.session = session
        yield


async def page(request):
    day = datetime.now(UTC).date().isoformat()
    return HTMLResponse(PAGE.render(kind="async", day=day))


def work(units):
    """Compute in Python, and hold the GIL: about a millisecond for each unit."""
    total = 0
    for number in range(units * ROUNDS_A_UNIT):
        total += number * number
    return total


async def api(request):
    url = DATABASES[request.query_params.get("database", "")]
    calls = int(request.query_params.get("calls", 1))
    work(int(request.query_params.get("work", 0)))
    if "gathered" in request.query_params:
        answers = await asyncio.gather(*(ask(url) for _ in range(calls)))
    else:
        answers = [await ask(url) for _ in range(calls)]
    answer = answers[-1]
    body = {"message": "SUCCESS", "timestamp": answer["timestamp"], "data": answer["data"]}
    return Response(json.dumps(body), media_type="application/json")


app = Starlette(routes=[Route("/", page), Route("/api", api)], lifespan=lifespan)
