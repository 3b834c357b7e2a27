"""An async app that forgets to await: whoever asks the database stops everybody else."""

import json
import os
import urllib.request
from datetime import UTC, datetime

from jinja2 import Template
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

DATABASES = {"": os.environ["DATABASE_URL"], "quick": os.environ["QUICK_DATABASE_URL"]}
PAGE = Template(
    "<!doctype html>\n<title>Hello</title>\n<p>Served by a {{ kind }} app on {{ day }}.</p>\n",
    keep_trailing_newline=True,
)
ROUNDS_A_UNIT = 36_000


def ask(url):
    with urllib.request.urlopen(url) as response:
        return json.load(response)


async def page(request):
    day = datetime.now(UTC).date().isoformat()
    return HTMLResponse(PAGE.render(kind="blocking async", day=day))


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
    answer = [ask(url) for _ in range(calls)][-1]
    body = {"message": "SUCCESS", "timestamp": answer["timestamp"], "data": answer["data"]}
    return Response(json.dumps(body), media_type="application/json")


app = Starlette(routes=[Route("/", page), Route("/api", api)])
